import { InvalidOptionError } from './errors.ts';
import { checkFields, checkInteger } from './options.ts';
import { parseBytes } from './units.ts';
import type { Quantity } from './units.ts';

/** A range of machine addresses. */
export interface MachineRange {
  readonly from: number;
  readonly bytes: Quantity;
}

/** A range in the engine's units. */
export interface SlotRange {
  readonly firstSlot: number;
  readonly regions: number;
}

export function checkMachineRange(value: unknown, regionBytes: number): SlotRange {
  const range = checkFields('range', value, ['from', 'bytes']);
  const from = checkInteger('range.from', range['from'], 0);
  if (from % regionBytes !== 0) throw new InvalidOptionError('range.from', from, `a multiple of the region size, ${regionBytes} bytes`);
  return { regions: checkRegions('range.bytes', range['bytes'], regionBytes), firstSlot: from / regionBytes };
}

/** Whole regions, at least one. */
export function checkRegions(field: string, amount: unknown, regionBytes: number): number {
  const bytes = typeof amount === 'number' ? amount : parseBytes(field, amount);
  const regions = bytes / regionBytes;
  if (regions >= 1 && Number.isInteger(regions) && regions < 2 ** 31) return regions;
  throw new InvalidOptionError(field, amount, `a multiple of the region size (${regionBytes} bytes), at least one region`);
}
