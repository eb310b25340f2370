import type { Change } from '../change.ts';
import { addressError } from '../engine/failure.ts';
import type { Engine, PageRange } from '../engine.ts';
import { InvalidOptionError } from '../errors.ts';
import type { Image } from '../image/image.ts';
import type { OutsideWriteOptions } from '../outside/outside.ts';
import type { GuestMemory } from '../guest-memory.ts';
import { checkInteger } from '../options.ts';
import type { PageTableRange } from '../page-table.ts';
import type { Reconfiguration } from '../reconfiguration/reconfiguration.ts';
import type { Replica } from '../replica.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Vm } from '../vm.ts';
import { carryOutAll } from './batch.ts';
import { imageSourceOf } from './image-description.ts';
import type { ImageDescription } from './image-description.ts';
import { OpenIterator } from './object-table.ts';

type Method = (...args: never[]) => unknown;
type MethodName<Type> = { [Name in keyof Type]: Type[Name] extends Method ? Name : never }[keyof Type];
type ArgumentsOf<Operation> = Operation extends (...args: infer Arguments) => unknown ? Arguments : never;
type ResultOf<Operation> = Operation extends (...args: never[]) => infer Result ? Result : never;

type Passed<Type, Name extends keyof Type> = {
  readonly [Key in Name]: (target: Type, ...args: ArgumentsOf<Type[Key]>) => ResultOf<Type[Key]>;
};

/** Operations that are methods of the object, under the same name, with the same arguments. */
function methods<Type>() {
  return <Name extends MethodName<Type> & string>(...names: readonly Name[]): Passed<Type, Name> =>
    Object.fromEntries(
      names.map((name) => [name, (target: Type, ...args: never[]) => (target[name] as Method).apply(target, args)]),
    ) as unknown as Passed<Type, Name>;
}

/** What can be asked of each kind of object: the one place in which the asynchronous interface says what the engine does. */
export const OPERATIONS = {
  engine: {
    ...methods<Engine>()('createVm', 'reconfigure', 'advance', 'inspect', 'validate', 'scan'),
    figures: ({ regions, frames, regionsFree, virtualNs, dueNs }: Engine) => ({ regions, frames, regionsFree, virtualNs, dueNs }),
    vms: (engine: Engine) => engine.vms,
    image: (engine: Engine, described: ImageDescription) => engine.image(imageSourceOf(described)),
    pages: (engine: Engine, replica: Replica, range?: PageRange) => [...engine.pages(replica, range)],
    run: (engine: Engine, program: (engine: Engine, ...args: readonly unknown[]) => unknown, ...args: readonly unknown[]): unknown => {
      if (typeof program !== 'function') throw new InvalidOptionError('program', program, 'a function, or moduleExport(url, name) of one');
      return program(engine, ...args);
    },
  },
  vm: {
    ...methods<Vm>()('reduce', 'expand', 'touch', 'releaseEarly', 'releaseBy', 'information', 'accessFigures', 'loadSnapshot', 'dispose'),
    ...methods<Vm>()('compare', 'compareBy', 'sharing', 'scan', 'scrub'),
    differences: (vm: Vm) => [...vm.differences()],
    pageTable: (vm: Vm, range?: PageTableRange) => [...vm.pageTable(range)],
    figures: ({ managedBytes, usedBytes, usableBytes, residentPages, outPages, timeNs, counters, release }: Vm) => ({
      managedBytes,
      usedBytes,
      usableBytes,
      residentPages,
      outPages,
      timeNs,
      counters,
      release,
    }),
    replicas: (vm: Vm) => vm.replicas,
    snapshots: (vm: Vm) => vm.snapshots,
    writeOutside: (vm: Vm, address: number, bytes: Uint8Array<ArrayBufferLike>, options?: OutsideWriteOptions) =>
      vm.write(address, bytes, options).done,
  },
  replica: {
    ...methods<Replica>()('advise', 'protect', 'fork', 'forkVm', 'snapshot', 'restore', 'reset', 'limit', 'digest', 'dispose', 'mapImage'),
    dirtyPages: (replica: Replica, since: Snapshot) => [...replica.dirtyPages(since)],
    peek,
    figures: ({ addressSpaceBytes, quotaBytes }: Replica) => ({ addressSpaceBytes, quotaBytes }),
  },
  snapshot: {
    ...methods<Snapshot>()('fork', 'forkVm', 'save', 'digest', 'dispose'),
    diff: (snapshot: Snapshot, other: Snapshot | Replica) => [...snapshot.diff(other)],
    peek,
    figures: ({ addressSpaceBytes, state }: Snapshot) => ({ addressSpaceBytes, state }),
  },
  image: {
    ...methods<Image>()('dispose'),
    figures: ({ pagesRead, pagesUsed }: Image) => ({ pagesRead, pagesUsed }),
  },
  memory: {
    ...methods<GuestMemory>()('load8', 'load16', 'load32', 'load64', 'loadF32', 'loadF64'),
    ...methods<GuestMemory>()('store8', 'store16', 'store32', 'store64', 'storeF32', 'storeF64', 'write', 'fill'),
    read: (memory: GuestMemory, address: number, length: number) => memory.read(address, length),
    batch: carryOutAll,
  },
  change: {
    ...methods<Change>()('report', 'cancel'),
    settled: (change: Change) => change.settled,
    regionReports: (change: Change) => new OpenIterator(change.regionReports()),
  },
  reconfiguration: {
    ...methods<Reconfiguration>()('cancel'),
    changes: (reconfiguration: Reconfiguration) => reconfiguration.changes,
    granted: (reconfiguration: Reconfiguration) => reconfiguration.granted,
    settled: (reconfiguration: Reconfiguration) => reconfiguration.settled,
    reports: (reconfiguration: Reconfiguration) => new OpenIterator(reconfiguration.reports()),
    report: ({ state, error, regions, grantNs, settledNs, pageOutsBeforeGrant, pageOutsAfterGrant }: Reconfiguration) => ({
      state,
      error,
      regions,
      grantNs,
      settledNs,
      pageOutsBeforeGrant,
      pageOutsAfterGrant,
    }),
  },
  iterator: {
    next: (iterator: OpenIterator) => iterator.next(),
    return: (iterator: OpenIterator) => iterator.return(),
  },
};

/** Operations that wait for what others do: the requests behind them do not wait for them. */
export const WAITING: ReadonlySet<string> = new Set(['settled', 'granted', 'next', 'return', 'writeOutside']);

type Operations = typeof OPERATIONS;
export type MethodOf<Target extends keyof Operations> = keyof Operations[Target] & string;

/** The arguments of an operation, and what it answers. */
export type ArgumentsFor<Target extends keyof Operations, Name extends MethodOf<Target>> = Operations[Target][Name] extends (
  target: never,
  ...args: infer Arguments
) => unknown
  ? Arguments
  : never;
export type AnswerOf<Target extends keyof Operations, Name extends MethodOf<Target>> = Awaited<ResultOf<Operations[Target][Name]>>;

function peek(replica: Replica | Snapshot, address: number, length: number): Uint8Array<ArrayBufferLike> {
  replica.peek(address, new Uint8Array(0)); // says what is wrong with the replica or the address
  checkInteger('length', length, 0);
  if (address + length > replica.addressSpaceBytes) throw addressError(address, length, replica.addressSpaceBytes);
  return replica.peek(address, new Uint8Array(length));
}
