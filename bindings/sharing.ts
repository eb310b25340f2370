import {
  CB_FEATURES,
  CB_SCAN_MERGED,
  CB_SCAN_VOLATILE,
  CB_SCAN_ZERO,
  CB_SHARING,
  FEATURE_SCAN,
  NODE_BYTES,
  OBJECT_BYTES,
  SHARING_MAPPED,
  SHARING_NODES,
  SHARING_OBJECTS,
  SHARING_SHARED,
  SHARING_SHARING,
  SHARING_VOLATILE,
  SHARING_ZERO,
} from '../assembly/shared/layout.ts';
import type { Core } from './engine/core.ts';
import { InvalidOptionError } from './errors.ts';

/** Words beside each node: its references, and one for whoever walks the tables. */
const NODE_WORDS_BYTES = 8;
/** With `scan: true`, beside each page object: the hash of the last pass, the next in its chain, and about one chain. */
const SCAN_BYTES = 12;

/**
 * What a VM's replicas and snapshots share, in the terms of Linux's KSM (docs/sharing.md). A page counts once for each replica or snapshot that has it, and
 * again for each address; pages in swap count like those in frames. The first four add up to all such places that have content.
 */
export interface SharingCounters {
  /** Different pages that several places share: frames and slots that serve more than one. */
  readonly pagesShared: number;
  /** Places that share them beyond the first of each: how many pages are saved. */
  readonly pagesSharing: number;
  /** Pages in one place, unchanged between scans as far as scans have looked. */
  readonly pagesUnshared: number;
  /** Pages in one place that had changed, or were new, when the last scan looked: they are left alone until they settle. */
  readonly pagesVolatile: number;
  /** Passes of `vm.scan()` over everything. */
  readonly fullScans: number;
  /** Places with a page of zeros, which takes no frame. */
  readonly zeroPages: number;
  /** Bytes of the pages saved (shared and zero) less all page tables and page objects of the VM; below 0 where the books take more than sharing gives. */
  readonly profitBytes: number;
}

/** What a pass of vm.scan() did, in different pages. */
export interface ScanReport {
  /** Became one with an equal page. */
  readonly pagesMerged: number;
  /** Were all zero, and take no frame any longer. */
  readonly pagesZero: number;
  /** Had changed since the pass before, or are new. */
  readonly pagesVolatile: number;
}

export function sharingOf(core: Core, vm: number, fullScans: number): SharingCounters {
  core.require(core.exports.vmSharing(vm));
  const figure = (offset: number): number => core.number(CB_SHARING + offset);
  const pagesShared = figure(SHARING_SHARED);
  const pagesSharing = figure(SHARING_SHARING);
  const pagesVolatile = figure(SHARING_VOLATILE);
  const zeroPages = figure(SHARING_ZERO);
  const objectBytes = OBJECT_BYTES + (hasScans(core) ? SCAN_BYTES : 0);
  const bookBytes = figure(SHARING_NODES) * (NODE_BYTES + NODE_WORDS_BYTES) + figure(SHARING_OBJECTS) * objectBytes;
  return {
    pagesShared,
    pagesSharing,
    pagesUnshared: figure(SHARING_MAPPED) - pagesShared - pagesSharing - pagesVolatile,
    pagesVolatile,
    fullScans,
    zeroPages,
    profitBytes: (pagesSharing + zeroPages) * core.pageBytes - bookBytes,
  };
}

function hasScans(core: Core): boolean {
  return (core.word(CB_FEATURES) & FEATURE_SCAN) !== 0;
}

/** What the last pass did. */
export function scanReport(core: Core): ScanReport {
  return { pagesMerged: core.word(CB_SCAN_MERGED), pagesZero: core.word(CB_SCAN_ZERO), pagesVolatile: core.word(CB_SCAN_VOLATILE) };
}

export function scanMake(core: Core, vm: number): ScanReport {
  if (!hasScans(core))
    throw new InvalidOptionError('scan', false, 'true, for vm.scan(): make the engine with `scan: true`, which leaves room for it');
  core.begin('vm.scan');
  try {
    core.require(core.exports.vmScan(vm));
    return scanReport(core);
  } finally {
    core.end();
  }
}
