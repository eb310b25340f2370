import * as layout from '../assembly/shared/layout.ts';
import type { ChangeReport } from './change.ts';
import { commonRow } from './common-memory.ts';
import type { CommonRow } from './common-memory.ts';
import type { AccessFigures } from './early-release/figures.ts';
import type { Core } from './engine/core.ts';
import type { ReserveRow } from './reserve/reserve.ts';
import { statisticsKept } from './engine/statistics.ts';
import type { ReleaseWay } from './policy/release-way.ts';
import type { Vm } from './vm.ts';
import type { VmCounters } from './vm-counters.ts';

/** A row of the rights table (Fig. 19). Each address is null exactly when its right is. */
export interface RegionRow {
  readonly region: number;
  readonly realAddress: number;
  readonly manager: string | null;
  readonly managerAddress: number | null;
  readonly user: string | null;
  readonly userAddress: number | null;
}

export interface VmRow {
  readonly name: string;
  readonly managedBytes: number;
  readonly usedBytes: number;
  readonly usableBytes: number;
  readonly residentPages: number;
  readonly outPages: number;
  readonly replicas: number;
  readonly timeNs: number;
  readonly counters: VmCounters;
  readonly release: ReleaseWay;
  /** Of each region that it uses and does not manage; null: this engine keeps no statistics. */
  readonly accessFigures: readonly AccessFigures[] | null;
}

/** A VM's row, with its page table. */
export interface InspectedVm extends VmRow {
  /** `vm.pageTable(range)`, of the moment at which it is iterated; no field that would be copied or printed. */
  readonly pageTable: Vm['pageTable'];
}

export interface SwapRow {
  readonly store: 'none' | 'linear' | 'host';
  readonly slots: number;
  readonly slotsUsed: number;
  /** Resident pages that also have a slot. */
  readonly cleanPages: number;
  /** Pages of all VMs whose way to swap has not ended at `virtualNs` ([0145]): writes that nobody waits for, as those of sweeps and of eager reductions. */
  readonly writingPages: number;
  /** Virtual time of one page. */
  readonly readNs: number;
  readonly writeNs: number;
  readonly queue: number;
}

export interface TableUse {
  readonly used: number;
  readonly capacity: number;
}

/**
 * All tables of the engine as plain data, at one moment; those of pages, which are many, are iterated: `engine.pages()`, and `vm.pageTable()`, the page table of
 * US 9,063,868 Fig. 2, which also hangs at the rows of VMs.
 */
export interface Inspection {
  readonly pageBytes: number;
  readonly regionBytes: number;
  readonly virtualNs: number;
  readonly regions: readonly RegionRow[];
  readonly vms: readonly VmRow[];
  readonly swap: SwapRow;
  /** The pool of the handover 'reserve'; null with any other. */
  readonly reserve: ReserveRow | null;
  /** Memory for pages of several VMs (`commonMemory`); null where there is none. */
  readonly common: CommonRow | null;
  /** Changes that have not ended. */
  readonly changes: readonly ChangeReport[];
  /** Whether the order in which pages are evicted follows every access, or samples of them. */
  readonly recency: 'exact' | 'sampled';
  readonly tables: Readonly<Record<'pageObjects' | 'nodes' | 'mapNodes', TableUse>>;
  /** Bytes of linear memory: all of it, and what is neither frame nor swap slot. */
  readonly bytes: { readonly total: number; readonly books: number };
  /** Operations since the engine was made; what they mean: assembly/shared/layout.ts. */
  readonly operations: Readonly<Record<'objects' | 'nodes' | 'regions' | 'processors' | 'copies', number>>;
}

/** What the engine itself shows: plain data and, by range, the page tables. */
export interface EngineInspection extends Inspection {
  readonly vms: readonly InspectedVm[];
}

const STORES: Readonly<Record<number, SwapRow['store']>> = {
  [layout.SWAP_STORE_NONE]: 'none',
  [layout.SWAP_STORE_LINEAR]: 'linear',
  [layout.SWAP_STORE_HOST]: 'host',
};

export interface Inspected {
  readonly core: Core;
  readonly pageBytes: number;
  readonly regionBytes: number;
  readonly virtualNs: number;
  readonly vms: readonly Vm[];
  readonly changes: readonly ChangeReport[];
  readonly reserve: ReserveRow | null;
}

export function inspectionMake({ core, pageBytes, regionBytes, virtualNs, vms, changes, reserve }: Inspected): EngineInspection {
  return {
    pageBytes,
    regionBytes,
    virtualNs,
    regions: regionRows(core, regionBytes),
    vms: vms.map((vm) => vmRow(vm, statisticsKept(core))),
    swap: {
      store: STORES[core.word(layout.CB_SWAP_STORE)] ?? 'none',
      slots: core.word(layout.CB_SLOTS),
      slotsUsed: core.word(layout.CB_SLOTS_USED),
      cleanPages: core.word(layout.CB_CLEAN_PAGES),
      writingPages: writingPages(core, virtualNs),
      readNs: core.number(layout.CB_READ_NS),
      writeNs: core.number(layout.CB_WRITE_NS),
      queue: core.word(layout.CB_QUEUE),
    },
    reserve,
    common: commonRow(core),
    changes,
    recency: 'exact',
    tables: {
      pageObjects: { used: core.word(layout.CB_OBJECTS_USED), capacity: core.word(layout.CB_PAGE_OBJECTS) },
      nodes: { used: core.word(layout.CB_NODES_USED), capacity: core.word(layout.CB_NODES) },
      mapNodes: { used: core.word(layout.CB_MAPS_USED), capacity: core.word(layout.CB_MAP_NODES) },
    },
    bytes: { total: core.number(layout.CB_TOTAL_BYTES), books: core.number(layout.CB_BOOK_BYTES) },
    operations: {
      objects: core.word(layout.CB_COUNT_OBJECTS),
      nodes: core.word(layout.CB_COUNT_NODES),
      regions: core.word(layout.CB_COUNT_REGIONS),
      processors: core.word(layout.CB_COUNT_PROCESSORS),
      copies: core.word(layout.CB_COUNT_COPIES),
    },
  };
}

/**
 * A VM waits for what it reads: at the latest clock all reads have ended, and what the device still has to do are writes. After engine.advance() to a time
 * that no clock has reached, the time until then counts as writing too.
 */
function writingPages(core: Core, virtualNs: number): number {
  const writeNs = core.number(layout.CB_WRITE_NS);
  let pages = 0;
  for (let server = 0; server < core.word(layout.CB_QUEUE); server += 1) {
    const busyNs = core.number(layout.CB_DEVICE_BUSY + server * 8) - virtualNs;
    if (busyNs > 0) pages += Math.ceil(busyNs / writeNs);
  }
  return pages;
}

function regionRows(core: Core, regionBytes: number): readonly RegionRow[] {
  const nameOf = (handle: number): string | null => (handle === 0 ? null : (core.vmNames.get(handle) ?? `number ${handle}`));
  const addressOf = (slot: number): number | null => (slot === 0 ? null : (slot - 1) * regionBytes);
  // region numbers inside the engine start at 1
  return Array.from({ length: core.word(layout.CB_REGIONS) }, (_, region) => ({
    region,
    realAddress: region * regionBytes,
    manager: nameOf(core.columnWord(layout.CB_REGION_MANAGER, region + 1)),
    managerAddress: addressOf(core.columnWord(layout.CB_REGION_MANAGER_SLOT, region + 1)),
    user: nameOf(core.columnWord(layout.CB_REGION_USER, region + 1)),
    userAddress: addressOf(core.columnWord(layout.CB_REGION_USER_SLOT, region + 1)),
  }));
}

/** The figures of one VM. */
function vmRow(vm: Vm, hasFigures: boolean): InspectedVm {
  const { name, managedBytes, usedBytes, usableBytes, residentPages, outPages, timeNs, counters, release } = vm;
  const row = {
    name,
    managedBytes,
    usedBytes,
    usableBytes,
    residentPages,
    outPages,
    replicas: vm.replicas.length,
    timeNs,
    counters,
    release,
  };
  const pageTable: Vm['pageTable'] = (range) => vm.pageTable(range);
  const data: VmRow = { ...row, accessFigures: hasFigures ? vm.accessFigures() : null };
  return Object.defineProperty(data, 'pageTable', { value: pageTable }) as InspectedVm;
}
