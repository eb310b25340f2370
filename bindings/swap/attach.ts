import { InvalidOptionError } from '../errors.ts';
import type { SwapStore } from './store.ts';

const METHODS = ['attach', 'read', 'write', 'close'] as const;

/** Checks that a value has the methods of a store. */
export function checkSwapStore(field: string, value: unknown): SwapStore {
  const allowed = "'linear', or a SwapStore: an object with attach, read, write and close (see memorySwapStore, fileSwapStore)";
  if (typeof value !== 'object' || value === null) throw new InvalidOptionError(field, value, allowed);
  const store = value as Partial<Record<string, unknown>>;
  for (const method of METHODS) {
    if (typeof store[method] !== 'function') throw new InvalidOptionError(`${field}.${method}`, store[method], allowed);
  }
  if (store['writeRun'] !== undefined && typeof store['writeRun'] !== 'function')
    throw new InvalidOptionError(`${field}.writeRun`, store['writeRun'], allowed);
  return value as SwapStore;
}
