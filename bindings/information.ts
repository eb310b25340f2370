import * as layout from '../assembly/shared/layout.ts';
import type { Core } from './engine/core.ts';
import { pageTables } from './engine/page-tables.ts';

/**
 * What a VM's memory holds (the content information of JP 2009-26117A [0145], as far as it means something here). Bytes; whole pages. Regions that the VM has
 * given up stay in it until it has released them ([0168]). Cached, in the source's words, are `swapCachedBytes` and `discardableBytes`: what needs no page-out.
 * What is being written out belongs to the device, for all VMs together: `engine.inspect().swap.writingPages`.
 */
export interface MemoryInformation {
  /** Regions that it manages or uses, less those that were taken out at their declaration (`capacity: 'atDeclaration'`). */
  readonly totalBytes: number;
  /** Frames without a page. */
  readonly freeBytes: number;
  /** Pages in frames. */
  readonly residentBytes: number;
  /** Of those, pages whose content is nowhere else, and pages whose content is in swap or in an image too. */
  readonly dirtyBytes: number;
  readonly swapCachedBytes: number;
  readonly discardableBytes: number;
  readonly lockedBytes: number;
  /** Pages in frames of regions that it does not manage. */
  readonly borrowedBytes: number;
  /** Pages that are only in swap or in an image. */
  readonly outBytes: number;
  /** What page-table entries that refer to pages in frames show of memory: a page counts once for each. Tables that replicas share count once, here and below. */
  readonly mappedBytes: number;
  /** Page tables of its replicas. */
  readonly pageTableBytes: number;
}

/** Counted now; changes nothing. */
export function memoryInformation(core: Core, vm: number): MemoryInformation {
  core.require(core.exports.vmInformation(vm));
  const tables = pageTables(core, vm);
  const bytes = (offset: number): number => core.word(layout.CB_INFORMATION + offset) * core.pageBytes;
  return {
    totalBytes: bytes(layout.INFORMATION_TOTAL),
    freeBytes: bytes(layout.INFORMATION_FREE),
    residentBytes: bytes(layout.INFORMATION_RESIDENT),
    dirtyBytes: bytes(layout.INFORMATION_DIRTY),
    swapCachedBytes: bytes(layout.INFORMATION_SWAP_CACHED),
    discardableBytes: bytes(layout.INFORMATION_DISCARDABLE),
    lockedBytes: bytes(layout.INFORMATION_LOCKED),
    borrowedBytes: bytes(layout.INFORMATION_BORROWED),
    outBytes: bytes(layout.INFORMATION_OUT),
    mappedBytes: tables.mappedPages * core.pageBytes,
    pageTableBytes: tables.bytes,
  };
}
