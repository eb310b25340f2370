import type { Change } from '../change.ts';
import type { ReportEvent } from '../reconfiguration/reports.ts';
import type { ReserveEvent } from '../reserve/reserve.ts';
import type { Vm } from '../vm.ts';

/** What every event has: its time is the VM's clock, or the end of the I/O it speaks of. */
export interface Timed {
  readonly vm: Vm;
  readonly timeNs: number;
}
export interface OfChange extends Timed {
  readonly change: Change;
}
/** A run of regions that sit side by side in real memory; `machineAddress` is where the first of them sits in the VM. */
interface OfRun extends OfChange {
  readonly region: number;
  readonly regions: number;
  readonly machineAddress: number;
}
interface OfPage extends Timed {
  readonly page: number;
}

/** Events by name. `vm` is the VM whose rights, pages or change the event speaks of. */
export interface EventMap {
  /** Management rights came (S109). `change` is undefined for a VM's first memory. */
  grant: { readonly type: 'grant' } & Omit<OfRun, 'change'> & { readonly change: Change | undefined };
  /** Management rights were given up (S105). `machineAddress` is where the run's lowest machine address is. */
  declare: { readonly type: 'declare' } & OfRun;
  /** The VM took a region from its user (S405-S407). */
  takeOver: { readonly type: 'takeOver' } & Timed & {
      readonly region: number;
      readonly from: Vm | undefined;
      readonly pagesWritten: number;
      readonly machineAddress: number;
    };
  /** The VM became the user of a region without one (S407). */
  use: { readonly type: 'use' } & Timed & { readonly region: number; readonly machineAddress: number };
  /** The VM released a region (S306). */
  release: { readonly type: 'release' } & Timed & {
      readonly region: number;
      readonly pagesWritten: number;
      readonly change: Change | undefined;
    };
  /** A region of a change followed: its user released it (reduction), or its receiver took it into use (expansion). */
  follow: { readonly type: 'follow' } & OfChange & { readonly region: number; readonly pending: number; readonly pagesWritten: number };
  settled: { readonly type: 'settled' } & OfChange;
  superseded: { readonly type: 'superseded' } & OfChange & { readonly region: number };
  abandoned: { readonly type: 'abandoned' } & OfChange;
  cancelled: { readonly type: 'cancelled' } & OfChange;
  /** The VM released a region before its manager asked for it, because its release condition held at an access or in a sweep (Fig. 15 S613-S615). */
  earlyRelease: { readonly type: 'earlyRelease' } & Timed & {
      readonly region: number;
      readonly pagesWritten: number;
      readonly cause: 'access' | 'sweep';
    };
  /** A page went from a frame to another one: a locked one of a region that is released, one that moves first, or one that left its region at an access. */
  move: { readonly type: 'move' } & OfPage & { readonly fromRegion: number; readonly toRegion: number };
  /** `slot`: from 2 ** 30 on it is a page of an image (`imageSlot` of a page's row, plus 2 ** 30). */
  pageIn: { readonly type: 'pageIn' } & OfPage & { readonly slot: number };
  pageOut: { readonly type: 'pageOut' } & OfPage & { readonly slot: number };
  fault: { readonly type: 'fault' } & OfPage;
  /** Copy-on-write. */
  copy: { readonly type: 'copy' } & OfPage;
  /** Areas of a page became one: `areasMerged` of them went, `areasLeft` are still different (null: not counted, for a merge on write). */
  merge: { readonly type: 'merge' } & OfPage & { readonly areasMerged: number; readonly areasLeft: number | null };
  vmCreated: { readonly type: 'vmCreated' } & Timed;
  vmDisposed: { readonly type: 'vmDisposed' } & Timed;
  /** A report of a reconfiguration ([0421-0422]). */
  report: ReportEvent;
  /** What the reserve does (handover 'reserve'). */
  reserve: ReserveEvent;
  /** One operation caused more events than the ring holds: the oldest `count` of them are lost. See `eventCapacity`. */
  lost: { readonly type: 'lost'; readonly count: number };
}

export type EventName = keyof EventMap;
export type EngineEvent = EventMap[EventName];
export type EventListener<Name extends EventName> = (event: EventMap[Name]) => void;
