/** The plain model, driven by operations. */
import {
  STATUS_BAD_OPTION,
  STATUS_NO_SUCH_CHANGE,
  STATUS_NO_SUCH_REPLICA,
  STATUS_NO_SUCH_VM,
  STATUS_OK,
} from '../../assembly/shared/status.ts';
import { accessCheck, advise, adviseCheck, load, peek, piecesOf, protect, store } from './access.ts';
import { sweep } from './borrowed.ts';
import { ModelFailure } from './failure.ts';
import { replicaRun, type Lookup, type Progress } from './model-replicas.ts';
import { modelView } from './model-view.ts';
import { bytesOf, hex, withAbout, type Operation, type Outcome, type Subject, type View } from './operation.ts';
import { playTrace } from './play.ts';
import { cancel, expand, expandRange, reduce, release, touch, vmCreate, vmDispose } from './reconfigure.ts';
import { tracePlayer, traceStep } from './trace.ts';
import { keepsSummary, note, worldCreate, type Replica, type Vm, type World, type WorldOptions } from './world.ts';

/** No period is that long. */
const PERIOD_NS_END = 1e15;

export class ModelSubject implements Subject {
  readonly world: World;
  readonly #replicas: Replica[] = [];
  readonly #lookup: Lookup;
  /** Has the engine, after this operation, given two replicas the same page? Decides what the contract leaves open. */
  isSame: (replica: number, other: number, page: number) => boolean = () => false;

  constructor(options: WorldOptions) {
    this.world = worldCreate(options);
    this.world.follows = (replica, page, witness) => this.isSame(this.#replicas.indexOf(replica), this.#replicas.indexOf(witness), page);
    this.#lookup = {
      world: this.world,
      replicas: this.#replicas,
      vm: (number) => this.#vm(number),
      replica: (number) => this.#replica(number),
      holder: (number) => this.#holder(number),
    };
  }

  get replicas(): readonly Replica[] {
    return this.#replicas;
  }

  apply(operation: Operation): Outcome {
    const progress: Progress = { done: 0, bytes: '', endNs: 0, pages: [], counts: [] };
    try {
      this.#run(operation, progress);
      return outcome(STATUS_OK, operation, progress);
    } catch (failure) {
      if (failure instanceof ModelFailure) return withAbout(outcome(failure.status, operation, progress), failure.about);
      throw failure;
    }
  }

  #run(operation: Operation, progress: Progress): void {
    const { world } = this;
    switch (operation.op) {
      case 'vmCreate': {
        const vm = vmCreate(world, operation, {
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
      case 'reduce':
        reduce(world, this.#vm(operation.vm), operation);
        return;
      case 'expandRange':
        expandRange(world, this.#vm(operation.vm), operation);
        return;
      case 'expand':
        expand(world, this.#vm(operation.vm), operation, operation.requestNs, operation.grantNs);
        return;
      case 'touch':
        return touch(world, this.#vm(operation.vm), operation.slot);
      case 'release':
        progress.endNs = release(world, this.#vm(operation.vm), operation.slot, operation.issueNs);
        return;
      case 'watch':
        return this.#watch(operation);
      case 'movesFirst':
        this.#vm(operation.vm).movesFirst = operation.isOn;
        return;
      case 'sweep':
        return sweep(world, this.#vm(operation.vm), operation.timeNs, progress);
      case 'play':
        return this.#play(operation, progress);
      case 'cancel': {
        const change = world.changes[operation.change];
        if (!change) throw new ModelFailure(STATUS_NO_SUCH_CHANGE, `${operation.change}`);
        return cancel(world, change);
      }
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
      default:
        return replicaRun(this.#lookup, operation, progress);
    }
  }

  #watch({ vm: number, mode, periodNs, conditions, judge }: Extract<Operation, { op: 'watch' }>): void {
    const vm = this.#vm(number);
    const isWatched = mode !== 'none';
    if (!(periodNs >= 0 && periodNs < PERIOD_NS_END)) throw new ModelFailure(STATUS_BAD_OPTION, 'a period');
    if (isWatched && !keepsSummary(this.world.options, 'statistics')) throw new ModelFailure(STATUS_BAD_OPTION, 'no statistics');
    vm.watch = isWatched ? { mode, periodNs, conditions, judge } : null;
    for (const region of this.world.regions) if (region.user === vm) region.statistics = null;
    vm.sample++;
  }

  #play({ replica: number, loadsStore, isRetried, records }: Extract<Operation, { op: 'play' }>, progress: Progress): void {
    const replica = this.#replica(number);
    const trace = playTrace(records);
    const player = tracePlayer(trace, this.world.options.pageBytes, loadsStore);
    const { world } = this;
    let triesLeft = isRetried ? 1 : 0;
    for (; player.position < trace.length; progress.done++) {
      try {
        traceStep(world, replica, player);
      } catch (failure) {
        if (!(failure instanceof ModelFailure) || triesLeft-- === 0) throw failure;
        world.failures.writesLeft = world.failures.readsLeft = null;
        traceStep(world, replica, player, true);
        note(world, 'a record carried out at the second try');
      }
    }
  }

  #bulk(operation: Extract<Operation, { op: 'read' | 'fill' }>, progress: Progress): void {
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

  /** One that runs. */
  #replica(number: number): Replica {
    const replica = this.#holder(number);
    if (replica.isSnapshot) throw new ModelFailure(STATUS_NO_SUCH_REPLICA, `${number}`);
    return replica;
  }

  /** A replica or a snapshot. */
  #holder(number: number): Replica {
    const replica = this.#replicas[number];
    if (!replica?.live) throw new ModelFailure(STATUS_NO_SUCH_REPLICA, `${number}`);
    return replica;
  }

  view(): View {
    return modelView(this.world, this.#replicas);
  }

  content(replica: number, page: number): Uint8Array {
    return peek(this.world, this.#holder(replica), page);
  }
}

/** What an operation gives back beside its status. */
function outcome(status: number, { op }: Operation, { done, bytes, endNs, counts, pages }: Progress): Outcome {
  if (counts.length > 0) return op === 'scrub' ? { status, counts, pages } : { status, counts };
  if (op === 'changed') return status ? { status } : { status, pages };
  if (op === 'load') return status ? { status } : { status, bytes };
  if (op === 'release') return status ? { status } : { status, endNs };
  if (op === 'read') return { status, done, bytes };
  if (op === 'sweep' || op === 'difference') return status ? { status } : { status, done };
  if (op === 'fill' || op === 'advise' || op === 'play') return { status, done };
  return { status };
}
