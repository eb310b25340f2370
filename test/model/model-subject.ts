/** The plain model, driven by operations. */
import { STATUS_NO_SUCH_CHANGE, STATUS_NO_SUCH_REPLICA, STATUS_NO_SUCH_VM, STATUS_OK } from '../../assembly/shared/status.ts';
import { accessCheck, advise, adviseCheck, fork, load, peek, piecesOf, protect, replicaDispose, restore, store } from './access.ts';
import { ModelFailure } from './failure.ts';
import {
  bytesOf,
  hex,
  rightText,
  type ChangeView,
  type Operation,
  type Outcome,
  type Subject,
  type View,
  type VmView,
} from './operation.ts';
import { cancel, expand, expandRange, reduce, touch, vmCreate, vmDispose } from './reconfigure.ts';
import { worldCreate, type Change, type Page, type Replica, type Vm, type World, type WorldOptions } from './world.ts';

export class ModelSubject implements Subject {
  readonly world: World;
  readonly #replicas: Replica[] = [];

  constructor(options: WorldOptions) {
    this.world = worldCreate(options);
  }

  get replicas(): readonly Replica[] {
    return this.#replicas;
  }

  apply(operation: Operation): Outcome {
    const progress = { done: 0, bytes: '' };
    try {
      this.#run(operation, progress);
      return outcome(STATUS_OK, operation, progress);
    } catch (failure) {
      if (failure instanceof ModelFailure) return outcome(failure.status, operation, progress);
      throw failure;
    }
  }

  #run(operation: Operation, progress: { done: number; bytes: string }): void {
    const { world } = this;
    switch (operation.op) {
      case 'vmCreate': {
        const vm = vmCreate(world, operation.regions, operation.bestEffort, {
          spacePages: operation.spacePages,
          eviction: operation.eviction,
          seek: operation.seek,
          evictBatch: operation.evictBatch,
        });
        this.#replicas.push(...vm.replicas);
        return;
      }
      case 'vmDispose':
        return vmDispose(world, this.#vm(operation.vm));
      case 'reduce': {
        const { firstSlot, ...request } = operation;
        reduce(world, this.#vm(operation.vm), firstSlot === undefined ? request : { ...request, firstSlot });
        return;
      }
      case 'expandRange':
        expandRange(world, this.#vm(operation.vm), operation);
        return;
      case 'expand':
        expand(world, this.#vm(operation.vm), operation.regions, operation.bestEffort, operation.requestNs, operation.grantNs);
        return;
      case 'touch':
        return touch(world, this.#vm(operation.vm), operation.slot);
      case 'cancel': {
        const change = world.changes[operation.change];
        if (!change) throw new ModelFailure(STATUS_NO_SUCH_CHANGE, `${operation.change}`);
        return cancel(world, change);
      }
      case 'fork':
        this.#replicas.push(fork(world, this.#replica(operation.replica)));
        return;
      case 'restore':
        return restore(world, this.#replica(operation.replica), this.#replica(operation.from));
      case 'replicaDispose':
        return replicaDispose(world, this.#replica(operation.replica));
      case 'load':
        progress.bytes = hex(load(world, this.#replica(operation.replica), operation.address, operation.width));
        return;
      case 'store':
        return store(world, this.#replica(operation.replica), operation.address, bytesOf(operation.width, operation.byte));
      case 'read':
      case 'fill':
        return this.#bulk(operation, progress);
      case 'advise': {
        const replica = this.#replica(operation.replica);
        adviseCheck(replica, operation.page, operation.pages);
        for (; progress.done < operation.pages; progress.done++) advise(world, replica, operation.page + progress.done, operation.advice);
        return;
      }
      case 'protect':
        return protect(this.#replica(operation.replica), operation.page, operation.pages, operation.protection);
      case 'failWrites':
        world.failures.writesLeft = operation.after;
        return;
      case 'failReads':
        world.failures.readsLeft = operation.after;
        return;
    }
  }

  #bulk(operation: Extract<Operation, { op: 'read' | 'fill' }>, progress: { done: number; bytes: string }): void {
    const { world } = this;
    const { address, length } = operation;
    const replica = this.#replica(operation.replica);
    accessCheck(world, replica, address, length, operation.op === 'fill');
    for (const piece of piecesOf(world, address, length)) {
      if (operation.op === 'read') progress.bytes += hex(load(world, replica, piece.address, piece.length));
      else store(world, replica, piece.address, new Uint8Array(piece.length).fill(operation.byte));
      progress.done += piece.length;
    }
  }

  #vm(number: number): Vm {
    const vm = this.world.vms[number];
    if (!vm?.live) throw new ModelFailure(STATUS_NO_SUCH_VM, `${number}`);
    return vm;
  }

  #replica(number: number): Replica {
    const replica = this.#replicas[number];
    if (!replica?.live) throw new ModelFailure(STATUS_NO_SUCH_REPLICA, `${number}`);
    return replica;
  }

  view(): View {
    const { world } = this;
    return {
      regions: world.regions.map(
        ({ manager, managerSlot, user, userSlot }) =>
          `${rightText(manager?.name ?? null, managerSlot)} ${rightText(user?.name ?? null, userSlot)}`,
      ),
      vms: world.vms.map((vm) => (vm.live ? vmView(world, vm) : null)),
      changes: world.changes.map(changeView),
      places: this.#replicas.map((replica) => (replica.live ? places(replica) : null)),
      slotsUsed: world.slots.filter((slot) => slot !== null).length,
    };
  }

  content(replica: number, page: number): Uint8Array {
    return peek(this.world, this.#replica(replica), page);
  }
}

/** What an operation gives back beside its status. */
function outcome(status: number, { op }: Operation, progress: { done: number; bytes: string }): Outcome {
  if (op === 'load') return status ? { status } : { status, bytes: progress.bytes };
  if (op === 'read') return { status, ...progress };
  if (op === 'fill' || op === 'advise') return { status, done: progress.done };
  return { status };
}

function vmView(world: World, vm: Vm): VmView {
  const { timeNs, accesses, faults, pageIns, pageOuts, evictions, takeOvers, copies } = vm;
  return {
    managed: world.regions.filter((region) => region.manager === vm).length,
    used: world.regions.filter((region) => region.user === vm).length,
    usable: world.regions.filter((region) => region.manager === vm || region.user === vm).length,
    resident: world.frames.filter((page) => page?.vm === vm).length,
    timeNs,
    accesses,
    faults,
    pageIns,
    pageOuts,
    evictions,
    takeOvers,
    copies,
  };
}

function changeView(change: Change): ChangeView {
  const { state, kind, regions, pending, superseded, pageOutsBeforeGrant, pageOutsAfterGrant, requestNs } = change;
  return {
    state,
    kind,
    regions,
    pending,
    superseded,
    pageOutsBeforeGrant,
    pageOutsAfterGrant,
    grantNs: change.grantNs - requestNs,
    settledNs: change.settledNs === null ? null : change.settledNs - requestNs,
  };
}

function placeOf(page: Page | undefined): string {
  if (page && page.frame !== null) return `f${page.frame}`;
  return page && page.slot !== null ? `s${page.slot}` : '';
}

function places(replica: Replica): string[] {
  return Array.from({ length: replica.vm.spacePages }, (_, number) => placeOf(replica.pages.get(number)));
}
