// One fault of one replica between any two check points, again and again. What is claimed of each: it is found at the next check point, or nothing is wrong there (it hit what
// was written over before anyone read it); and the run ends as one without faults.
import { join } from 'node:path';
import { expect } from 'vitest';
import type { CheckPoint, DifferencePolicy, ProgramMaker, ReplicaProgram } from '../../bindings/lockstep/types.ts';
import { openTrace, traceProgram } from '../../bindings/node.ts';
import type { Engine, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from './engines.ts';
import { faulty } from './faults.ts';
import type { Fault } from './faults.ts';
import { LittleMachine, mixProgram, programPut } from './little-machine.ts';
import { watched } from './check-points.ts';

const [build] = shipped;

/** What faults happen to. */
export interface FaultGuest {
  readonly program: ProgramMaker;
  readonly spaceBytes: number;
  /** Faults hit bytes below these. */
  readonly memoryBytes: number;
  readonly stateBytes: number;
  /** Puts what the program needs into a new VM's replicas. */
  readonly prepare: (vm: Vm) => void;
}

const DATA = { dataAt: PAGE, dataBytes: 16 * PAGE };
const ROUNDS = 40;

/** A computer whose program and data are in memory: 40 check points, between which it changes 20 words. */
export function machineGuest(): FaultGuest {
  const code = mixProgram({ rounds: ROUNDS, words: 20, ...DATA });
  return {
    program: (guest) => new LittleMachine(guest),
    spaceBytes: 32 * PAGE,
    memoryBytes: DATA.dataAt + DATA.dataBytes,
    // registers and program counter: the count of instructions behind them only says where faults are
    stateBytes: 36,
    prepare: ({ replicas }) => replicas.forEach((replica) => programPut(replica, code)),
  };
}

const TRACE = join(import.meta.dirname, '../../examples/traces/small.trace.gz');

/** A recorded trace: 50 check points, the way between them 100 records long. */
export async function traceGuest(): Promise<FaultGuest> {
  const program = await traceProgram(await openTrace(TRACE), { checkPoints: { every: '2 %' } });
  const spaceBytes = program.footprintBytes;
  return { program, spaceBytes, memoryBytes: spaceBytes, stateBytes: 12, prepare: () => undefined };
}

async function vmMake({ spaceBytes, prepare }: FaultGuest, replicas: number): Promise<{ engine: Engine; vm: Vm }> {
  const regions = Math.ceil((spaceBytes / REGION) * (replicas + 2)) + 4;
  const engine = await engineMake(build!, { regions, slots: 256, maxVms: 2, maxReplicas: 16, maxPlayers: replicas + 1 });
  const vm = engine.createVm({ memory: regions * REGION, addressSpace: spaceBytes, replicas });
  prepare(vm);
  return { engine, vm };
}

/** A run without faults: its check points, how far the program is at each, and what is in memory there. */
interface Reference {
  readonly ids: readonly CheckPoint['id'][];
  readonly positions: readonly number[];
  readonly digests: ReadonlyMap<CheckPoint['id'], string>;
}

async function referenceRun(guest: FaultGuest): Promise<Reference> {
  const { engine, vm } = await vmMake(guest, 1);
  const ids: CheckPoint['id'][] = [];
  const positions: number[] = [];
  const digests = new Map<CheckPoint['id'], string>();
  let program!: ReplicaProgram;
  const { lockstep } = watched(vm, { program: (own) => (program = guest.program(own)) });
  lockstep.on('checkPoint', ({ checkPoint }) => {
    ids.push(checkPoint!.id);
    positions.push(program.position);
    digests.set(checkPoint!.id, vm.replica.digestSync());
  });
  await lockstep.run();
  engine.dispose();
  return { ids, positions, digests };
}

/** Numbers from 0 up to below 1, always the same ones. */
function* chance(seed: number): Generator<number, never, void> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield (state >>> 8) / 2 ** 24;
  }
}

function faultsMake({ ids, positions }: Reference, guest: FaultGuest, replicas: number, seed: number): readonly Fault[] {
  const random = chance(seed);
  const below = (most: number): number => Math.floor(random.next().value * most);
  const faults: Fault[] = [];
  positions.slice(1).forEach((end, index) => {
    const start = positions[index]!;
    if (end - start < 2) return;
    const kind = below(2) === 0 ? 'write' : 'state';
    const place = below(kind === 'state' ? guest.stateBytes : guest.memoryBytes);
    const position = start + 1 + below(end - start - 1);
    faults.push({ replica: 1 + below(replicas), after: ids[index]!, position, kind, place, bit: below(8) });
  });
  return faults;
}

export interface Campaign {
  readonly faults: number;
  /** At the next check point. */
  readonly found: number;
  /** Faults of which nothing was left there. */
  readonly masked: number;
  readonly repairs: number;
  readonly rollBacks: number;
  /** Replicas that were repaired, by number. */
  readonly repaired: ReadonlySet<number>;
}

/** One run with a fault in each interval. Fails where a claim does not hold. */
export async function faultCampaign(guest: FaultGuest, seed: number, replicas: number, onDifference: DifferencePolicy): Promise<Campaign> {
  const reference = await referenceRun(guest);
  const faults = faultsMake(reference, guest, replicas, seed);
  const { engine, vm } = await vmMake(guest, replicas);
  const struck: Fault[] = [];
  const program = faulty(guest.program, faults, struck);
  const { lockstep, reports } = watched(vm, { program, checkPointLimit: '100us', onDifference });
  let found = 0;
  let masked = 0;
  lockstep.on('checkPoint', ({ report: { outcome, checkPoint } }) => {
    if (outcome !== 'equal') found += 1;
    if (outcome === 'rolledBack') return;
    for (const replica of vm.replicas)
      expect(replica.digestSync(), `replica at ${checkPoint!.id}`).toBe(reference.digests.get(checkPoint!.id));
    masked += struck.length - found - masked;
  });
  await lockstep.run();
  expect(struck).toEqual(faults);
  expect(found + masked).toBe(faults.length);
  for (const replica of vm.replicas) expect(replica.digestSync()).toBe(reference.digests.get('end'));
  engine.validate();
  engine.dispose();
  const { repairs, rollBacks } = lockstep.counts;
  return { faults: faults.length, found, masked, repairs, rollBacks, repaired: new Set(reports.flatMap((report) => report.repaired)) };
}
