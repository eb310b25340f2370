import { UsufructError } from '../errors.ts';
import { openTrace } from '../trace/file.ts';
import { type NextUse, nextUseOf } from '../trace/next-use.ts';
import type { Trace, TraceTotals } from '../trace/trace.ts';
import { BeforeRunError, ScenarioError } from './problem.ts';
import { bytesShown } from './shown.ts';
import type { Scenario, ScenarioVm } from './types.ts';

/** A VM's trace, opened and counted, ready for every strategy. */
export interface VmTrace {
  readonly trace: Trace;
  readonly totals: TraceTotals;
  readonly nextUse: NextUse | null;
  readonly addressSpacePages: number;
}

export interface OpenTracesOptions {
  readonly pageBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: (label: string, done: number, total: number) => void;
}

/** Bytes of the traced pieces of address space that a digest is over, whatever the engine's page. */
export const TRACED_UNIT_BYTES = 4096;

/** Opens all traces of a scenario and counts their records. What is wrong with them is known before the run. */
export async function openTraces(scenario: Scenario, options: OpenTracesOptions): Promise<readonly VmTrace[]> {
  const opened: VmTrace[] = [];
  for (const vm of scenario.vms) opened.push(await openOne(vm, options));
  return opened;
}

async function openOne(vm: ScenarioVm, options: OpenTracesOptions): Promise<VmTrace> {
  const { pageBytes, signal, onProgress } = options;
  const progress = (done: number, total: number | null): void => onProgress?.(`reading the trace of ${vm.name}`, done, total ?? 0);
  try {
    const trace = await openTrace(vm.tracePath);
    const totals = await trace.totals({ ...(signal === undefined ? {} : { signal }), progress });
    const nextUse =
      vm.eviction === 'farthest' ? await nextUseOf(trace, Math.log2(pageBytes), signal === undefined ? {} : { signal }) : null;
    return { trace, totals, nextUse, addressSpacePages: addressSpacePagesOf(vm, totals, pageBytes) };
  } catch (error) {
    throw error instanceof UsufructError && !(error instanceof ScenarioError) ? new BeforeRunError(`VM ${vm.name}: `, error) : error;
  }
}

function addressSpacePagesOf(vm: ScenarioVm, totals: TraceTotals, pageBytes: number): number {
  const footprint = totals.units * TRACED_UNIT_BYTES;
  if (vm.addressSpaceBytes === undefined) return Math.ceil(footprint / pageBytes);
  if (vm.addressSpaceBytes >= footprint) return vm.addressSpaceBytes / pageBytes;
  const message = `addressSpace of VM ${vm.name} is ${bytesShown(vm.addressSpaceBytes)}: its trace touches ${bytesShown(footprint)}, so it must be at least that.`;
  throw new ScenarioError(vm.tracePath, [{ field: 'addressSpace', message }]);
}
