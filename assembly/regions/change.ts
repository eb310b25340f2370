// Changes: one VM's part of a request, granted at once and settled when the last of its regions has followed (Fig. 10).
import { recordClear } from '../base/clear.ts';
import {
  CB_CHANGES,
  CB_CHANGE_NEWEST,
  CB_CHANGE_OLDEST,
  CB_CHANGE_TABLE,
  CB_CHANGE_TOP,
  CB_CHANGE_SERIAL,
  CHANGE_BYTES,
  CHANGE_CANCELLED,
  CHANGE_GRANTED,
  CHANGE_GRANT_NS,
  CHANGE_KIND,
  CHANGE_MODES,
  CHANGE_NEXT,
  CHANGE_OUTS_AFTER,
  CHANGE_OUTS_BEFORE,
  CHANGE_PENDING,
  CHANGE_REGIONS,
  CHANGE_REQUEST_NS,
  CHANGE_SERIAL,
  CHANGE_SETTLED,
  CHANGE_SETTLED_NS,
  CHANGE_STATE,
  CHANGE_SUPERSEDED,
  CHANGE_VM,
  EVENT_FOLLOW,
  EVENT_SETTLED,
  EVENT_SUPERSEDED,
} from '../shared/layout.ts';
import { STATUS_TABLES_FULL, TABLE_CHANGES } from '../shared/status.ts';
import { fail, word, wordSet } from '../store/control.ts';
import { eventRecord, eventWanted } from '../store/event.ts';

export function changeRecord(change: u32): usize {
  return word(CB_CHANGE_TABLE) + change * CHANGE_BYTES;
}

function count(change: u32, offset: i32, amount: u32): u32 {
  const place = changeRecord(change) + offset;
  const value = load<u32>(place) + amount;
  store<u32>(place, value);
  return value;
}

/** A record that has never been used, or else that of the change that ended longest ago; 0 when none has ended. */
function recordTake(): u32 {
  const top = word(CB_CHANGE_TOP);
  if (top < word(CB_CHANGES)) {
    wordSet(CB_CHANGE_TOP, top + 1);
    return top + 1;
  }
  const oldest = word(CB_CHANGE_OLDEST);
  if (oldest) wordSet(CB_CHANGE_OLDEST, load<u32>(changeRecord(oldest) + CHANGE_NEXT));
  return oldest;
}

/** A record for a new change. 0 when all are of changes that have not settled (the failure is noted). */
export function changeMake(vm: u32, kind: u32, regions: u32, requestNs: f64, grantNs: f64): u32 {
  const change = recordTake();
  if (!change) {
    fail(STATUS_TABLES_FULL, TABLE_CHANGES, word(CB_CHANGES), 0);
    return 0;
  }
  const record = changeRecord(change);
  const serial = word(CB_CHANGE_SERIAL) + 1;
  wordSet(CB_CHANGE_SERIAL, serial);
  recordClear(record, CHANGE_BYTES);
  store<u32>(record + CHANGE_SERIAL, serial);
  store<u32>(record + CHANGE_STATE, CHANGE_GRANTED);
  store<u32>(record + CHANGE_KIND, kind);
  store<u32>(record + CHANGE_VM, vm);
  store<u32>(record + CHANGE_REGIONS, regions);
  store<f64>(record + CHANGE_REQUEST_NS, requestNs);
  store<f64>(record + CHANGE_GRANT_NS, grantNs);
  return change;
}

/** The change has ended: its figures stay until its record is wanted for another. */
function retire(change: u32, state: u32): void {
  store<u32>(changeRecord(change) + CHANGE_STATE, state);
  if (word(CB_CHANGE_OLDEST)) store<u32>(changeRecord(word(CB_CHANGE_NEWEST)) + CHANGE_NEXT, change);
  else wordSet(CB_CHANGE_OLDEST, change);
  wordSet(CB_CHANGE_NEWEST, change);
}

export function changeVm(change: u32): u32 {
  return load<u32>(changeRecord(change) + CHANGE_VM);
}

export function changeIsOpen(change: u32): bool {
  return load<u32>(changeRecord(change) + CHANGE_STATE) == CHANGE_GRANTED;
}

export function changeSerial(change: u32): u32 {
  return load<u32>(changeRecord(change) + CHANGE_SERIAL);
}

/** FLAG_MODES of a reduction. */
export function changeModes(change: u32): u32 {
  return load<u32>(changeRecord(change) + CHANGE_MODES);
}

/** Regions that the change waits for. */
export function changePending(change: u32): u32 {
  return load<u32>(changeRecord(change) + CHANGE_PENDING);
}

export function changeWaits(change: u32, regions: u32): void {
  count(change, CHANGE_PENDING, regions);
}

/** Where pages written because of a change are counted: before its grant or after. */
export function changeTally(change: u32, isBeforeGrant: bool): usize {
  return changeRecord(change) + (isBeforeGrant ? CHANGE_OUTS_BEFORE : CHANGE_OUTS_AFTER);
}

/** Settles a change that waits for nothing. */
export function changeSettle(change: u32, timeNs: f64): void {
  const record = changeRecord(change);
  if (load<u32>(record + CHANGE_STATE) != CHANGE_GRANTED || load<u32>(record + CHANGE_PENDING)) return;
  retire(change, CHANGE_SETTLED);
  store<f64>(record + CHANGE_SETTLED_NS, max<f64>(timeNs, load<f64>(record + CHANGE_GRANT_NS)));
  eventRecord(EVENT_SETTLED, load<u32>(record + CHANGE_VM), change, 0, 0, 0, timeNs);
}

/** One region of the change has followed ([0267-0276]), for which `written` pages went out. */
export function changeFollow(change: u32, region: u32, written: u32, timeNs: f64): void {
  if (!changeIsOpen(change)) return;
  const left = count(change, CHANGE_PENDING, -1);
  eventRecord(EVENT_FOLLOW, changeVm(change), change, region - 1, left, written, timeNs);
  changeSettle(change, timeNs);
}

/** `regions` regions of the change from `region` on were reassigned before they followed. */
export function changeSupersede(change: u32, region: u32, regions: u32, timeNs: f64): void {
  if (!changeIsOpen(change)) return;
  count(change, CHANGE_PENDING, -regions);
  count(change, CHANGE_SUPERSEDED, regions);
  if (eventWanted(EVENT_SUPERSEDED)) {
    for (let i: u32 = 0; i < regions; i++) eventRecord(EVENT_SUPERSEDED, changeVm(change), change, region + i - 1, 0, 0, timeNs);
  }
  changeSettle(change, timeNs);
}

/** Ends a change that has not settled: nothing is waited for any longer. */
export function changeEnd(change: u32, state: u32, type: u32, timeNs: f64): void {
  const record = changeRecord(change);
  count(change, CHANGE_SUPERSEDED, load<u32>(record + CHANGE_PENDING));
  store<u32>(record + CHANGE_PENDING, 0);
  retire(change, state);
  eventRecord(type, load<u32>(record + CHANGE_VM), change, 0, 0, 0, timeNs);
}

/** Takes a change back that was never granted. */
export function changeRefuse(change: u32): void {
  retire(change, CHANGE_CANCELLED);
}
