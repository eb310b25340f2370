import type { PageChange } from '../changed-pages.ts';
import { DISPOSE_ASYNC } from '../dispose.ts';
import type { SignalOption } from '../signal.ts';
import type { AsyncReplica } from './async-replica.ts';
import type { Sent } from './async-types.ts';
import type { AsyncVm } from './async-vm.ts';
import { FACE } from './face.ts';
import type { Face } from './face.ts';
import type { AnswerOf, ArgumentsFor, MethodOf } from './operations.ts';
import type { Reference } from './protocol.ts';
import type { Session } from './session.ts';

type Arguments<Name extends MethodOf<'snapshot'>> = Sent<ArgumentsFor<'snapshot', Name>>;

/** A saved state of a replica: what class Snapshot says. */
export class AsyncSnapshot implements Face {
  readonly #face: Face[typeof FACE];

  /** @internal */
  constructor(session: Session, reference: Reference) {
    this.#face = { session, reference };
  }

  /** For the VMM itself. */
  get [FACE](): Face[typeof FACE] {
    return this.#face;
  }

  /** Its size, and the state that the guest wanted to have kept with it. */
  figures(): Promise<AnswerOf<'snapshot', 'figures'>> {
    return this.#ask('figures', []);
  }

  fork(...args: Arguments<'fork'>): Promise<AsyncReplica> {
    return this.#ask('fork', args);
  }

  /** A new VM with memory of its own and the same contents. */
  forkVm(...args: Arguments<'forkVm'>): Promise<AsyncVm> {
    return this.#ask('forkVm', args);
  }

  /** The pages whose contents are not those of another snapshot or replica of the VM, ascending. */
  diff(other: AsyncSnapshot | AsyncReplica): Promise<readonly PageChange[]> {
    return this.#ask('diff', [other]);
  }

  /** The snapshot as bytes, for `vm.loadSnapshot`. Requests behind it wait until it is done. */
  save(...args: Arguments<'save'>): Promise<Uint8Array<ArrayBuffer>> {
    return this.#ask('save', args);
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

  #ask<Name extends MethodOf<'snapshot'>>(method: Name, args: Arguments<Name>) {
    const { session, reference } = this.#face;
    return session.ask('snapshot', reference, method, args);
  }
}
