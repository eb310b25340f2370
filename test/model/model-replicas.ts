/** The plain model, driven by operations on replicas and snapshots. */
import { compare, difference } from './compare.ts';
import { imageMap } from './images.ts';
import type { ReplicaOperation } from './operation-replicas.ts';
import { quotaSet } from './quota.ts';
import { changed, emptyReplica, fork, pagesTake, replicaClear, replicaDispose, restore, snapshot } from './replicas.ts';
import { scan } from './scan.ts';
import { flip, scrub } from './scrub.ts';
import { sharing } from './sharing.ts';
import type { Replica, Vm, World } from './world.ts';

/** How far an operation came. */
export interface Progress {
  done: number;
  bytes: string;
  endNs: number;
  pages: readonly number[];
  /** Empty: none. */
  counts: readonly number[];
}

/** What numbers stand for; where there is no such thing, the operation fails. */
export interface Lookup {
  readonly world: World;
  readonly replicas: Replica[];
  vm(number: number): Vm;
  /** One that runs. */
  replica(number: number): Replica;
  /** A replica or a snapshot. */
  holder(number: number): Replica;
}

export function replicaRun(lookup: Lookup, operation: ReplicaOperation, progress: Progress): void {
  const { world, replicas } = lookup;
  switch (operation.op) {
    case 'fork':
      replicas.push(fork(world, lookup.holder(operation.replica)));
      return;
    case 'snapshot':
      replicas.push(snapshot(world, lookup.holder(operation.replica)));
      return;
    case 'empty':
      replicas.push(emptyReplica(world, lookup.vm(operation.vm)));
      return;
    case 'clear':
      return replicaClear(world, lookup.replica(operation.replica));
    case 'restore':
      return restore(world, lookup.replica(operation.replica), lookup.holder(operation.from));
    case 'replicaDispose':
      return replicaDispose(world, lookup.holder(operation.replica));
    case 'changed':
      progress.pages = changedPages(lookup, operation);
      return;
    case 'quota':
      return quotaSet(lookup.replica(operation.replica), operation.pages);
    case 'step':
      lookup.replica(operation.replica).isInStep = operation.isInStep;
      return;
    case 'compareBy': {
      const { op: _op, vm, ...policy } = operation;
      lookup.vm(vm).policy = policy;
      return;
    }
    case 'compare': {
      const vm = lookup.vm(operation.vm);
      const counts = { compared: 0, merged: 0, different: 0 };
      try {
        return compare(world, vm, counts);
      } finally {
        progress.counts = [counts.compared, counts.merged, counts.different];
      }
    }
    case 'difference':
      progress.done = difference(world, lookup.vm(operation.vm), operation.from);
      return;
    case 'take': {
      const { page, pages } = operation;
      return pagesTake(world, lookup.replica(operation.replica), lookup.holder(operation.from), page, pages);
    }
    case 'image':
      return imageMap(lookup.replica(operation.replica), operation.page, operation.pages, operation.slot);
    case 'sharing':
      progress.counts = sharing(lookup.vm(operation.vm));
      return;
    case 'scan':
      progress.counts = scan(world, lookup.vm(operation.vm));
      return;
    case 'scrub': {
      const { checked, flips } = scrub(world, lookup.vm(operation.vm));
      progress.counts = [checked];
      progress.pages = flips;
      return;
    }
    case 'flip':
      return flip(world, lookup.holder(operation.replica), operation.address, operation.bit);
  }
}

function changedPages(lookup: Lookup, { a, b, from, most }: Extract<ReplicaOperation, { op: 'changed' }>): number[] {
  return changed(lookup.holder(a), b === null ? null : lookup.holder(b), from).slice(0, most);
}
