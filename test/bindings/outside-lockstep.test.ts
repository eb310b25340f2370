// Input from outside while replicas run at different speeds: it reaches all of them at the same point of the program.
import { describe, expect, test } from 'vitest';
import type { Engine, OutsideWrite, Vm } from '../../bindings/node.ts';
import type { LockstepOptions } from '../../bindings/lockstep/types.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { faulty } from '../support/faults.ts';
import { ListProgram, steps } from '../support/lockstep.ts';
import type { Step } from '../support/lockstep.ts';

const [build] = shipped;
const COUNT = 4000;
const CHECK_POINTS = [1000, 2000, 3000];
/** The program reads its input at each step, and notes what it was. */
const INPUT_AT = 0;
const NOTES_AT = 4 * PAGE;

const program: LockstepOptions['program'] = (guest) => {
  let position = 0;
  const step: Step = ({ replica }) => {
    position = list.position;
    replica.memory.store8(NOTES_AT + position, replica.memory.load8(INPUT_AT));
  };
  const list = new ListProgram(guest, steps(COUNT, step), CHECK_POINTS);
  return list;
};

async function vmMake(replicas: number): Promise<{ engine: Engine; vm: Vm }> {
  const engine = await engineMake(build!, { regions: 16, slots: 256, maxReplicas: 64, accessNs: 10 });
  return { engine, vm: engine.createVm({ memory: 12 * REGION, addressSpace: 64 * PAGE, replicas }) };
}

/** Where the input that each replica saw became another one. */
const changesSeen = (vm: Vm): number[][] =>
  vm.replicas
    .filter((replica) => replica.isInStep)
    .map((replica) => {
      const notes = replica.peek(NOTES_AT, new Uint8Array(COUNT));
      return [...notes.keys()].filter((at) => at > 0 && notes[at] !== notes[at - 1]);
    });

describe('while a lockstep runs', () => {
  test.each([
    ['equal processors', [{ level: 1 }, { level: 1 }, { level: 1 }]],
    ['processors of different speeds', [{ level: 1 }, { level: 3 }, { level: 2 }]],
    ['one processor', [{ level: 1 }]],
  ])('%s: a write waits for the next check point, where all of them get it', async (_name, processors) => {
    const { engine, vm } = await vmMake(3);
    const lockstep = vm.lockstep({ program, processors });
    const writes: OutsideWrite[] = [];
    lockstep.on('slice', () => {
      const slowest = Math.min(...lockstep.progressTable().map(({ progress }) => progress));
      if (writes.length === 0) writes.push(vm.write(INPUT_AT, Uint8Array.of(5)));
      if (writes.length === 1 && slowest >= 0.5) {
        writes.push(vm.write(INPUT_AT, Uint8Array.of(6)), vm.write(INPUT_AT, Uint8Array.of(7)));
        expect(writes.map(({ state }) => state)).toEqual(['done', 'waiting', 'waiting']);
      }
    });
    const { end } = await lockstep.run();
    expect(end).toBe('finished');
    expect(writes.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect(changesSeen(vm)).toEqual([[1000, 3000], [1000, 3000], [1000, 3000]]); // prettier-ignore
    expect(lockstep.differences).toEqual([]);
    expect(vm.write(INPUT_AT, Uint8Array.of(9)).state, 'nobody runs any more').toBe('done');
    engine.validate();
  });

  test('what rolls back to a check point has the input that came in there', async () => {
    const { engine, vm } = await vmMake(2);
    const fault = { replica: 2, after: 1000, position: 1500, kind: 'write', place: NOTES_AT + 3, bit: 1 } as const;
    const lockstep = vm.lockstep({ program: faulty(program, [fault]), processors: 2, onDifference: 'rollBack' });
    let rollBacks = 0;
    lockstep.on('rollBack', () => (rollBacks += 1));
    const unlisten = lockstep.on('slice', () => {
      unlisten();
      vm.write(INPUT_AT, Uint8Array.of(5));
    });
    expect((await lockstep.run()).end).toBe('finished');
    expect(rollBacks).toBe(1);
    expect(changesSeen(vm)).toEqual([[1000], [1000]]);
    engine.validate();
  });

  test('a lockstep that is disposed of lets the writes go', async () => {
    const { engine, vm } = await vmMake(3);
    const lockstep = vm.lockstep({ program, processors: 3 });
    await lockstep.run({ until: { progress: 0.25 } });
    const write = vm.write(INPUT_AT, Uint8Array.of(5));
    expect(write.state).toBe('waiting');
    await lockstep.dispose();
    expect([write.state, ...vm.replicas.map(({ memory }) => memory.load8(INPUT_AT))]).toEqual(['done', 5, 5, 5]);
    engine.validate();
  });
});
