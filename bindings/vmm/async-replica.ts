import { DISPOSE_ASYNC } from '../dispose.ts';
import type { SignalOption } from '../signal.ts';
import { AsyncMemory } from './async-memory.ts';
import type { Sent } from './async-types.ts';
import { FACE } from './face.ts';
import type { Face } from './face.ts';
import type { ArgumentsFor, MethodOf } from './operations.ts';
import type { FirstReplica, Reference } from './protocol.ts';
import type { Session } from './session.ts';

type Arguments<Name extends MethodOf<'replica'>> = Sent<ArgumentsFor<'replica', Name>>;

/** One address space of a VM: what class Replica says. Device pages need callbacks in the engine's thread: map them from a program (`vmm.run`). */
export class AsyncReplica implements Face {
  readonly memory: AsyncMemory;
  readonly #face: Face[typeof FACE];

  /** @internal */
  constructor(session: Session, reference: Reference | FirstReplica) {
    this.#face = { session, reference };
    this.memory = new AsyncMemory(session, reference);
  }

  /** For the VMM itself. */
  get [FACE](): Face[typeof FACE] {
    return this.#face;
  }

  figures(): Promise<{ readonly addressSpaceBytes: number }> {
    return this.#ask('figures', []);
  }

  advise(...args: Arguments<'advise'>): Promise<void> {
    return this.#ask('advise', args);
  }

  protect(...args: Arguments<'protect'>): Promise<void> {
    return this.#ask('protect', args);
  }

  fork(): Promise<AsyncReplica> {
    return this.#ask('fork', []);
  }

  restore(from: AsyncReplica): Promise<void> {
    return this.#ask('restore', [from]);
  }

  /** So many bytes, without any trace of having been read. */
  peek(address: number, length: number): Promise<Uint8Array<ArrayBufferLike>> {
    return this.#ask('peek', [address, length]);
  }

  /** SHA-256 (hex) of the whole address space. Requests behind it wait until it is done. */
  digest(options: SignalOption = {}): Promise<string> {
    return this.#ask('digest', [options]);
  }

  dispose(): Promise<void> {
    return this.#ask('dispose', []);
  }

  [DISPOSE_ASYNC](): Promise<void> {
    return this.dispose();
  }

  #ask<Name extends MethodOf<'replica'>>(method: Name, args: Arguments<Name>) {
    const { session, reference } = this.#face;
    return session.ask('replica', reference, method, args);
  }
}
