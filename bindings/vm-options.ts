import type { ComparePolicy } from './compare-policy.ts';
import { checkEarlyRelease } from './early-release/check.ts';
import type { ReleasePolicy } from './early-release/check.ts';
import type { EarlyRelease } from './early-release/options.ts';
import { InvalidOptionError } from './errors.ts';
import { checkImages } from './image/mapping.ts';
import type { CheckedImage, ImageOption } from './image/mapping.ts';
import { checkWriters } from './outside/writer.ts';
import type { CheckedWriters, WriterProcess } from './outside/writer.ts';
import { ADDRESS_SPACE_BYTES_MOST, checkChoice, checkFields, checkInteger, checkMultiple } from './options.ts';
import { EVICTIONS } from './policy/eviction.ts';
import type { Eviction } from './policy/eviction.ts';
import { SHORTFALLS } from './policy/expand.ts';
import type { Shortfall } from './policy/expand.ts';
import type { ExpandSelection } from './policy/selection.ts';
import { RELEASE_WAYS } from './policy/release-way.ts';
import type { ReleaseWay } from './policy/release-way.ts';
import { SEEK_ORDER, seekWord } from './policy/seek.ts';
import type { SeekClass } from './policy/seek.ts';
import { parseBytes } from './units.ts';
import type { Quantity } from './units.ts';

export interface VmOptions {
  /** For messages, events and tables; 'vm1', 'vm2', … by default. No two living VMs of an engine have the same. */
  readonly name?: string;
  /** Its first memory: management rights for so many bytes, a multiple of the region size. */
  readonly memory: Quantity;
  /** Addresses of its replicas: 0 up to this, a multiple of the page size, at most 4 GiB; 64 MiB by default. May be larger than its memory. */
  readonly addressSpace?: Quantity;
  /** Which of its own pages leaves first; 'lru' by default. */
  readonly eviction?: Eviction;
  /** Where it looks for a frame, in this order; classes that are left out are not tried. */
  readonly seek?: readonly SeekClass[];
  /** Most pages that one eviction sends out (1). */
  readonly evictBatch?: number;
  /** Address spaces that run one program on shared frames, all in step from the beginning (1). */
  readonly replicas?: number;
  /** How they are compared and what becomes of equal areas; only when `vm.compare()` is called by default. */
  readonly compare?: ComparePolicy;
  /** What its address space holds at the start, for all replicas: an image from address 0 on, or images at addresses of their own; zeros by default. */
  readonly image?: ImageOption;
  /** What writes from outside do, by the names of their writers (`vm.write`); see `vm.writerDefine()`. */
  readonly writers?: Readonly<Record<string, WriterProcess>>;
  /**
   * VMs of one salt, a whole number from 1 to 2^32 - 1, let `engine.scan()` merge their pages; by default a VM's pages are merged with no other VM's. Needs
   * the engine's `commonMemory`. Give one to VMs that may know what the others store (docs/sharing.md).
   */
  readonly salt?: number;
  /** What happens when there is less memory than asked for; 'reject' by default. */
  readonly shortfall?: Shortfall;
  /** How its first memory is chosen; by default as expansions in its engine are. */
  readonly selection?: ExpandSelection;
  /** What happens to pages of a region that it releases; 'pageOut' by default. */
  readonly release?: ReleaseWay;
  /** When it releases regions that it no longer manages before their managers ask for them; never by default. The engine must keep `statistics`. */
  readonly earlyRelease?: EarlyRelease;
}

const FIELDS = [
  'name',
  'memory',
  'replicas',
  'compare',
  'addressSpace',
  'image',
  'writers',
  'eviction',
  'salt',
  'seek',
  'evictBatch',
  'shortfall',
  'selection',
  'release',
  'earlyRelease',
];
const ADDRESS_SPACE_BYTES = 2 ** 26;
const EVICT_BATCH_MOST = 1024;
const REPLICAS_MOST = 65535;

/** The options in the engine's units. */
export interface CheckedVmOptions {
  readonly name: string | undefined;
  readonly regions: number;
  readonly addressSpacePages: number;
  readonly eviction: number;
  readonly seek: number;
  readonly evictBatch: number;
  readonly replicas: number;
  readonly images: readonly CheckedImage[];
  readonly writers: CheckedWriters;
  readonly flags: number;
  /** As it was given. */
  readonly salt: number | undefined;
  /** As it was given. */
  readonly compare: ComparePolicy | undefined;
  /** As it was given. */
  readonly selection: ExpandSelection | undefined;
  readonly release: ReleaseWay;
  readonly earlyRelease: ReleasePolicy | null;
}

export function checkVmOptions(value: unknown, pageBytes: number, regionBytes: number, keepsStatistics: boolean): CheckedVmOptions {
  checkFields('options', value, FIELDS);
  const options = value as VmOptions;
  const { name, earlyRelease, release = 'pageOut' } = options;
  if (name !== undefined && (typeof name !== 'string' || name === '')) throw new InvalidOptionError('name', name, 'text, not empty');
  const memoryBytes = checkMultiple('memory', parseBytes('memory', options.memory), regionBytes, 'the region size');
  const space = options.addressSpace === undefined ? ADDRESS_SPACE_BYTES : parseBytes('addressSpace', options.addressSpace);
  checkMultiple('addressSpace', space, pageBytes, 'the page size');
  if (space > ADDRESS_SPACE_BYTES_MOST) throw new InvalidOptionError('addressSpace', options.addressSpace, 'at most 4 GiB');
  return {
    name,
    regions: memoryBytes / regionBytes,
    addressSpacePages: space / pageBytes,
    eviction: EVICTIONS[checkChoice('eviction', options.eviction ?? 'lru', EVICTIONS)],
    seek: seekWord('seek', options.seek ?? SEEK_ORDER),
    evictBatch: checkInteger('evictBatch', options.evictBatch ?? 1, 1, EVICT_BATCH_MOST),
    replicas: checkInteger('replicas', options.replicas ?? 1, 1, REPLICAS_MOST),
    writers: checkWriters('writers', options.writers),
    images: checkImages('image', options.image, pageBytes, space),
    flags: SHORTFALLS[checkChoice('shortfall', options.shortfall ?? 'reject', SHORTFALLS)],
    compare: options.compare,
    salt: options.salt,
    selection: options.selection,
    release: checkChoice('release', release, RELEASE_WAYS),
    earlyRelease: earlyRelease === undefined ? null : checkEarlyRelease('earlyRelease', earlyRelease, keepsStatistics),
  };
}
