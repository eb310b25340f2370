import {
  FEATURE_KNOWN,
  FEATURE_SCAN,
  FLAG_CLOSED,
  FLAG_EAGER,
  STATISTICS_BYTES,
  SUMMARY_STATISTICS,
  SWAP_STORE_HOST,
  SWAP_STORE_LINEAR,
  SWAP_STORE_NONE,
} from '../assembly/shared/layout.ts';
import { checkCommonMemory, checkCommonSize } from './common-memory.ts';
import type { CoreConfig } from './engine/config.ts';
import { InvalidOptionError } from './errors.ts';
import { checkBoolean, checkChoice, checkFields, checkInteger, checkMultiple, checkPowerOfTwo } from './options.ts';
import { EXPAND_LOWEST } from '../assembly/shared/layout.ts';
import type { Declaration } from './policy/declaration.ts';
import { checkSelectionOptions } from './policy/selection-settings.ts';
import type { SelectionOptions, SelectionSettings } from './policy/selection-settings.ts';
import type { UseRight } from './policy/use-right.ts';
import { rightsFlags } from './request-options.ts';
import type { RightsSettings } from './request-options.ts';
import { checkReserveOptions, checkReserveSize, RESERVE_PAGES } from './reserve/options.ts';
import type { ReserveOptions, ReserveSettings } from './reserve/options.ts';
import { checkSwapStore } from './swap/attach.ts';
import type { SwapStore } from './swap/store.ts';
import { deviceTiming, pageTimeNs, TIMING_FIELDS } from './swap/timing.ts';
import type { TimingOptions } from './swap/timing.ts';
import { parseBytes } from './units.ts';
import type { Quantity } from './units.ts';
import { QUEUE_MAX } from '../assembly/shared/layout.ts';

/** How a reduction hands memory over: its rights at once; everything paged out first; or against memory of a pool that nobody can use (the two baselines). */
export type Handover = 'rights' | 'eager' | 'reserve';

/** FLAG_… of a reduction. */
const HANDOVERS: Readonly<Record<Handover, number>> = { rights: 0, eager: FLAG_EAGER, reserve: FLAG_CLOSED };

export interface SwapOptions extends TimingOptions {
  /** Room for pages; a multiple of the page size. */
  readonly size: Quantity;
  /** How many pages the device takes at the same time (1). */
  readonly queue?: number;
  /** 'linear' (default): inside the WebAssembly memory; or a store of the host. */
  readonly store?: 'linear' | SwapStore;
}

/** Capacities of the engine's tables; 0 or absent: what the sizes of memory and swap call for. */
export interface TableOptions {
  readonly pageObjects?: number;
  readonly nodes?: number;
  readonly mapNodes?: number;
  /** Pages of address space whose translations can be cached, all replicas together. */
  readonly translatedPages?: number;
}

export interface EngineOptions {
  /** The pool: a multiple of the region size. */
  readonly memory: Quantity;
  /** Unit of the two rights: a power of two, at least a page. 256 KiB by default. */
  readonly region?: Quantity;
  /** Without it, pages that need a place outside memory fail with SWAP_FULL. */
  readonly swap?: SwapOptions;
  readonly handover?: Handover;
  /** The pool of the handover 'reserve', and only of that. */
  readonly reserve?: ReserveOptions;
  /** Who keeps the use right of what is given up; 'presentUser' by default. With the handover 'rights' only. */
  readonly useRight?: UseRight;
  /** What changes at the declaration already; nothing by default. With the handover 'rights' only. */
  readonly declaration?: Declaration;
  /**
   * Only engine.reconfigure changes memory; reduce, expand and cancel through the handles of VMs and changes fail with OPERATOR_ONLY ([0435]). A VM may always
   * end: `vm.dispose()` leaves its regions without manager.
   */
  readonly operatorOnly?: boolean;
  /**
   * Whether statistics of accesses are kept for each region, which release conditions (`earlyRelease`) look at. By default they are where they cost at
   * most 2 bytes a frame, that is with regions of 64 pages (256 KiB) or more.
   */
  readonly statistics?: boolean;
  /** Room for comparing what replicas store at once (`compare.onWrite`): about 8 bytes a page in memory or swap (false). */
  readonly compareOnWrite?: boolean;
  /** Room for `vm.scan()`, which merges equal pages at different addresses: about 12 bytes a page in memory or swap (false). */
  readonly scan?: boolean;
  /**
   * Memory for pages that `engine.scan()` finds equal in VMs of one `salt` (none: pages of different VMs are never merged). Needs `scan: true`; read
   * docs/sharing.md first, as what others store can be told from the time that a store takes.
   */
  readonly commonMemory?: Quantity;
  /** Shared memory; by default where it is available. */
  readonly shared?: boolean;
  readonly maxVms?: number;
  readonly maxReplicas?: number;
  /** Changes that are unfinished or still remembered. */
  readonly maxChanges?: number;
  /** Traces that can be played at the same time (0: an engine for other guests; a player takes 856 KiB of addresses). */
  readonly maxPlayers?: number;
  /** Events that one operation may cause without losing any; a power of two. */
  readonly eventCapacity?: number;
  /** Virtual time of an access, in whole nanoseconds (1). */
  readonly accessNs?: number;
  readonly tables?: TableOptions;
  /** How regions are chosen where a request does not say. */
  readonly selection?: SelectionOptions;
  /** Size of a memory module, a multiple of the region size: real memory consists of such modules from address 0 on. */
  readonly modules?: Quantity;
  /** Another build of the compiled engine; `shared` must then say which kind it is (default: not shared). */
  readonly module?: BufferSource | WebAssembly.Module;
}

const ENGINE_FIELDS = [
  'memory',
  'region',
  'swap',
  'handover',
  'reserve',
  'useRight',
  'declaration',
  'operatorOnly',
  'statistics',
  'compareOnWrite',
  'scan',
  'commonMemory',
  'shared',
  'maxVms',
  'maxReplicas',
  'maxChanges',
  'maxPlayers',
  'eventCapacity',
  'accessNs',
  'tables',
  'selection',
  'modules',
  'module',
];
const SWAP_FIELDS = ['size', 'queue', 'store', ...TIMING_FIELDS];
const TABLE_FIELDS = ['pageObjects', 'nodes', 'mapNodes', 'translatedPages'] as const;

const REGION_BYTES = 2 ** 18;
const REGION_BYTES_MOST = 2 ** 30;
const MEMORY_BYTES_MOST = 2 ** 32;
const VMS = 16;
const VMS_MOST = 65535;
const REPLICAS_PER_VM = 4;
const CHANGES = 1024;
const EVENTS = 4096;
const STATISTICS_BYTES_PER_FRAME_MOST = 2;
const TABLE_MOST = 2 ** 26 - 1;
/** Default room for cached translations: 64 MiB of address space for every VM. */
const TRANSLATED_BYTES_PER_VM = 2 ** 26;

/** Options that were checked as far as they can be without the module. */
export interface CheckedOptions {
  readonly rights: RightsSettings;
  readonly selection: SelectionSettings;
  /** null: another handover than 'reserve'. */
  readonly reserve: ReserveSettings | null;
  /** Regions of the common memory; 0: none. */
  readonly commonRegions: number;
  readonly shared: boolean | undefined;
  readonly module: BufferSource | WebAssembly.Module | undefined;
  readonly store: SwapStore | undefined;
  readonly regionBytes: number;
  configOf(pageBytes: number): CoreConfig;
}

export function checkEngineOptions(value: unknown): CheckedOptions {
  checkFields('options', value, ENGINE_FIELDS);
  const options = value as EngineOptions;
  const regionBytes = options.region === undefined ? REGION_BYTES : parseBytes('region', options.region);
  const memoryBytes = parseBytes('memory', options.memory);
  const store = storeOf(options.swap);
  const tables = tablesOf(options.tables);
  const selection = checkSelectionOptions(options.selection, options.modules, regionBytes);
  const rights = rightsOf(options);
  const reserve = checkReserveOptions(options.reserve, rights.handover, regionBytes);
  const commonRegions = checkCommonMemory(options.commonMemory, { regionBytes, handover: rights.handover, hasScan: options.scan === true });
  // the pool of a reserve, or the common holder, is one more VM record with a replica; each of its regions may belong to a change of its own that goes on
  const pools = reserve === null && commonRegions === 0 ? 0 : 1;
  const vms = checkInteger('maxVms', options.maxVms ?? VMS, 1, VMS_MOST - pools);
  const counts = {
    vms: vms + pools,
    replicas: checkInteger('maxReplicas', options.maxReplicas ?? vms * REPLICAS_PER_VM, vms, VMS_MOST - pools) + pools,
    changes:
      checkInteger('maxChanges', options.maxChanges ?? CHANGES, 1, TABLE_MOST) +
      (reserve === null ? 0 : reserve.regions + 1) +
      (commonRegions === 0 ? 0 : 1),
    players: checkInteger('maxPlayers', options.maxPlayers ?? 0, 0, VMS_MOST),
    events: checkPowerOfTwo('eventCapacity', options.eventCapacity ?? EVENTS, 1, TABLE_MOST),
    accessNs: checkInteger('accessNs', options.accessNs ?? 1, 0, 1e9),
    expandSelection: selection.expand.compiled ?? EXPAND_LOWEST,
  };
  return {
    rights,
    selection,
    reserve,
    commonRegions,
    shared: options.shared === undefined ? undefined : checkBoolean('shared', options.shared),
    module: moduleOf(options.module),
    store,
    regionBytes,
    configOf: (pageBytes) => {
      checkPowerOfTwo('region', regionBytes, pageBytes, REGION_BYTES_MOST);
      checkMultiple('memory', memoryBytes, regionBytes, 'the region size');
      if (reserve !== null) checkReserveSize(reserve, { memoryBytes, regionBytes, pageBytes });
      if (commonRegions > 0) checkCommonSize(commonRegions, { memoryBytes, regionBytes, pageBytes });
      if (memoryBytes > MEMORY_BYTES_MOST)
        throw new InvalidOptionError('memory', options.memory, 'at most what one WebAssembly memory can have, 4 GiB');
      return {
        ...counts,
        features: featuresOf(options),
        summaries: summariesOf(options, regionBytes / pageBytes) | selection.summaries,
        regions: memoryBytes / regionBytes,
        regionBytes,
        pageObjects: tables.pageObjects ?? 0,
        nodes: tables.nodes ?? 0,
        mapNodes: tables.mapNodes ?? 0,
        translatedPages: (tables.translatedPages ?? (vms * TRANSLATED_BYTES_PER_VM) / pageBytes) + (reserve === null ? 0 : RESERVE_PAGES),
        ...swapConfig(options.swap, store, pageBytes),
      };
    },
  };
}

function storeOf(swap: SwapOptions | undefined): SwapStore | undefined {
  if (swap === undefined) return undefined;
  checkFields('swap', swap, SWAP_FIELDS);
  return swap.store === undefined || swap.store === 'linear' ? undefined : checkSwapStore('swap.store', swap.store);
}

function tablesOf(tables: TableOptions | undefined): TableOptions {
  if (tables === undefined) return {};
  checkFields('tables', tables, TABLE_FIELDS);
  for (const field of TABLE_FIELDS) if (tables[field] !== undefined) checkInteger(`tables.${field}`, tables[field], 0, TABLE_MOST);
  return tables;
}

function rightsOf(options: EngineOptions): RightsSettings {
  const { useRight, declaration, operatorOnly } = options;
  const handover = options.handover === undefined ? 'rights' : checkChoice('handover', options.handover, HANDOVERS);
  return {
    handover,
    isOperatorOnly: operatorOnly !== undefined && checkBoolean('operatorOnly', operatorOnly),
    reduceFlags: rightsFlags('', { useRight, declaration }, handover, HANDOVERS[handover]),
  };
}

/** SUMMARY_… bits of what the options ask for. */
function summariesOf({ statistics }: EngineOptions, regionPages: number): number {
  const isKept =
    statistics === undefined ? STATISTICS_BYTES <= regionPages * STATISTICS_BYTES_PER_FRAME_MOST : checkBoolean('statistics', statistics);
  return isKept ? SUMMARY_STATISTICS : 0;
}

/** FEATURE_… bits of what the options ask for. */
function featuresOf({ compareOnWrite = false, scan = false }: EngineOptions): number {
  return (checkBoolean('compareOnWrite', compareOnWrite) ? FEATURE_KNOWN : 0) | (checkBoolean('scan', scan) ? FEATURE_SCAN : 0);
}

function moduleOf(module: unknown): BufferSource | WebAssembly.Module | undefined {
  if (module === undefined || module instanceof WebAssembly.Module || module instanceof ArrayBuffer || ArrayBuffer.isView(module)) {
    return module;
  }
  throw new InvalidOptionError('module', module, 'the bytes of a WebAssembly module, or a WebAssembly.Module');
}

type SwapConfig = Pick<CoreConfig, 'slots' | 'swapStore' | 'queue' | 'readNs' | 'writeNs'>;

function swapConfig(swap: SwapOptions | undefined, store: SwapStore | undefined, pageBytes: number): SwapConfig {
  if (swap === undefined) return { slots: 0, swapStore: SWAP_STORE_NONE, queue: 1, readNs: 0, writeNs: 0 };
  const bytes = parseBytes('swap.size', swap.size);
  const timing = deviceTiming('swap', swap);
  return {
    slots: checkMultiple('swap.size', bytes, pageBytes, 'the page size') / pageBytes,
    swapStore: store === undefined ? SWAP_STORE_LINEAR : SWAP_STORE_HOST,
    queue: checkInteger('swap.queue', swap.queue ?? 1, 1, QUEUE_MAX),
    readNs: pageTimeNs(timing.readLatencyNs, timing.readBandwidth, pageBytes),
    writeNs: pageTimeNs(timing.writeLatencyNs, timing.writeBandwidth, pageBytes),
  };
}
