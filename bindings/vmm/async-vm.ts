import { DISPOSE_ASYNC } from '../dispose.ts';
import type { AccessFigures } from '../early-release/figures.ts';
import type { MemoryInformation } from '../information.ts';
import type { AsyncChange } from './async-change.ts';
import type { AsyncMemory } from './async-memory.ts';
import { AsyncReplica } from './async-replica.ts';
import type { AsyncSnapshot } from './async-snapshot.ts';
import type { Received, Sent } from './async-types.ts';
import { FACE } from './face.ts';
import type { Face } from './face.ts';
import type { AnswerOf, ArgumentsFor, MethodOf } from './operations.ts';
import type { Reference } from './protocol.ts';
import type { Session } from './session.ts';

type Arguments<Name extends MethodOf<'vm'>> = Sent<ArgumentsFor<'vm', Name>>;

/** A VM of a VMM: what class Vm says, asked of wherever the engine runs. Arguments and errors are those of the methods of the same name there. */
export class AsyncVm implements Face {
  readonly name: string;
  /** The VM's first replica. */
  readonly replica: AsyncReplica;
  readonly #face: Face[typeof FACE];

  /** @internal */
  constructor(session: Session, reference: Reference) {
    this.name = reference.facts as string;
    this.#face = { session, reference };
    this.replica = new AsyncReplica(session, { $: 'firstReplica', vm: reference.id });
  }

  /** For the VMM itself. */
  get [FACE](): Face[typeof FACE] {
    return this.#face;
  }

  /** That of its first replica. */
  get memory(): AsyncMemory {
    return this.replica.memory;
  }

  /** All figures of the VM at one moment. */
  figures(): Promise<AnswerOf<'vm', 'figures'>> {
    return this.#ask('figures', []);
  }

  /** What its memory holds, counted now ([0145]). */
  information(): Promise<MemoryInformation> {
    return this.#ask('information', []);
  }

  /** Statistics of the regions that it uses and does not manage ([0359]). */
  accessFigures(): Promise<readonly AccessFigures[]> {
    return this.#ask('accessFigures', []);
  }

  /** Its replicas now. */
  replicas(): Promise<readonly AsyncReplica[]> {
    return this.#ask('replicas', []);
  }

  /** Its snapshots now. */
  snapshots(): Promise<readonly AsyncSnapshot[]> {
    return this.#ask('snapshots', []);
  }

  /** A snapshot from the bytes of a saved one. */
  loadSnapshot(...args: Arguments<'loadSnapshot'>): Promise<AsyncSnapshot> {
    return this.#ask('loadSnapshot', args);
  }

  /** Gives up management rights (S101-S106). Resolves when they are granted. */
  reduce(...args: Arguments<'reduce'>): Promise<AsyncChange> {
    return this.#ask('reduce', args);
  }

  /** Asks for management rights (S101, S107-S111). Resolves when they are granted. */
  expand(...args: Arguments<'expand'>): Promise<AsyncChange> {
    return this.#ask('expand', args);
  }

  /** Fig. 9 for a named region. */
  touch(...args: Arguments<'touch'>): Promise<void> {
    return this.#ask('touch', args);
  }

  /** Another release condition, or none, from now on (3rd embodiment). Functions in it: moduleExport(…) where the engine is in a worker. */
  releaseEarly(...args: Arguments<'releaseEarly'>): Promise<void> {
    return this.#ask('releaseEarly', args);
  }

  /** Another way for pages of a region that it releases, from now on. */
  releaseBy(...args: Arguments<'releaseBy'>): Promise<void> {
    return this.#ask('releaseBy', args);
  }

  /** Compares its replicas in step, and merges what is equal. */
  compare(): Promise<Received<AnswerOf<'vm', 'compare'>>> {
    return this.#ask('compare', []);
  }

  /** How they are compared, from now on. */
  compareBy(...args: Arguments<'compareBy'>): Promise<void> {
    return this.#ask('compareBy', args);
  }

  /** All pages in which they differ now. */
  differences(): Promise<Received<AnswerOf<'vm', 'differences'>>> {
    return this.#ask('differences', []);
  }

  /** The page table of US 9,063,868 Fig. 2: all rows of a range at once, so ask for few pages of many replicas. */
  pageTable(...args: Arguments<'pageTable'>): Promise<Received<AnswerOf<'vm', 'pageTable'>>> {
    return this.#ask('pageTable', args);
  }

  /** What its replicas and snapshots share, counted now. */
  sharing(): Promise<Received<AnswerOf<'vm', 'sharing'>>> {
    return this.#ask('sharing', []);
  }

  /** One pass that merges equal pages at different addresses. */
  scan(): Promise<Received<AnswerOf<'vm', 'scan'>>> {
    return this.#ask('scan', []);
  }

  /** Looks for pages that have changed though nobody stored to them. */
  scrub(): Promise<Received<AnswerOf<'vm', 'scrub'>>> {
    return this.#ask('scrub', []);
  }

  /** A write by none of its replicas, to all of them; resolves when it is done, which may take until they meet. Writers: those of `createVm({ writers })`. */
  write(...args: Arguments<'writeOutside'>): Promise<void> {
    return this.#ask('writeOutside', args);
  }

  dispose(): Promise<void> {
    return this.#ask('dispose', []);
  }

  [DISPOSE_ASYNC](): Promise<void> {
    return this.dispose();
  }

  #ask<Name extends MethodOf<'vm'>>(method: Name, args: Arguments<Name>) {
    const { session, reference } = this.#face;
    return session.ask('vm', reference, method, args);
  }
}
