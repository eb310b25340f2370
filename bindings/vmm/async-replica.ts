import type { PageAddress } from '../changed-pages.ts';
import { DISPOSE_ASYNC } from '../dispose.ts';
import type { SignalOption } from '../signal.ts';
import type { AsyncImage } from './async-image.ts';
import { AsyncMemory } from './async-memory.ts';
import type { AsyncSnapshot } from './async-snapshot.ts';
import type { Sent } from './async-types.ts';
import type { AsyncVm } from './async-vm.ts';
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

  figures(): Promise<{ readonly addressSpaceBytes: number; readonly quotaBytes: number | null }> {
    return this.#ask('figures', []);
  }

  advise(...args: Arguments<'advise'>): Promise<void> {
    return this.#ask('advise', args);
  }

  protect(...args: Arguments<'protect'>): Promise<void> {
    return this.#ask('protect', args);
  }

  fork(...args: Arguments<'fork'>): Promise<AsyncReplica> {
    return this.#ask('fork', args);
  }

  /** A new VM with memory of its own and the same contents. */
  forkVm(...args: Arguments<'forkVm'>): Promise<AsyncVm> {
    return this.#ask('forkVm', args);
  }

  snapshot(...args: Arguments<'snapshot'>): Promise<AsyncSnapshot> {
    return this.#ask('snapshot', args);
  }

  restore(from: AsyncReplica | AsyncSnapshot): Promise<void> {
    return this.#ask('restore', [from]);
  }

  reset(): Promise<void> {
    return this.#ask('reset', []);
  }

  /** The pages that are not those of a snapshot of the VM, ascending. */
  dirtyPages(since: AsyncSnapshot): Promise<readonly PageAddress[]> {
    return this.#ask('dirtyPages', [since]);
  }

  limit(...args: Arguments<'limit'>): Promise<void> {
    return this.#ask('limit', args);
  }

  mapImage(image: AsyncImage, address?: number): Promise<void> {
    return this.#ask('mapImage', address === undefined ? [image] : [image, address]);
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
