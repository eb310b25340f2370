// A guest whose program and data are in memory, with one fault of one replica between two check points, again and again: none goes unnoticed at the next check point,
// the majority repairs the third replica, and two run again.
import { describe, expect, test } from 'vitest';
import type { CheckPointCounts } from '../../bindings/lockstep/difference.ts';
import type { DifferencePolicy } from '../../bindings/lockstep/types.ts';
import type { Engine, Vm } from '../../bindings/node.ts';
import { watched } from '../support/check-points.ts';
import type { Watched } from '../support/check-points.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { faulty } from '../support/faults.ts';
import type { Fault } from '../support/faults.ts';
import { LittleMachine, mixProgram, programPut } from '../support/little-machine.ts';

const [build] = shipped;
const DATA = { dataAt: PAGE, dataBytes: 16 * PAGE };
const SPACE_PAGES = 32;
/** Registers and program counter; the count of instructions behind them would bring the faults that follow forward. */
const STATE_BYTES = 36;

async function machineMake(replicas: number, rounds: number, words: number): Promise<{ engine: Engine; vm: Vm }> {
  const engine = await engineMake(build!, { regions: 40, slots: 256, maxReplicas: 64 });
  const vm = engine.createVm({ memory: 36 * REGION, addressSpace: SPACE_PAGES * PAGE, replicas });
  for (const replica of vm.replicas) programPut(replica, mixProgram({ rounds, words, ...DATA }));
  return { engine, vm };
}

/** A run without faults: where its check points are, and what is in memory at each. */
async function reference(rounds: number, words: number): Promise<{ positions: number[]; digests: string[] }> {
  const { vm } = await machineMake(1, rounds, words);
  const positions = [0];
  const digests: string[] = [];
  let machine!: LittleMachine;
  const { lockstep } = watched(vm, { program: (guest) => (machine = new LittleMachine(guest)) });
  lockstep.on('arrive', () => positions.push(machine.position));
  lockstep.on('checkPoint', () => digests.push(vm.replica.digestSync()));
  await lockstep.run();
  return { positions, digests };
}

/** Numbers from 0 up to below 1, always the same ones. */
function* chance(seed: number): Generator<number, never, void> {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    yield (state >>> 8) / 2 ** 24;
  }
}

/** One fault in each interval between check points. */
function faultsMake(positions: readonly number[], replicas: number, seed: number): Fault[] {
  const random = chance(seed);
  const below = (most: number): number => Math.floor(random.next().value * most);
  return positions.slice(1, -1).map((end, index) => {
    const start = positions[index]!;
    const kind = below(2) === 0 ? 'write' : 'state';
    const place = kind === 'state' ? below(STATE_BYTES) : below(DATA.dataAt + DATA.dataBytes);
    return {
      replica: 1 + below(replicas),
      after: index === 0 ? 'start' : index,
      position: start + 1 + below(end - start - 1),
      kind,
      place,
      bit: below(8),
    };
  });
}

interface Campaign {
  readonly faults: readonly Fault[];
  /** Faults that changed nothing up to the next check point: in a register that was written before it was read. */
  readonly masked: number;
  readonly counts: CheckPointCounts;
  readonly reports: Watched['reports'];
}

/** A fault between any two check points; all that is claimed of them holds. */
async function campaign(
  seed: number,
  replicas: number,
  size: readonly [number, number],
  onDifference: DifferencePolicy,
): Promise<Campaign> {
  const { positions, digests } = await reference(...size);
  const faults = faultsMake(positions, replicas, seed);
  const { engine, vm } = await machineMake(replicas, ...size);
  const struck: Fault[] = [];
  const program = faulty((guest) => new LittleMachine(guest), faults, struck);
  const { lockstep, reports } = watched(vm, { program, checkPointLimit: '100us', onDifference });
  let masked = 0;
  let found = 0;
  lockstep.on('checkPoint', ({ report }) => {
    if (report.outcome !== 'equal') found += 1;
    if (report.outcome === 'rolledBack' || struck.length === found + masked) return;
    // nothing was found: then nothing is wrong
    masked += 1;
    const { id } = report.checkPoint!;
    for (const replica of vm.replicas) expect(replica.digestSync()).toBe(digests[id as number]);
  });
  await lockstep.run();
  expect(struck).toEqual(faults);
  expect(found + masked).toBe(faults.length);
  for (const replica of vm.replicas) expect(replica.digestSync()).toBe(digests.at(-1));
  engine.validate();
  engine.dispose();
  return { faults, masked, counts: lockstep.counts, reports };
}

const SIZE = [40, 20] as const;

describe('a fault in each of 39 intervals', () => {
  test.each([1, 2, 3])('three replicas: found and repaired at the next check point (%i)', async (seed) => {
    const { faults, masked, counts, reports } = await campaign(seed, 3, SIZE, 'vote');
    expect(counts).toMatchObject({ repairs: faults.length - masked, rollBacks: 0 });
    const culprits = new Set(reports.filter(({ outcome }) => outcome === 'repaired').map((report) => report.repaired.join()));
    expect(culprits).toEqual(new Set(['1', '2', '3']));
  });

  test.each([1, 2, 3])('two replicas: found at the next check point, and the way to it is gone again (%i)', async (seed) => {
    const { faults, masked, counts } = await campaign(seed, 2, SIZE, 'rollBack');
    expect(counts).toMatchObject({ rollBacks: faults.length - masked, repairs: 0 });
  });
});
