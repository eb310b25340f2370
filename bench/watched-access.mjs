// What does an access to a region that a VM only uses cost when its release condition counts it: sampled, and exactly?
import { layout } from './support/built.mjs';
import { compared, ratioMost } from './support/figure.mjs';
import { RawEngine } from './support/raw-engine.mjs';
import { sideBySide } from './support/side-by-side.mjs';

const PAGES = 64;
const CALLS = 200_000;
const MASK = PAGES * 4096 - 1;
const STRIDE = 4096 + 64;

/** A VM that uses regions which another manages, and counts its accesses to them as `mode` says; the condition never holds. @param {number} mode */
function borrower(mode) {
  const engine = new RawEngine({ regions: 4 * PAGES, regionPages: 1, summaries: layout.SUMMARY_STATISTICS, columnPages: 4 * PAGES });
  const { exports } = engine;
  const giver = engine.vmCreate(PAGES + 2, 2 * PAGES);
  const receiver = engine.vmCreate(2, 2 * PAGES);
  const replica = exports.vmReplica(giver);
  engine.touchAll(replica, PAGES + 2);
  engine.expectHandle(exports.rightsReduce(giver, PAGES, layout.SLOT_BY_POLICY, 0, 0));
  engine.expectHandle(exports.rightsExpand(receiver, PAGES, 0, 0, 0));
  engine.expect(exports.vmWatch(giver, mode, 0, 0));
  if (mode !== layout.WATCH_NONE) engine.expect(exports.vmCondition(giver, layout.STATISTIC_ACCESSES, layout.COMPARISON_BELOW, 0, 0));
  return () => {
    let sum = 0;
    for (let i = 0, at = 2 * 4096; i < CALLS; i++, at = 2 * 4096 + ((at + STRIDE) & MASK)) sum += exports.load32(replica, at);
    return sum;
  };
}

function measure() {
  const reference = borrower(layout.WATCH_NONE);
  const sampled = sideBySide({ ours: borrower(layout.WATCH_SAMPLED), reference });
  const exact = sideBySide({ ours: borrower(layout.WATCH_EXACT), reference });
  return [
    compared('load32 of a borrowed page, counted by samples, against no condition, ns', sampled, 1e6 / CALLS, ratioMost(1.03)),
    compared('load32 of a borrowed page, each counted and judged, against no condition, ns', exact, 1e6 / CALLS),
  ];
}

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'watched-access',
  title: 'An access that a release condition counts, against one that nobody counts',
  measure,
};
