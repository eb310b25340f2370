import {
  CB_COMMON_VM,
  CB_REGIONS,
  CB_REGION_SHIFT,
  CB_SCAN_COMMON,
  CB_SCAN_LEFT,
  FLAG_BY_LIST,
  FRAMES_LEAST,
  VM_MANAGED,
  VM_RESIDENT,
} from '../assembly/shared/layout.ts';
import type { Core } from './engine/core.ts';
import { picksWrite } from './engine/picks.ts';
import { InvalidOptionError } from './errors.ts';
import { checkInteger, checkMultiple } from './options.ts';
import { scanReport } from './sharing.ts';
import type { ScanReport } from './sharing.ts';
import { parseBytes } from './units.ts';

/** In the rights table; no VM can be called so where there is common memory. */
export const COMMON_NAME = 'common';
/** The common holder's own address space, which nobody runs in. */
export const COMMON_PAGES = 1;
const SALT_MOST = 2 ** 32 - 1;

/** What a pass of engine.scan() did, in different pages. `pagesMerged`: with equal ones of the same VM. */
export interface ScanAcrossReport extends ScanReport {
  /** Became one with equal pages of other VMs. */
  readonly pagesCommon: number;
  /** Could not, for want of common memory. */
  readonly pagesLeft: number;
}

/** The common memory as plain data. */
export interface CommonRow {
  readonly pages: number;
  /** Pages that VMs of one salt share. */
  readonly pagesUsed: number;
}

/** null: there is none. */
export function commonRow(core: Core): CommonRow | null {
  const common = core.word(CB_COMMON_VM);
  if (common === 0) return null;
  return { pages: core.vmWord(common, VM_MANAGED) * 2 ** core.word(CB_REGION_SHIFT), pagesUsed: core.vmWord(common, VM_RESIDENT) };
}

/** Regions of the common memory that an engine is asked for; 0: none. Errors: INVALID_OPTION. */
export function checkCommonMemory(value: unknown, { regionBytes, handover, hasScan }: CommonContext): number {
  if (value === undefined) return 0;
  if (!hasScan) throw new InvalidOptionError('commonMemory', value, 'nothing without `scan: true`, which finds the pages for it');
  if (handover === 'reserve') throw new InvalidOptionError('commonMemory', value, "nothing with the handover 'reserve'");
  const regions = checkMultiple('commonMemory', parseBytes('commonMemory', value), regionBytes, 'the region size') / regionBytes;
  if (regions === 0) throw new InvalidOptionError('commonMemory', value, 'at least one region');
  return regions;
}

interface CommonContext {
  readonly regionBytes: number;
  readonly handover: string;
  readonly hasScan: boolean;
}

/** Errors: INVALID_OPTION where it is smaller than a VM may be, or leaves no memory to VMs. */
export function checkCommonSize(
  regions: number,
  { memoryBytes, regionBytes, pageBytes }: Readonly<Record<'memoryBytes' | 'regionBytes' | 'pageBytes', number>>,
): void {
  const bytes = regions * regionBytes;
  const least = Math.max(regionBytes, FRAMES_LEAST * pageBytes);
  if (bytes >= least && bytes < memoryBytes) return;
  throw new InvalidOptionError(
    'commonMemory',
    bytes,
    `at least ${least} bytes, and less than all of the engine's memory (${memoryBytes} bytes)`,
  );
}

/** The common holder is a VM record that manages and uses the last regions of real memory, and does nothing else. Its handle. */
export function commonCreate(core: Core, count: number): number {
  const first = core.word(CB_REGIONS) - count;
  picksWrite(
    core,
    Array.from({ length: count }, (_, index) => first + index),
  );
  const handle = core.requireIndex(core.exports.vmCreate(count, COMMON_PAGES, 0, 0, 1, FLAG_BY_LIST));
  for (let slot = 0; slot < count; slot += 1) core.require(core.exports.rightsTouch(handle, slot));
  core.vmNames.set(handle, COMMON_NAME);
  core.wordSet(CB_COMMON_VM, handle);
  return handle;
}

/** A VM's salt. Errors: INVALID_OPTION. */
export function checkSalt(field: string, salt: unknown, core: Core): number {
  const checked = checkInteger(field, salt, 1, SALT_MOST);
  if (core.word(CB_COMMON_VM) !== 0) return checked;
  throw new InvalidOptionError(field, salt, 'nothing, or make the engine with `commonMemory`, where pages of several VMs can be');
}

export function scanAcross(core: Core): ScanAcrossReport {
  if (core.word(CB_COMMON_VM) === 0)
    throw new InvalidOptionError(
      'commonMemory',
      undefined,
      'a size, for engine.scan(): make the engine with `scan: true` and `commonMemory`',
    );
  core.begin('engine.scan');
  try {
    core.require(core.exports.engineScan());
    return { ...scanReport(core), pagesCommon: core.word(CB_SCAN_COMMON), pagesLeft: core.word(CB_SCAN_LEFT) };
  } finally {
    core.end();
  }
}
