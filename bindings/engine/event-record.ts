import {
  CB_EVENT_TABLE,
  CB_EVENTS,
  EVENT_A,
  EVENT_B,
  EVENT_BYTES,
  EVENT_C,
  EVENT_D,
  EVENT_TIME_NS,
  EVENT_TYPE,
  EVENT_VM,
} from '../../assembly/shared/layout.ts';
import type { Core } from './core.ts';

/** A record of the event ring. */
export interface EventRecord {
  readonly type: number;
  readonly vm: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly timeNs: number;
}

/** Record number `index` of all that were ever recorded; it must still be in the ring. */
export function eventRead(core: Core, index: number): EventRecord {
  const place = core.word(CB_EVENT_TABLE) + ((index & (core.word(CB_EVENTS) - 1)) >>> 0) * EVENT_BYTES;
  const word = (offset: number): number => core.u32[(place + offset) >>> 2]!;
  return {
    type: word(EVENT_TYPE),
    vm: word(EVENT_VM),
    a: word(EVENT_A),
    b: word(EVENT_B),
    c: word(EVENT_C),
    d: word(EVENT_D),
    timeNs: core.f64[(place + EVENT_TIME_NS) >>> 3]!,
  };
}
