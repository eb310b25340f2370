import { REPLICA_QUOTA } from '../assembly/shared/layout.ts';
import type { Core } from './engine/core.ts';
import { InvalidOptionError } from './errors.ts';
import { ADDRESS_SPACE_BYTES_MOST, checkFields, checkMultiple } from './options.ts';
import { parseBytes } from './units.ts';
import type { Quantity } from './units.ts';

export interface ForkOptions {
  /**
   * Most memory that it may have as pages of its own, a multiple of the page size up to 4 GiB; an access that needs more fails with QUOTA_EXCEEDED. Any by
   * default.
   */
  readonly quota?: Quantity;
}

/** The quota of a new replica in pages; 0: none. */
export function checkForkOptions(options: ForkOptions | undefined, pageBytes: number): number {
  if (options === undefined) return 0;
  checkFields('options', options, ['quota']);
  return options.quota === undefined ? 0 : checkQuota('options.quota', options.quota, pageBytes);
}

export function checkQuota(field: string, quota: Quantity, pageBytes: number): number {
  const bytes = checkMultiple(field, parseBytes(field, quota), pageBytes, 'the page size');
  if (bytes > ADDRESS_SPACE_BYTES_MOST) throw new InvalidOptionError(field, quota, 'at most 4 GiB, the largest address space');
  return bytes / pageBytes;
}

/** The quota of a replica in bytes; null: none. */
export function quotaBytes(core: Core, replica: number): number | null {
  const pages = core.replicaWord(replica, REPLICA_QUOTA);
  return pages === 0 ? null : pages * core.pageBytes;
}
