// Runs: regions and machine slots that lie next to each other, told in one event.
import { CB_RUN_COUNT, CB_RUN_REGION, CB_RUN_SLOT } from '../shared/layout.ts';
import { word, wordSet } from '../store/control.ts';
import { eventRecord, eventWanted } from '../store/event.ts';

/** `count` regions from `region` on moved, at machine slots from `slot` on: they join the run in hand, above or below it, or begin a new one. */
export function runExtend(type: u32, vm: u32, region: u32, slot: u32, count: u32, change: u32, timeNs: f64): void {
  if (!eventWanted(type)) return;
  const run = word(CB_RUN_COUNT);
  const first = word(CB_RUN_REGION);
  const firstSlot = word(CB_RUN_SLOT);
  const isAbove = region == first + run && slot == firstSlot + run;
  const isBelow = region + count == first && slot + count == firstSlot;
  if (run && (isAbove || isBelow)) {
    wordSet(CB_RUN_COUNT, run + count);
    if (!isBelow) return;
  } else {
    runEnd(type, vm, change, timeNs);
    wordSet(CB_RUN_COUNT, count);
  }
  wordSet(CB_RUN_REGION, region);
  wordSet(CB_RUN_SLOT, slot);
}

/** Tells the run in hand. */
export function runEnd(type: u32, vm: u32, change: u32, timeNs: f64): void {
  const run = word(CB_RUN_COUNT);
  if (run) eventRecord(type, vm, word(CB_RUN_REGION) - 1, run, word(CB_RUN_SLOT), change, timeNs);
  wordSet(CB_RUN_COUNT, 0);
}
