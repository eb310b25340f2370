/** The compiled engine, driven by operations on replicas and snapshots through its raw boundary. */
import {
  CB_SCAN_MERGED,
  CB_SCAN_VOLATILE,
  CB_SCAN_ZERO,
  CB_SCRUB_CHECKED,
  CB_SCRUB_FLIPS,
  CB_SHARING,
  CB_SWEEP_COMPARED,
  CB_SWEEP_DIFFERENT,
  CB_SWEEP_MERGED,
  COMPARE_AFTER_COPY,
  COMPARE_ALL_EQUAL,
  COMPARE_RETRIES,
  SHARING_DISTINCT,
  SHARING_MAPPED,
  SHARING_SHARED,
  SHARING_SHARING,
  SHARING_VOLATILE,
  SHARING_ZERO,
} from '../../assembly/shared/layout.ts';
import { STATUS_NO_SUCH_REPLICA, STATUS_NO_SUCH_VM } from '../../assembly/shared/status.ts';
import { objectPage, pageList } from '../support/raw-pages.ts';
import type { RawEngine } from '../support/raw.ts';
import { KEEP, TRIGGER } from './engine-names.ts';
import type { Entries, ReplicaEntry } from './engine-view.ts';
import type { ReplicaOperation } from './operation-replicas.ts';
import type { Outcome } from './operation.ts';

/** A handle that no VM, replica or change has. */
export const NO_HANDLE = 0xffff;

export function handleOf(entries: readonly { readonly handle: number }[], number: number): number {
  return entries[number]?.handle ?? NO_HANDLE;
}

/** Replicas and snapshots are numbered as they are made. */
export interface MutableEntries extends Entries {
  readonly replicas: ReplicaEntry[];
}

export function replicaRun(raw: RawEngine, entries: MutableEntries, operation: ReplicaOperation): Outcome {
  const { exports } = raw;
  const vm = (number: number): number => handleOf(entries.vms, number);
  const replica = (number: number): number => handleOf(entries.replicas, number);
  switch (operation.op) {
    case 'fork':
      return made(entries, exports.replicaFork(replica(operation.replica)), entries.replicas[operation.replica]);
    case 'snapshot':
      return made(entries, exports.replicaSnapshot(replica(operation.replica)), entries.replicas[operation.replica]);
    case 'empty': {
      const like = entries.replicas.find((other) => other.live && other.vm === operation.vm);
      return made(entries, exports.replicaEmpty(vm(operation.vm)), like);
    }
    case 'clear':
      return { status: exports.replicaClear(replica(operation.replica)) };
    case 'restore':
      return { status: exports.replicaRestore(replica(operation.replica), replica(operation.from)) };
    case 'replicaDispose': {
      const status = exports.replicaDispose(replica(operation.replica));
      const entry = entries.replicas[operation.replica];
      if (status === 0 && entry) entry.live = false;
      return { status };
    }
    case 'changed': {
      const { a, b, from, most } = operation;
      const count = exports.replicaChanged(replica(a), b === null ? 0 : replica(b), from, most);
      return count < 0 ? { status: -count } : { status: 0, pages: pageList(raw, count) };
    }
    case 'quota':
      return { status: exports.replicaQuota(replica(operation.replica), operation.pages) };
    case 'step':
      return { status: exports.replicaStep(replica(operation.replica), operation.isInStep ? 1 : 0) };
    case 'compareBy': {
      const { trigger, keep, merge, afterCopy, retries } = operation;
      const flags = (merge === 'allEqual' ? COMPARE_ALL_EQUAL : 0) | (afterCopy ? COMPARE_AFTER_COPY : 0) | (retries ? COMPARE_RETRIES : 0);
      return { status: exports.vmComparePolicy(vm(operation.vm), TRIGGER[trigger], KEEP[keep], flags) };
    }
    case 'compare': {
      const status = exports.vmCompare(vm(operation.vm));
      if (status === STATUS_NO_SUCH_VM) return { status };
      return { status, counts: wordsOf(raw, CB_SWEEP_COMPARED, CB_SWEEP_MERGED, CB_SWEEP_DIFFERENT) };
    }
    case 'difference': {
      const found = exports.vmDifference(vm(operation.vm), operation.from);
      return found < 0 ? { status: -found } : { status: 0, done: found };
    }
    case 'take': {
      const { from, page, pages } = operation;
      return { status: exports.replicaTakePages(replica(operation.replica), replica(from), page, pages) };
    }
    case 'image':
      return { status: exports.imageMap(replica(operation.replica), operation.page, operation.pages, operation.slot) };
    case 'sharing': {
      const status = exports.vmSharing(vm(operation.vm));
      return status === 0 ? { status, counts: SHARING.map((offset) => raw.number(CB_SHARING + offset)) } : { status };
    }
    case 'scan': {
      const status = exports.vmScan(vm(operation.vm));
      return status === 0 ? { status, counts: wordsOf(raw, CB_SCAN_MERGED, CB_SCAN_ZERO, CB_SCAN_VOLATILE) } : { status };
    }
    case 'scrub': {
      const status = exports.vmScrub(vm(operation.vm));
      if (status !== 0) return { status };
      const flips = pageList(raw, raw.word(CB_SCRUB_FLIPS)).map((object) => objectPage(raw, object));
      return { status, counts: wordsOf(raw, CB_SCRUB_CHECKED), pages: flips.sort((a, b) => a - b) };
    }
    case 'flip':
      if (!entries.replicas[operation.replica]?.live) return { status: STATUS_NO_SUCH_REPLICA };
      flip(raw, replica(operation.replica), operation.address, operation.bit);
      return { status: 0 };
  }
}

const SHARING = [SHARING_MAPPED, SHARING_DISTINCT, SHARING_SHARED, SHARING_SHARING, SHARING_ZERO, SHARING_VOLATILE];

function wordsOf(raw: RawEngine, ...offsets: readonly number[]): number[] {
  return offsets.map((offset) => raw.word(offset));
}

/** Behind the engine's back, in the frame of a page. */
function flip(raw: RawEngine, replica: number, address: number, bit: number): void {
  const page = Math.floor(address / raw.pageBytes);
  if (!raw.place(replica, page).startsWith('f')) return;
  const content = raw.content(replica, page);
  const offset = address % raw.pageBytes;
  content[offset] = (content[offset] ?? 0) ^ (1 << bit);
}

function made(entries: MutableEntries, handle: number, like: ReplicaEntry | undefined): Outcome {
  if (handle < 0) return { status: -handle };
  entries.replicas.push({ handle, vm: like?.vm ?? 0, pages: like?.pages ?? 0, live: true });
  return { status: 0 };
}
