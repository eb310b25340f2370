import type { EngineOptions } from '../engine-options.ts';
import { sharedMemoryAvailable } from '../engine/memory.ts';
import { moduleLoad } from '../engine/source.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkChoice } from '../options.ts';
import type { VmOptions } from '../vm-options.ts';
import type { Sent } from './async-types.ts';
import { checkWorkerOption } from './spawn.ts';
import type { WorkerOption } from './spawn.ts';

/** Where the engine runs: in the thread of the caller, or in a worker of its own. */
export type VmmPlace = 'here' | 'worker';

const PLACES: Readonly<Record<VmmPlace, unknown>> = { here: 0, worker: 0 };

/**
 * The options of an engine, and of the VMM around it. Without functions and signals it is a configuration that can be stored as JSON. Where an engine takes
 * a function or a swap store, a VMM also takes `moduleExport(…)`; for `swap.store` also 'memory' and { file: path }.
 */
export interface VmmOptions extends Sent<EngineOptions> {
  /** 'here' by default. */
  readonly where?: VmmPlace;
  /** VMs to begin with (JP 2009-26117A [0445]: partitions that are stored as settings); more come by `createVm`. */
  readonly vms?: readonly Sent<VmOptions>[];
  /** With where: 'worker': another script for it, for bundlers that move files. See docs/worker.md. */
  readonly worker?: WorkerOption;
  /** Gives the start up. */
  readonly signal?: AbortSignal;
}

export interface CheckedVmmOptions {
  readonly where: VmmPlace;
  readonly worker: WorkerOption | undefined;
  readonly signal: AbortSignal | undefined;
  /** What goes to the engine's side. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export function checkVmmOptions(value: unknown): CheckedVmmOptions {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new InvalidOptionError('options', value, 'an object');
  const { where = 'here', worker, signal, ...rest } = value as VmmOptions;
  const place = checkChoice('where', where, PLACES);
  checkWorkerOption(worker);
  return { where: place, worker, signal, rest };
}

/** The options with a compiled module: the worker then needs no file but its script. What is wrong with them is for the engine to say. */
export async function withModule(rest: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
  const { module, shared = module === undefined && sharedMemoryAvailable() } = rest;
  if (module !== undefined || typeof shared !== 'boolean') return rest;
  return { ...rest, shared, module: await moduleLoad(shared) };
}
