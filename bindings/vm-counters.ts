import * as layout from '../assembly/shared/layout.ts';
import type { Core } from './engine/core.ts';

/** Counted since the VM was made. */
export interface VmCounters {
  readonly accesses: number;
  /** Accesses to pages without a frame. */
  readonly faults: number;
  /** Pages read from and written to swap. */
  readonly pageIns: number;
  readonly pageOuts: number;
  readonly evictions: number;
  /** Regions taken from another user. */
  readonly takeOvers: number;
  /** Pages copied on a write because they were shared. */
  readonly copies: number;
  /** Areas of pages that became one with an equal one, of replicas in step. */
  readonly merges: number;
  /** Regions released because the release condition held, and tries that failed: then the VM went on using the region. */
  readonly earlyReleases: number;
  readonly earlyReleasesFailed: number;
  /** Pages that went from a frame to another one, without I/O. */
  readonly pagesMoved: number;
  /** Virtual time spent waiting for swap. */
  readonly ioWaitNs: number;
}

export function vmCounters(core: Core, vm: number): VmCounters {
  const count = (offset: number): number => core.vmNumber(vm, offset);
  return {
    accesses: count(layout.VM_ACCESSES),
    faults: count(layout.VM_FAULTS),
    pageIns: count(layout.VM_PAGE_INS),
    pageOuts: count(layout.VM_PAGE_OUTS),
    evictions: count(layout.VM_EVICTIONS),
    takeOvers: count(layout.VM_TAKE_OVERS),
    copies: count(layout.VM_COPIES),
    merges: count(layout.VM_MERGES),
    earlyReleases: count(layout.VM_EARLY_RELEASES),
    earlyReleasesFailed: count(layout.VM_EARLY_RELEASES_FAILED),
    pagesMoved: count(layout.VM_PAGES_MOVED),
    ioWaitNs: count(layout.VM_IO_WAIT_NS),
  };
}
