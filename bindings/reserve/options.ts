import { FRAMES_LEAST } from '../../assembly/shared/layout.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkChoice, checkFields, checkMultiple } from '../options.ts';
import { RESERVE_SHORTFALLS } from '../policy/reserve.ts';
import type { ReserveShortfall } from '../policy/reserve.ts';
import { parseBandwidth, parseBytes } from '../units.ts';
import type { Quantity } from '../units.ts';

/** The pool of the handover 'reserve' (JP 2005-148875; JP 2009-26117A [0049-0078]). */
export interface ReserveOptions {
  /** Memory that no VM can have, so that as much can be handed over at once: a multiple of the region size. */
  readonly memory: Quantity;
  /** How fast memory that was given up is paged out in the background; by default as fast as the device takes one region after the other ([0065]). */
  readonly refill?: Quantity;
  /** What a change larger than what is unused does; 'reject' by default ([0074-0077]). */
  readonly shortfall?: ReserveShortfall;
}

export interface ReserveSettings {
  readonly regions: number;
  /** null: unthrottled. */
  readonly refillBytesPerSecond: number | null;
  readonly shortfall: ReserveShortfall;
}

/** Address space of the pool's record, which nobody accesses. */
export const RESERVE_PAGES = 1;

/** null: another handover. Errors: INVALID_OPTION. */
export function checkReserveOptions(value: unknown, handover: string, regionBytes: number): ReserveSettings | null {
  if (handover !== 'reserve') {
    if (value !== undefined)
      throw new InvalidOptionError('reserve', value, `nothing with the handover '${handover}'; it belongs to 'reserve'`);
    return null;
  }
  const { memory, refill, shortfall } = checkFields('reserve', value, ['memory', 'refill', 'shortfall']);
  return {
    regions: checkMultiple('reserve.memory', parseBytes('reserve.memory', memory), regionBytes, 'the region size') / regionBytes,
    refillBytesPerSecond: refill === undefined ? null : parseBandwidth('reserve.refill', refill),
    shortfall: shortfall === undefined ? 'reject' : checkChoice('reserve.shortfall', shortfall, RESERVE_SHORTFALLS),
  };
}

/** Errors: INVALID_OPTION where the pool is smaller than a VM may be, or leaves no memory to VMs. */
export function checkReserveSize(
  { regions }: ReserveSettings,
  { memoryBytes, regionBytes, pageBytes }: Readonly<Record<'memoryBytes' | 'regionBytes' | 'pageBytes', number>>,
): void {
  const bytes = regions * regionBytes;
  const least = Math.max(regionBytes, FRAMES_LEAST * pageBytes);
  if (bytes >= least && bytes < memoryBytes) return;
  throw new InvalidOptionError(
    'reserve.memory',
    bytes,
    `at least ${least} bytes, and less than all of the engine's memory (${memoryBytes} bytes)`,
  );
}
