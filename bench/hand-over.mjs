// Memory full of one VM's data goes to another: rights at once and pages when they are touched, against everything out first.
import { layout } from './support/built.mjs';
import { compared, ratioMost } from './support/figure.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { sideBySide } from './support/side-by-side.mjs';

const REGION_PAGES = 64;
/** Regions of the giver, of which all but the first are handed over: 32 MiB. */
const REGIONS = 129;
const MOVED = REGIONS - 1;
const PAGES = REGIONS * REGION_PAGES;

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'hand-over',
  title: 'Grant and first touch of every region, against eager; 32 MiB of dirty pages, swap in memory',
  measure: () => {
    const engine = new RawEngine({ regions: REGIONS + 1, regionPages: REGION_PAGES, slots: PAGES, columnPages: 2 * PAGES });
    const { exports } = engine;
    const giver = engine.vmCreate(REGIONS, PAGES);
    const receiver = engine.vmCreate(1, PAGES);
    const replica = exports.vmReplica(giver);
    const touchMoved = () => {
      for (let slot = 1; slot <= MOVED; slot++) engine.expect(exports.rightsTouch(receiver, slot));
    };
    /** @param {number} flags */
    const handOver = (flags) => {
      engine.expectHandle(exports.rightsReduce(giver, MOVED, layout.SLOT_BY_POLICY, flags, 0));
      engine.expectHandle(exports.rightsExpand(receiver, MOVED, 0, 0, 0));
    };
    /** The receiver gives all back; the giver has every page in memory and has written to it. */
    const before = () => {
      if (engine.vmWord(receiver, layout.VM_MANAGED) > 1) {
        engine.expectHandle(exports.rightsReduce(receiver, MOVED, layout.SLOT_BY_POLICY, 0, 0));
        engine.expectHandle(exports.rightsExpand(giver, MOVED, 0, 0, 0));
      }
      engine.touchAll(replica, PAGES);
    };
    before();
    const outsBefore = engine.vmNumber(giver, layout.VM_PAGE_OUTS);
    const effort = { rounds: 9, samples: 3, before };
    const whole = sideBySide({
      ...effort,
      ours: () => {
        handOver(0);
        touchMoved();
      },
      reference: () => {
        handOver(layout.FLAG_EAGER);
        touchMoved();
      },
    });
    const grant = sideBySide({ ...effort, ours: () => handOver(0), reference: () => handOver(layout.FLAG_EAGER) });
    const outs = engine.vmNumber(giver, layout.VM_PAGE_OUTS) - outsBefore;
    if (outs % (MOVED * REGION_PAGES) !== 0) throw new Error(`${outs} pages went out, which is not so and so many times all`);
    return [
      compared(`grant and first touch of ${MOVED} regions, us`, whole, 1e3, ratioMost(1.2)),
      compared(`grant of ${MOVED} regions alone, us`, grant, 1e3),
    ];
  },
};
