import { PROTECTION_READ } from '../../assembly/shared/layout.ts';
import { DeviceMap } from '../device.ts';
import type { EngineParts } from '../engine-parts.ts';
import { InvalidOptionError, SnapshotMismatchError } from '../errors.ts';
import { checkFields } from '../options.ts';
import type { Replica } from '../replica.ts';
import type { SignalOption } from '../signal.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Vm } from '../vm.ts';
import { CONTENT_ZERO, containerRead } from './container.ts';
import type { SnapshotHead } from './container.ts';
import { snapshotIdentity } from './identity.ts';
import { Pace } from './pace.ts';

export interface LoadOptions extends SignalOption {
  /** The snapshot that the saved one was saved against, or one with the same contents. */
  readonly base?: Snapshot;
}

const CHUNK_PAGES = 64;

/** A snapshot of `vm` from a container. `maker`: for the place where it was made. */
export async function snapshotLoad(
  parts: EngineParts,
  vm: Vm,
  bytes: unknown,
  options: LoadOptions,
  maker: (...args: never[]) => unknown,
): Promise<Snapshot> {
  checkFields('options', options, ['base', 'signal']);
  if (!(bytes instanceof Uint8Array)) throw new InvalidOptionError('bytes', bytes, 'a Uint8Array, from snapshot.save()');
  const { core } = parts;
  const { holders } = vm;
  const origin = holders.origin(maker);
  const pace = new Pace(options.signal);
  const given = options.base === undefined ? null : holders.checkSnapshot('options.base', options.base);
  const pages = vm.replica.addressSpaceBytes / core.pageBytes;
  const { head, pagesAt } = await containerRead(bytes, { pageBytes: core.pageBytes, pages }, pace);
  const base = head.base === null ? null : await baseCheck(parts, head.base, given, pace);
  core.begin('vm.loadSnapshot');
  if (vm.isDisposed) throw vm.disposed();
  if (base?.isDisposed === true) throw base.disposed();
  const replica = holders.hiddenMake(base, new DeviceMap(core), origin);
  try {
    await contentLoad(replica, head, bytes.subarray(pagesAt), pace);
    for (const { first, pages: count, kind } of head.protection) {
      replica.protect(first * core.pageBytes, count * core.pageBytes, kind === PROTECTION_READ ? 'read' : 'none');
    }
    core.begin('vm.loadSnapshot');
    return holders.snapshotMake(replica, head.state, origin);
  } finally {
    replica.dispose();
  }
}

/** The snapshot that the container was saved against. */
async function baseCheck({ core }: EngineParts, expected: string, base: Snapshot | null, pace: Pace): Promise<Snapshot> {
  const found = base === null ? 'none' : await snapshotIdentity(core, base, pace);
  if (base !== null && found === expected) return base;
  throw new SnapshotMismatchError(
    `The saved snapshot has only what differs from a base with the contents ${expected}; ${base === null ? 'no base was given' : `the base given has ${found}`}. Load that base first and pass it as \`base\`.`,
    { field: 'base', found, expected },
  );
}

async function contentLoad(replica: Replica, head: SnapshotHead, content: Uint8Array, pace: Pace): Promise<void> {
  const { pageBytes } = head;
  if (head.base !== null) replica.protectionClear();
  let at = 0;
  for (const { first, pages, kind } of head.content) {
    if (kind === CONTENT_ZERO) {
      replica.advise(first * pageBytes, pages * pageBytes, 'unused');
      continue;
    }
    for (let done = 0; done < pages; done += CHUNK_PAGES) {
      const bytes = Math.min(CHUNK_PAGES, pages - done) * pageBytes;
      replica.memory.write((first + done) * pageBytes, content.subarray(at, at + bytes));
      at += bytes;
      await pace.done(bytes);
    }
  }
}
