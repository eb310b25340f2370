// Early release (3rd embodiment, Fig. 15): a VM gives the use of a region back before its manager asks for it.
import {
  CB_IO_END_NS,
  CB_REGIONS,
  CB_REGION_STATISTICS,
  CB_SUMMARIES,
  COMPARISON_NOT_EQUAL,
  CONDITIONS_MOST,
  CONDITION_BYTES,
  CONDITION_COMPARISON,
  CONDITION_CONSTANT,
  CONDITION_PER_BORROWED,
  CONDITION_STATISTIC,
  EVENT_EARLY_RELEASE,
  JUDGE_RELEASE,
  OBJECT_SEEN,
  STATISTIC_TIME_SINCE_NS,
  VM_CONDITIONS,
  VM_CONDITION_COUNT,
  VM_EARLY_RELEASES,
  VM_EARLY_RELEASES_FAILED,
  VM_JUDGED,
  VM_PAGE_OUTS,
  VM_PERIOD_NS,
  VM_SAMPLE,
  VM_WATCH,
  WATCH_SAMPLED,
} from '../shared/layout.ts';
import { OPTION_CONDITION, OPTION_SUMMARIES, OPTION_WATCH, STATUS_BAD_OPTION, STATUS_NO_SUCH_VM, STATUS_OK } from '../shared/status.ts';
import { objectRecord } from '../paging/page-object.ts';
import { translationsDrop } from '../paging/translation.ts';
import { fail, numberAdd, numberSet, word } from '../store/control.ts';
import { eventRecord } from '../store/event.ts';
import { mapNextHeld, mapRegion } from '../store/machine-map.ts';
import { regionManager, regionUser } from '../store/region.ts';
import { vmIsLive, vmRecord, vmTimeNs } from '../store/vm.ts';
import { ioBegin, ioWait } from '../swap/io-step.ts';
import { conditionJudge } from './condition.ts';
import { regionRelease } from './release.ts';
import { statisticsBring, statisticsClear, statisticsCount } from './statistics.ts';

const BY_ACCESS: u32 = 0;
const BY_SWEEP: u32 = 1;

/** A sampling moment: no page counts as seen, and no access goes unseen. */
export function vmSample(vm: u32): void {
  const place = vmRecord(vm) + VM_SAMPLE;
  store<u32>(place, load<u32>(place) + 1);
  translationsDrop(vm);
}

/** S613–S615: the user releases the region, I/O issued at `timeNs`. Did it? If it cannot be done all goes on as if nobody had wanted it. */
function release(vm: u32, region: u32, timeNs: f64, by: u32): bool {
  const record = vmRecord(vm);
  const outsBefore = load<f64>(record + VM_PAGE_OUTS);
  if (regionRelease(region, timeNs, 0, true)) {
    numberAdd(record + VM_EARLY_RELEASES_FAILED, 1);
    return false;
  }
  numberAdd(record + VM_EARLY_RELEASES, 1);
  eventRecord(EVENT_EARLY_RELEASE, vm, region - 1, u32(load<f64>(record + VM_PAGE_OUTS) - outsBefore), by, 0, timeNs);
  return true;
}

/** S611–S616 for an access of `bytes` bytes to a resident page of a region that the VM only uses. Status: only of a host function that failed. */
export function accessJudge(vm: u32, region: u32, object: u32, bytes: u32): i32 {
  const record = vmRecord(vm);
  const isSeen = load<u32>(objectRecord(object) + OBJECT_SEEN) == load<u32>(record + VM_SAMPLE);
  if (isSeen && load<u32>(record + VM_WATCH) == WATCH_SAMPLED) return STATUS_OK;
  const timeNs = vmTimeNs(vm);
  statisticsBring(region, load<f64>(record + VM_PERIOD_NS), timeNs);
  statisticsCount(region, bytes);
  const verdict = conditionJudge(vm, region, timeNs);
  if (verdict < 0) return -verdict;
  if (verdict == JUDGE_RELEASE) {
    ioBegin(vm);
    release(vm, region, timeNs, BY_ACCESS);
    ioWait(vm);
  }
  return STATUS_OK;
}

/** Judges every region that the VM only uses, also those that it no longer accesses. Regions released, or the negated status. */
export function vmSweep(vm: u32, timeNs: f64): i32 {
  if (!vmIsLive(vm)) return -fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  const record = vmRecord(vm);
  if (!load<u32>(record + VM_WATCH)) return 0;
  vmSample(vm);
  let released = 0;
  numberSet(CB_IO_END_NS, timeNs);
  for (let slot = mapNextHeld(vm, 0); slot; slot = mapNextHeld(vm, slot)) {
    const region = mapRegion(vm, slot - 1);
    if (regionUser(region) != vm || regionManager(region) == vm) continue;
    statisticsBring(region, load<f64>(record + VM_PERIOD_NS), timeNs);
    const verdict = conditionJudge(vm, region, timeNs);
    if (verdict < 0) return verdict;
    if (verdict == JUDGE_RELEASE && release(vm, region, timeNs, BY_SWEEP)) released++;
  }
  return released;
}

/** Sets the way accesses are counted and who judges; comparisons follow one by one. Status. */
export function vmWatch(vm: u32, mode: u32, periodNs: f64, isJudged: u32): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  if (mode > (WATCH_SAMPLED as u32) || !(periodNs >= 0 && periodNs < 1e15)) return fail(STATUS_BAD_OPTION, OPTION_WATCH, mode, 0);
  if (mode && !word(CB_REGION_STATISTICS)) return fail(STATUS_BAD_OPTION, OPTION_SUMMARIES, word(CB_SUMMARIES), 0);
  const record = vmRecord(vm);
  store<u32>(record + VM_WATCH, mode);
  store<u32>(record + VM_JUDGED, isJudged ? 1 : 0);
  store<u32>(record + VM_CONDITION_COUNT, 0);
  store<f64>(record + VM_PERIOD_NS, periodNs);
  for (let region: u32 = 1; region <= word(CB_REGIONS); region++) {
    if (regionUser(region) == vm) statisticsClear(region);
  }
  vmSample(vm);
  return STATUS_OK;
}

/** One more comparison that must hold. Status. */
export function vmCondition(vm: u32, statistic: u32, comparison: u32, constant: f64, perBorrowed: f64): i32 {
  if (!vmIsLive(vm)) return fail(STATUS_NO_SUCH_VM, vm, 0, 0);
  const record = vmRecord(vm);
  const count = load<u32>(record + VM_CONDITION_COUNT);
  if (statistic - 1 >= (STATISTIC_TIME_SINCE_NS as u32)) return fail(STATUS_BAD_OPTION, OPTION_CONDITION, statistic, 0);
  if (comparison - 1 >= (COMPARISON_NOT_EQUAL as u32)) return fail(STATUS_BAD_OPTION, OPTION_CONDITION, comparison, 0);
  if (count == CONDITIONS_MOST) return fail(STATUS_BAD_OPTION, OPTION_CONDITION, count, 0);
  if (isNaN(constant) || isNaN(perBorrowed)) return fail(STATUS_BAD_OPTION, OPTION_CONDITION, 0, 0);
  const condition = record + VM_CONDITIONS + count * CONDITION_BYTES;
  store<u32>(condition + CONDITION_STATISTIC, statistic);
  store<u32>(condition + CONDITION_COMPARISON, comparison);
  store<f64>(condition + CONDITION_CONSTANT, constant);
  store<f64>(condition + CONDITION_PER_BORROWED, perBorrowed);
  store<u32>(record + VM_CONDITION_COUNT, count + 1);
  return STATUS_OK;
}
