// The control block: all state of the engine that is not in a table.
import { CB_ERROR_A, CB_ERROR_B, CB_ERROR_C, CB_STATUS, CONTROL } from '../shared/layout.ts';

export function word(offset: i32): u32 {
  return load<u32>(CONTROL + offset);
}

export function wordSet(offset: i32, value: u32): void {
  store<u32>(CONTROL + offset, value);
}

export function wordAdd(offset: i32, amount: u32): void {
  store<u32>(CONTROL + offset, load<u32>(CONTROL + offset) + amount);
}

export function number(offset: i32): f64 {
  return load<f64>(CONTROL + offset);
}

export function numberSet(offset: i32, value: f64): void {
  store<f64>(CONTROL + offset, value);
}

/** Notes a failure and the numbers involved; returns the status, so that a caller can hand it on. */
export function fail(status: i32, a: u32, b: u32, c: u32): i32 {
  wordSet(CB_STATUS, status);
  wordSet(CB_ERROR_A, a);
  wordSet(CB_ERROR_B, b);
  wordSet(CB_ERROR_C, c);
  return status;
}

/** The status of the last failure, for those who hand it on. */
export function statusNoted(): i32 {
  return word(CB_STATUS);
}

/** Adds to a float64 counter of a record. */
export function numberAdd(address: usize, amount: f64): void {
  store<f64>(address, load<f64>(address) + amount);
}
