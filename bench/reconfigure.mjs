// What does a reconfiguration of many regions between many VMs cost in the compiled engine?
import { layout } from './support/built.mjs';
import { most } from './support/figure.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { median } from './support/side-by-side.mjs';

const VMS = 64;
const REGIONS_MOVED = 4096;
const SHARE = REGIONS_MOVED / (VMS / 2);
const KEPT = 64;
const TOTAL_US = 25;
const ROUNDS = 101;
const WARM_MS = 300;

/** Half of the VMs give, half of them get; then the other way round. Each uses what it began with. */
function engineMake() {
  const engine = new RawEngine({ regions: VMS * (SHARE + KEPT), regionPages: 1, vms: VMS, replicas: VMS, changes: 1024, slots: 64 });
  const vms = Array.from({ length: VMS }, () => engine.vmCreate(SHARE + KEPT, SHARE + KEPT));
  for (const vm of vms) engine.touchAll(engine.exports.vmReplica(vm), SHARE + KEPT);
  return { engine, givers: vms.slice(0, VMS / 2), receivers: vms.slice(VMS / 2) };
}

/** Reductions first, then expansions. Microseconds. @param {RawEngine} engine @param {number[]} from @param {number[]} to */
function reconfigure({ exports }, from, to) {
  const started = performance.now();
  let worst = 0;
  for (const vm of from) worst = Math.min(worst, exports.rightsReduce(vm, SHARE, layout.SLOT_BY_POLICY, 0, 0));
  for (const vm of to) worst = Math.min(worst, exports.rightsExpand(vm, SHARE, 0, 0, 0));
  const us = (performance.now() - started) * 1000;
  if (worst < 0) throw new Error(`the engine answered status ${-worst}`);
  return us;
}

function measure() {
  const { engine, givers, receivers } = engineMake();
  const round = () => {
    const thereUs = reconfigure(engine, givers, receivers);
    const backUs = reconfigure(engine, receivers, givers);
    return { thereUs, backUs };
  };
  for (const started = performance.now(); performance.now() - started < WARM_MS;) round();
  const pagesBefore = engine.word(layout.CB_COUNT_OBJECTS) + engine.word(layout.CB_COUNT_COPIES);
  const rounds = Array.from({ length: ROUNDS }, round);
  const pages = engine.word(layout.CB_COUNT_OBJECTS) + engine.word(layout.CB_COUNT_COPIES) - pagesBefore;
  const what = `${REGIONS_MOVED} regions, ${VMS / 2} VMs to ${VMS / 2} others`;
  return [
    { what: `${what}, us`, ours: median(rounds.map((one) => one.thereUs)), reference: null, ratio: null, bound: most(TOTAL_US) },
    {
      what: `the same back to their users, us`,
      ours: median(rounds.map((one) => one.backUs)),
      reference: null,
      ratio: null,
      bound: most(TOTAL_US),
    },
    { what: `pages touched by ${2 * ROUNDS} of them`, ours: pages, reference: null, ratio: null, bound: most(0) },
  ];
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'reconfigure',
  title: `A reconfiguration of ${REGIONS_MOVED} regions between ${VMS} VMs: at most ${TOTAL_US} us in the engine`,
  measure,
};
