import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsufructError } from '../errors.ts';
import { convertTrace } from '../trace/convert.ts';
import { openTrace } from '../trace/file.ts';
import { type NextUse, nextUseOf } from '../trace/next-use.ts';
import type { Trace, TraceReadOptions, TraceTotals } from '../trace/trace.ts';
import { faultBlocks } from './fault-blocks.ts';
import { BeforeRunError, ScenarioError } from './problem.ts';
import { bytesShown } from './shown.ts';
import type { Scenario, ScenarioVm } from './types.ts';

/** A VM's trace, opened and counted, ready for every strategy. */
export interface VmTrace {
  readonly trace: Trace;
  readonly totals: TraceTotals;
  readonly nextUse: NextUse | null;
  readonly addressSpacePages: number;
  /** The block that holds a traced address which a fault of the scenario names. */
  readonly blockOf: (address: bigint) => number;
}

export interface OpenTracesOptions {
  readonly pageBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((label: string, done: number, total: number) => void) | undefined;
}

/** Bytes of the traced pieces of address space that a digest is over, whatever the engine's page. */
export const TRACED_UNIT_BYTES = 4096;

/** All traces of a scenario. Text is read once, into the compact format: every strategy then reads the same short file. */
export class ScenarioTraces {
  readonly #opened: VmTrace[] = [];
  readonly #options: OpenTracesOptions;
  #directory: string | null = null;

  private constructor(options: OpenTracesOptions) {
    this.#options = options;
  }

  /** What is wrong with a trace is known before the run: BeforeRunError or ScenarioError. */
  static async open(scenario: Scenario, options: OpenTracesOptions): Promise<ScenarioTraces> {
    const traces = new ScenarioTraces(options);
    try {
      for (const [index, vm] of scenario.vms.entries()) traces.#opened.push(await traces.#open(vm, `vms[${index}]`));
      return traces;
    } catch (error) {
      await traces.dispose();
      throw error;
    }
  }

  /** One a VM, in the order of the scenario. */
  get all(): readonly VmTrace[] {
    return this.#opened;
  }

  async dispose(): Promise<void> {
    if (this.#directory !== null) await rm(this.#directory, { recursive: true, force: true });
  }

  async #open(vm: ScenarioVm, field: string): Promise<VmTrace> {
    const { pageBytes, signal, onProgress } = this.#options;
    const progress = (done: number, total: number | null): void => onProgress?.(`reading the trace of ${vm.name}`, done, total ?? 0);
    try {
      const trace = await this.#compact(vm, { signal, progress });
      const totals = await trace.totals({ signal });
      const nextUse = vm.eviction === 'farthest' ? await nextUseOf(trace, Math.log2(pageBytes), { signal }) : null;
      const blockOf = await faultBlocks(vm, field, trace, { signal });
      return { trace, totals, nextUse, addressSpacePages: addressSpacePagesOf(vm, totals, pageBytes), blockOf };
    } catch (error) {
      throw error instanceof UsufructError && !(error instanceof ScenarioError) ? new BeforeRunError(`VM ${vm.name}: `, error) : error;
    }
  }

  async #compact(vm: ScenarioVm, options: TraceReadOptions): Promise<Trace> {
    const trace = await openTrace(vm.tracePath);
    if (trace.format === 'compact') return trace;
    this.#directory ??= await mkdtemp(join(tmpdir(), 'usufruct-'));
    const path = join(this.#directory, `${this.#opened.length}.trace`);
    await convertTrace(vm.tracePath, path, { ...options, to: 'compact' });
    return openTrace(path);
  }
}

function addressSpacePagesOf(vm: ScenarioVm, totals: TraceTotals, pageBytes: number): number {
  const footprint = totals.units * TRACED_UNIT_BYTES;
  if (vm.addressSpaceBytes === undefined) return Math.ceil(footprint / pageBytes);
  if (vm.addressSpaceBytes >= footprint) return vm.addressSpaceBytes / pageBytes;
  const message = `addressSpace of VM ${vm.name} is ${bytesShown(vm.addressSpaceBytes)}: its trace touches ${bytesShown(footprint)}, so it must be at least that.`;
  throw new ScenarioError(vm.tracePath, [{ field: 'addressSpace', message }]);
}
