import { checkProcessors } from '../lockstep/processors.ts';
import { traceProgram } from '../lockstep/trace-program.ts';
import { engineOptions, vmOptions } from './engine-form.ts';
import { lockstepOptions } from './lockstep-form.ts';
import { builtInStrategy } from './matrix.ts';
import { BeforeRunError, RunError } from './problem.ts';
import type { MemoryFigures, MemorySamples, SeparateResult } from './replica-result.ts';
import { MemoryWatch } from './replica-samples.ts';
import type { ScenarioReplicas } from './replicas.ts';
import type { EngineCreate } from './strategy-run.ts';
import type { VmTrace } from './traces.ts';
import type { Scenario, ScenarioVm } from './types.ts';
import { UsufructError } from '../errors.ts';

// What the replicas of a VM are measured against: the same program in as many VMs that share nothing. Each is run alone, on a machine like the VM's first memory and on its
// part of the same processors; those that are alike in that are run once.

export interface SeparateOptions {
  readonly engineCreate: EngineCreate;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((label: string, done: number, total: number) => void) | undefined;
}

/** One VM alone. */
interface Alone extends MemoryFigures {
  readonly endNs: number;
  /** In use when it has finished. */
  readonly lastBytes: number;
  readonly samples: MemorySamples;
}

/** By VM of the scenario; null for those without replicas. */
export async function separateRuns(
  scenario: Scenario,
  traces: readonly VmTrace[],
  options: SeparateOptions,
): Promise<readonly (SeparateResult | null)[]> {
  const results: (SeparateResult | null)[] = [];
  for (const [index, vm] of scenario.vms.entries())
    results.push(vm.replicas === undefined ? null : await separateRun(scenario, vm, vm.replicas, traces[index]!, options));
  return results;
}

async function separateRun(
  scenario: Scenario,
  vm: ScenarioVm,
  replicas: ScenarioReplicas,
  trace: VmTrace,
  options: SeparateOptions,
): Promise<SeparateResult> {
  const { count } = replicas;
  const speeds = speedsOf(replicas);
  const distinct = [...new Set(speeds)];
  const bySpeed = new Map<number, Alone>();
  for (const [index, speed] of distinct.entries()) {
    options.onProgress?.(`running ${vm.name} in separate VMs`, index, distinct.length);
    bySpeed.set(speed, await runAlone(scenario, vm, trace, speed, options));
  }
  return together(
    speeds.map((speed) => bySpeed.get(speed)!),
    count,
  );
}

/** How fast the program goes in each of the separate VMs: they take the processors in turn, and those on one processor share it alike. */
function speedsOf(replicas: ScenarioReplicas): readonly number[] {
  const processors = checkProcessors('processors', lockstepOptions(replicas).processors, replicas.count);
  return Array.from({ length: replicas.count }, (_, index) => {
    const place = index % processors.length;
    const sharers = Math.floor((replicas.count - 1 - place) / processors.length) + 1;
    return processors[place]!.speed / sharers;
  });
}

async function runAlone(scenario: Scenario, form: ScenarioVm, trace: VmTrace, speed: number, options: SeparateOptions): Promise<Alone> {
  const { engineCreate, signal } = options;
  const vm = { ...form, replicas: undefined };
  const alone: Scenario = { ...scenario, memoryBytes: vm.memoryBytes, moduleBytes: undefined, vms: [vm], changes: [] };
  const strategy = builtInStrategy('rights', {});
  try {
    const engine = await engineCreate(engineOptions(alone, strategy, [trace]));
    const program = await traceProgram(trace.trace, { loadsStore: scenario.loadsStore, ...(signal === undefined ? {} : { signal }) });
    try {
      const machine = engine.createVm(vmOptions(vm, strategy, trace.addressSpacePages * engine.pageBytes));
      const watch = new MemoryWatch();
      const lockstep = machine.lockstep({ program, processors: [{ level: speed }] });
      lockstep.on('slice', ({ timeNs }) => watch.note(timeNs, machine.residentPages * engine.pageBytes));
      const { virtualNs } = await lockstep.run(signal === undefined ? {} : { signal });
      await lockstep.dispose();
      const lastBytes = machine.residentPages * engine.pageBytes;
      return { ...watch.finish(virtualNs, lastBytes), endNs: virtualNs, lastBytes, samples: watch.samples };
    } finally {
      await program.dispose();
      engine.dispose();
    }
  } catch (error) {
    throw error instanceof UsufructError && !(error instanceof BeforeRunError) ? new RunError('separate VMs', error) : error;
  }
}

/** Their memory added up: a VM that has finished keeps what it has until all have. */
function together(all: readonly Alone[], vms: number): SeparateResult {
  const virtualNs = Math.max(...all.map(({ endNs }) => endNs));
  const timesNs = [...new Set(all.flatMap(({ samples }) => samples.virtualNs))].sort((a, b) => a - b);
  const bytes = new Array<number>(timesNs.length).fill(0);
  for (const { samples } of all) {
    let last = -1;
    timesNs.forEach((timeNs, index) => {
      while (last + 1 < samples.virtualNs.length && samples.virtualNs[last + 1]! <= timeNs) last += 1;
      bytes[index]! += samples.bytes[Math.max(0, last)]!;
    });
  }
  const byteNs = all.reduce((total, one) => total + one.meanBytes * one.endNs + one.lastBytes * (virtualNs - one.endNs), 0);
  return {
    vms,
    peakBytes: Math.max(...bytes),
    meanBytes: virtualNs > 0 ? byteNs / virtualNs : bytes[bytes.length - 1]!,
    onePeakBytes: Math.max(...all.map(({ peakBytes }) => peakBytes)),
    virtualNs,
    samples: thinned(timesNs, bytes),
  };
}

const SAMPLES_MOST = 600;

function thinned(virtualNs: readonly number[], bytes: readonly number[]): MemorySamples {
  const step = Math.ceil(virtualNs.length / SAMPLES_MOST);
  const isKept = (index: number): boolean => index % step === 0 || index === virtualNs.length - 1;
  return {
    virtualNs: virtualNs.filter((_, index) => isKept(index)),
    bytes: bytes.filter((_, index) => isKept(index)),
  };
}
