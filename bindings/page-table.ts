import { CB_REGION_SHIFT, REPLICA_IN_STEP, TRIGGER_ANY, TRIGGER_BASIC, TRIGGER_COPY, VM_TRIGGER } from '../assembly/shared/layout.ts';
import type { Core } from './engine/core.ts';
import { entryHeld, objectHeld, pagesHeld } from './engine/shared-entries.ts';
import type { HeldPage } from './engine/shared-entries.ts';
import { InvalidOptionError } from './errors.ts';
import { checkFields, checkInteger } from './options.ts';
import { Replica } from './replica.ts';
import type { Vm } from './vm.ts';

/** What a replica's frame is to the others (US 9,063,868): two or more have it; it began as a copy; one is left with what was a basic area. */
export type AreaKind = 'basic' | 'copy' | 'notSharedBasic';

/** A row of the page table of US 9,063,868 Fig. 2: one replica, one page. */
export interface PageTableRow {
  /** VMID (51): `number` of the replica. */
  readonly vmId: number;
  /** Logical address (52) and physical address (53), less the bits within a page. `physicalPage` is a frame number; null: in no frame. */
  readonly logicalPage: number;
  readonly physicalPage: number | null;
  /** 54: 1 while two or more replicas have the page; snapshots do not count. */
  readonly share: 0 | 1;
  /** 55: 1 while a store raises the exception of S1. */
  readonly writeInhibit: 0 | 1;
  /** null: this replica never touched the page. */
  readonly area: AreaKind | null;
}

/** Which rows: of the pages `from … to-1` of the address space (all), of these replicas (all). */
export interface PageTableRange {
  readonly from?: number;
  readonly to?: number;
  readonly replicas?: readonly Replica[];
}

/** Stores to which not-shared areas are compared, by trigger: they are write-inhibited (S7, S15). */
const INHIBITED: Readonly<Record<number, readonly AreaKind[]>> = {
  [TRIGGER_ANY]: ['copy', 'notSharedBasic'],
  [TRIGGER_COPY]: ['copy'],
  [TRIGGER_BASIC]: ['notSharedBasic'],
};

/** A replica of which rows are wanted. */
interface Shown {
  readonly vmId: number;
  readonly handle: number;
}

interface CheckedRange {
  readonly from: number;
  readonly to: number;
  readonly shown: readonly Shown[];
}

/** Rows page by page, replica by replica, of the pages that some replica of the VM has. Valid as long as nothing of the VM changes. */
export function pageTableRows(core: Core, vm: Vm, range: PageTableRange): Generator<PageTableRow, void, void> {
  return rowsOf(core, vm, rangeCheck(core, vm, range));
}

function* rowsOf(core: Core, vm: Vm, { from, to, shown }: CheckedRange): Generator<PageTableRow, void, void> {
  const all = vm.replicas.map(({ handle }) => handle);
  for (const held of pagesHeld(core, all, from, to)) {
    for (const replica of shown) yield rowOf(core, vm.handle, replica, held);
  }
}

function rangeCheck(core: Core, vm: Vm, range: PageTableRange): CheckedRange {
  checkFields('range', range, ['from', 'to', 'replicas']);
  const pages = vm.replica.addressSpaceBytes / core.pageBytes;
  const { from = 0, to = pages, replicas = vm.replicas } = range;
  checkInteger('range.to', to, 0, pages);
  checkInteger('range.from', from, 0, to);
  if (!Array.isArray(replicas)) throw new InvalidOptionError('range.replicas', replicas, 'replicas of this VM');
  const shown = (replicas as readonly unknown[]).map((replica, index) => {
    if (!(replica instanceof Replica) || replica.vm !== vm || replica.isDisposed) {
      throw new InvalidOptionError(`range.replicas[${index}]`, replica, 'a replica of this VM');
    }
    return { vmId: replica.number, handle: replica.handle };
  });
  return { from, to, shown };
}

function rowOf(core: Core, vm: number, { vmId, handle }: Shown, { page: logicalPage, holders }: HeldPage): PageTableRow {
  const { object, isHeldElsewhere } = entryHeld(core, handle, logicalPage);
  if (object === 0) return { vmId, logicalPage, physicalPage: null, share: 0, writeInhibit: 0, area: null };
  const { frame, beganAsCopy, isScattered, references } = objectHeld(core, object);
  const isShared = (holders.get(object) ?? 0) > 1 || (isScattered && references > 1);
  const area = isShared ? 'basic' : beganAsCopy ? 'copy' : 'notSharedBasic';
  const isSeen = core.replicaWord(handle, REPLICA_IN_STEP) !== 0 && (INHIBITED[core.vmWord(vm, VM_TRIGGER)] ?? []).includes(area);
  return {
    vmId,
    logicalPage,
    physicalPage: frame === 0 ? null : frame - 2 ** core.word(CB_REGION_SHIFT),
    share: isShared ? 1 : 0,
    writeInhibit: isHeldElsewhere || isSeen ? 1 : 0,
    area,
  };
}
