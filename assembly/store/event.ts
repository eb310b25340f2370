// The event ring: written only for types that somebody asked for.
import {
  CB_EVENTS,
  CB_EVENT_HEAD,
  CB_EVENT_MASK,
  CB_EVENT_TABLE,
  EVENT_A,
  EVENT_B,
  EVENT_BYTES,
  EVENT_C,
  EVENT_D,
  EVENT_TIME_NS,
  EVENT_TYPE,
  EVENT_VM,
} from '../shared/layout.ts';
import { word, wordSet } from './control.ts';

export function eventWanted(type: u32): bool {
  return (word(CB_EVENT_MASK) & (1 << type)) != 0;
}

/** Records an event, over the oldest one when the ring is full; the head counts on, so that a reader sees what it missed. */
export function eventRecord(type: u32, vm: u32, a: u32, b: u32, c: u32, d: u32, timeNs: f64): void {
  if (!eventWanted(type)) return;
  const head = word(CB_EVENT_HEAD);
  const event: usize = word(CB_EVENT_TABLE) + (head & (word(CB_EVENTS) - 1)) * EVENT_BYTES;
  store<u32>(event + EVENT_TYPE, type);
  store<u32>(event + EVENT_VM, vm);
  store<u32>(event + EVENT_A, a);
  store<u32>(event + EVENT_B, b);
  store<u32>(event + EVENT_C, c);
  store<u32>(event + EVENT_D, d);
  store<f64>(event + EVENT_TIME_NS, timeNs);
  wordSet(CB_EVENT_HEAD, head + 1);
}
