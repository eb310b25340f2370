import { DISPOSE_ASYNC, Origin } from '../dispose.ts';
import type { Handover } from '../engine-options.ts';
import type { PageRow } from '../engine/page-walk.ts';
import type { EventMap, EventName } from '../events/event-map.ts';
import type { ScanAcrossReport } from '../common-memory.ts';
import type { Inspection } from '../inspect.ts';
import { checkBoolean, checkFields, checkFunction } from '../options.ts';
import { throwIfAborted } from '../signal.ts';
import { AsyncChange } from './async-change.ts';
import { AsyncImage } from './async-image.ts';
import { AsyncReconfiguration } from './async-reconfiguration.ts';
import { AsyncReplica } from './async-replica.ts';
import { AsyncSnapshot } from './async-snapshot.ts';
import type { Received, Sent } from './async-types.ts';
import { AsyncVm } from './async-vm.ts';
import { VmmHost } from './host.ts';
import { LinkHere } from './link.ts';
import type { Link } from './link.ts';
import { OpenReports } from './open-reports.ts';
import type { AnswerOf, ArgumentsFor, MethodOf } from './operations.ts';
import { Session } from './session.ts';
import type { FaceMake } from './session.ts';
import { workerSpawn } from './spawn.ts';
import { checkVmmOptions, withModule } from './vmm-options.ts';
import type { CheckedVmmOptions, VmmOptions, VmmPlace } from './vmm-options.ts';
import type { Kind } from './protocol.ts';

type Arguments<Name extends MethodOf<'engine'>> = Sent<ArgumentsFor<'engine', Name>>;

/** An event of the engine, with the VMM's own faces of the objects it names. */
export type AsyncEvent<Name extends EventName = EventName> = Received<EventMap[Name]>;

/** Guest code that runs beside the engine; see `Vmm.run`. */
export type Program = Arguments<'run'>[0];

export interface DisposeOptions {
  /** false by default. */
  readonly now?: boolean;
}

interface Started {
  readonly pageBytes: number;
  readonly regionBytes: number;
  readonly handover: Handover;
  readonly isShared: boolean;
  readonly isOperatorOnly: boolean;
}

const MAKERS: Readonly<Record<Kind, FaceMake>> = {
  vm: (session, reference) => new AsyncVm(session, reference),
  replica: (session, reference) => new AsyncReplica(session, reference),
  snapshot: (session, reference) => new AsyncSnapshot(session, reference),
  image: (session, reference) => new AsyncImage(session, reference),
  change: (session, reference) => new AsyncChange(session, reference),
  reconfiguration: (session, reference) => new AsyncReconfiguration(session, reference),
  iterator: (session, reference) => new OpenReports(session, reference),
};

/**
 * A virtual-machine monitor: an engine behind an asynchronous interface, in the thread of the caller or in a worker of its own (Figs. 19-21, JP 2009-26117A
 * [0437-0447]). Results, errors and events are the same in both places, and those of class Engine; requests are carried out in the order in which they are
 * made. Errors besides: WORKER_FAILED, CANNOT_CROSS.
 */
export class Vmm {
  readonly where: VmmPlace;
  readonly pageBytes: number;
  readonly regionBytes: number;
  readonly handover: Handover;
  readonly isShared: boolean;
  readonly isOperatorOnly: boolean;
  readonly #session: Session;

  private constructor(where: VmmPlace, session: Session, started: Started) {
    this.where = where;
    this.#session = session;
    this.pageBytes = started.pageBytes;
    this.regionBytes = started.regionBytes;
    this.handover = started.handover;
    this.isShared = started.isShared;
    this.isOperatorOnly = started.isOperatorOnly;
  }

  /** Starts it from options or from a stored configuration. Errors: those of Engine.create and engine.createVm, WORKER_FAILED, CANNOT_CROSS. */
  static async start(options: VmmOptions): Promise<Vmm> {
    const session = new Session(new Origin(Vmm.start), MAKERS);
    const checked = checkVmmOptions(options);
    throwIfAborted(checked.signal);
    const { link, rest } = await linkMake(checked, session);
    try {
      const started = await session.start(link, rest, checked.signal);
      return new Vmm(checked.where, session, started as Started);
    } catch (error) {
      const cleaned = session.dispose();
      // whoever gives up does not wait for what is given up
      if (checked.signal?.aborted !== true) await cleaned;
      throw error;
    }
  }

  get isDisposed(): boolean {
    return this.#session.isDisposed;
  }

  // ---- VMs ---------------------------------------------------------------------------------------------------------------

  createVm(...args: Arguments<'createVm'>): Promise<AsyncVm> {
    return this.#session.askEngine('createVm', args);
  }

  /** Pages for VMs to start from: bytes, a source (a module's export, where the VMM is in a worker), or `{ file: path }` (in Node). */
  image(...args: Arguments<'image'>): Promise<AsyncImage> {
    return this.#session.askEngine('image', args);
  }

  /** Living VMs in the order of their creation. */
  vms(): Promise<readonly AsyncVm[]> {
    return this.#session.askEngine('vms', []);
  }

  /** Moves memory between VMs in one request (5th embodiment). Resolves when it has been made; see its `granted`. */
  reconfigure(...args: Arguments<'reconfigure'>): Promise<AsyncReconfiguration> {
    return this.#session.askEngine('reconfigure', args);
  }

  /** Carries out what the virtual clock has brought. */
  advance(...args: Arguments<'advance'>): Promise<number> {
    return this.#session.askEngine('advance', args);
  }

  /**
   * Runs a function beside the engine, with the engine and its objects themselves: a guest that makes many accesses, a device, a scheduler. Other requests
   * wait until it has returned, or what it returned has resolved. Arguments and result are plain data and objects of this VMM.
   */
  run(program: Program, ...args: readonly unknown[]): Promise<unknown> {
    return this.#session.askEngine('run', [program, ...args] as Arguments<'run'>);
  }

  // ---- looking ---------------------------------------------------------------------------------------------------------

  /** Figures of the whole engine at one moment. */
  figures(): Promise<AnswerOf<'engine', 'figures'>> {
    return this.#session.askEngine('figures', []);
  }

  /** All tables as plain data. */
  inspect(): Promise<Inspection> {
    return this.#session.askEngine('inspect', []);
  }

  /** One pass that merges equal pages of VMs of one salt. */
  scan(): Promise<ScanAcrossReport> {
    return this.#session.askEngine('scan', []);
  }

  /** The pages of a replica in a range. */
  pages(...args: Arguments<'pages'>): Promise<readonly PageRow[]> {
    return this.#session.askEngine('pages', args);
  }

  /**
   * Calls `listener` for every event of that name that later requests cause, before their promises resolve. The function that comes back ends it.
   */
  async on<Name extends EventName>(name: Name, listener: (event: AsyncEvent<Name>) => void): Promise<() => void> {
    checkFunction('listener', listener);
    return this.#session.listen(name, (event) => listener(event as AsyncEvent<Name>));
  }

  /** Walks the whole state of the engine. */
  validate(): Promise<void> {
    return this.#session.askEngine('validate', []);
  }

  /**
   * The VMM ends, after the requests before: engine, VMs, swap store, worker. Later requests fail with DISPOSED. `now`: without waiting for requests that
   * have no answer yet, which fail with DISPOSED too; a worker is stopped in the middle of what it does, and a swap file stays as it is. Also after a
   * `dispose()` that still waits. With where: 'here' nothing stops code that runs; the engine ends after it. Errors: INVALID_OPTION.
   */
  async dispose(options: DisposeOptions = {}): Promise<void> {
    const { now = false } = checkFields('options', options, ['now']);
    await this.#session.dispose(checkBoolean('options.now', now));
  }

  [DISPOSE_ASYNC](): Promise<void> {
    return this.dispose();
  }
}

async function linkMake({ where, worker, rest }: CheckedVmmOptions, session: Session): Promise<{ link: Link; rest: object }> {
  const sink = (events: readonly unknown[]): void => session.deliver(events);
  if (where === 'here') return { link: new LinkHere(new VmmHost(sink)), rest };
  // only who wants a worker loads what it takes
  const [{ WorkerLink }, complete] = await Promise.all([import('./worker-link.ts'), withModule(rest)]);
  return { link: new WorkerLink(workerSpawn(worker), sink), rest: complete };
}
