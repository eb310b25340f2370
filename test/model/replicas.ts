/** The lives of replicas and snapshots: made, forked, restored, compared page by page, disposed of. */
import {
  STATUS_ADDRESS_OUT_OF_RANGE,
  STATUS_BAD_OPTION,
  STATUS_NO_SUCH_REPLICA,
  STATUS_TOO_LITTLE_LEFT,
} from '../../assembly/shared/status.ts';
import { ModelFailure } from './failure.ts';
import { pageDrop, pageShare, replicaCreate } from './pages.ts';
import { framesLeast, managedRegions } from './rights.ts';
import type { Replica, Vm, World } from './world.ts';

/** One more holder of pages must leave the VM with memory enough. */
function roomCheck(world: World, vm: Vm): void {
  const frames = managedRegions(world, vm).length * world.options.regionPages;
  if (frames < framesLeast(vm.replicas.length + 1)) throw new ModelFailure(STATUS_TOO_LITTLE_LEFT, `${frames} frames`);
}

function twinCreate(world: World, replica: Replica, isSnapshot: boolean): Replica {
  roomCheck(world, replica.vm);
  const twin = replicaCreate(replica.vm, isSnapshot);
  pagesShare(replica, twin);
  return twin;
}

/** A second replica of the same VM, with the same pages. */
export function fork(world: World, replica: Replica): Replica {
  return twinCreate(world, replica, false);
}

export function snapshot(world: World, replica: Replica): Replica {
  return twinCreate(world, replica, true);
}

/** A replica of which no page has been touched. */
export function emptyReplica(world: World, vm: Vm): Replica {
  roomCheck(world, vm);
  return replicaCreate(vm);
}

function pagesShare(from: Replica, replica: Replica): void {
  for (const [number, page] of from.pages) pageShare(page, replica, number);
  for (const [number, protection] of from.protection) replica.protection.set(number, protection);
  for (const number of from.devices) replica.devices.add(number);
}

/** Makes a replica's pages and protection those of another, or of a snapshot, of the same VM. */
export function restore(world: World, replica: Replica, from: Replica): void {
  if (from.vm !== replica.vm) throw new ModelFailure(STATUS_NO_SUCH_REPLICA, 'of another VM');
  replica.taken = 0;
  if (from === replica) return;
  replicaForget(world, replica);
  pagesShare(from, replica);
}

/** All its pages are untouched, none is protected. */
export function replicaClear(world: World, replica: Replica): void {
  replica.taken = 0;
  replicaForget(world, replica);
}

function replicaForget(world: World, replica: Replica): void {
  for (const page of replica.pages.values()) pageDrop(world, page);
  replica.pages.clear();
  replica.protection.clear();
  replica.devices.clear();
}

/** Pages of a replica become those of another; what it may do with them stays. */
export function pagesTake(world: World, replica: Replica, from: Replica, first: number, pages: number): void {
  if (from.vm !== replica.vm) throw new ModelFailure(STATUS_NO_SUCH_REPLICA, 'of another VM');
  if (first + pages > replica.vm.spacePages) throw new ModelFailure(STATUS_ADDRESS_OUT_OF_RANGE, `page ${first}`);
  for (let number = first; number < first + pages; number++) {
    const [old, taken] = [replica.pages.get(number), from.pages.get(number)];
    if (old === taken) continue;
    if (taken) pageShare(taken, replica, number);
    else replica.pages.delete(number);
    if (old) pageDrop(world, old);
  }
}

/** Of a replica or a snapshot. */
export function replicaDispose(world: World, replica: Replica): void {
  const { vm } = replica;
  const others = vm.replicas.filter((other) => other !== replica && !other.isSnapshot);
  if (!replica.isSnapshot && others.length === 0) throw new ModelFailure(STATUS_BAD_OPTION, 'the last replica of its VM');
  replicaForget(world, replica);
  vm.replicas.splice(vm.replicas.indexOf(replica), 1);
  replica.live = false;
}

/** The pages at or above `from` that two replicas or snapshots of one VM do not have as the same page; `b` null: one that has none. */
export function changed(a: Replica, b: Replica | null, from: number): number[] {
  if (b && a.vm !== b.vm) throw new ModelFailure(STATUS_NO_SUCH_REPLICA, 'of another VM');
  const numbers = Array.from({ length: a.vm.spacePages }, (_, number) => number);
  return numbers.filter((number) => number >= from && a.pages.get(number) !== b?.pages.get(number));
}
