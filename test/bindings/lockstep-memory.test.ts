// What the 2nd embodiment of US 9,063,868 is for: replicas that stay in step share more of their memory, for more of the time.
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { Engine, openTrace, traceProgram } from '../../bindings/node.ts';
import type { AssignmentPolicy, LockstepOptions, LockstepResult, ProcessorForm, Trace, VmOptions } from '../../bindings/node.ts';
import { buildModule } from '../support/builds.ts';
import { shipped } from '../support/engines.ts';
import { firstBlocks } from '../support/traces.ts';

const [build] = shipped;
/** Of 65,536 records: 0.8 million accesses of GNU sort. */
const BLOCKS = 12;
const FIG_8: readonly ProcessorForm[] = [{ frequency: '1GHz', rate: '70 %' }, { frequency: '2GHz' }];

let trace: Trace;
beforeAll(async () => {
  trace = firstBlocks(await openTrace(join(import.meta.dirname, '../../examples/traces/sort.trace.gz')), BLOCKS);
});

interface System {
  readonly replicas: number;
  readonly vm?: Partial<VmOptions>;
  readonly lockstep: Omit<LockstepOptions, 'program'>;
}

/** How a system does with an assignment. */
async function run({ replicas, vm: more, lockstep: options }: System, assignment: AssignmentPolicy): Promise<LockstepResult> {
  const program = await traceProgram(trace, { checkPoints: { every: '5 %' }, loadsStore: false });
  const engine = await Engine.create({
    memory: '48MiB',
    maxVms: 1,
    maxReplicas: 8,
    maxPlayers: replicas,
    compareOnWrite: true,
    module: buildModule(build!),
    shared: build!.shared,
  });
  const vm = engine.createVm({ memory: '48MiB', addressSpace: '16MiB', replicas, ...more });
  const lockstep = vm.lockstep({ program, assignment, ...options });
  const result = await lockstep.run();
  await lockstep.dispose();
  await program.dispose();
  engine.dispose();
  return result;
}

const meanFrames = ({ frameNs, virtualNs }: LockstepResult): number => frameNs / virtualNs;

const WAITS_NOWHERE = { atCheckPoints: false };
const SYSTEMS: readonly (readonly [name: string, system: System, sumAtLeast: number, meanAtLeast: number])[] = [
  ['compared at check points', { replicas: 2, lockstep: { processors: FIG_8 } }, 1.7, 1.03],
  [
    'compared on write',
    { replicas: 2, vm: { compare: { onWrite: 'any' } }, lockstep: { processors: FIG_8, compare: WAITS_NOWHERE } },
    2.9,
    1.5,
  ],
  ['compared at intervals', { replicas: 2, lockstep: { processors: FIG_8, compare: { ...WAITS_NOWHERE, every: '20us' } } }, 2.7, 1.5],
  [
    'compared at intervals, the table following the programs',
    { replicas: 2, lockstep: { processors: FIG_8, progress: 'program', compare: { ...WAITS_NOWHERE, every: '20us' } } },
    3,
    1.5,
  ],
  ['three replicas on two processors', { replicas: 3, lockstep: { processors: FIG_8, turn: '20us' } }, 2.4, 1.04],
];

describe('a real trace on processors of different speed: with the fastest to the slowest, frames in use over time fall, against fixed ones', () => {
  test.each(SYSTEMS)(
    '%s',
    async (_name, system, sumAtLeast, meanAtLeast) => {
      const fixed = await run(system, 'fixed');
      const inStep = await run(system, 'fastestToSlowest');
      expect(fixed.frameNs / inStep.frameNs).toBeGreaterThan(sumAtLeast);
      expect(meanFrames(fixed) / meanFrames(inStep)).toBeGreaterThan(meanAtLeast);
      expect(inStep.framesMost).toBeLessThanOrEqual(fixed.framesMost);
      expect([fixed.end, inStep.end]).toEqual(['finished', 'finished']);
    },
    60_000,
  );
});
