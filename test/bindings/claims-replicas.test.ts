// Claims 1 to 14 and supplements 1 to 16 of US 9,063,868 B2, through the public API; docs/claims-replicas.md names these tests. Steps and figures: figures-replicas-*.test.ts.
import { describe, expect, test } from 'vitest';
import type { ProgramGuest } from '../../bindings/lockstep/types.ts';
import { ADDRESS, drawnMake } from '../support/figures-replicas.ts';
import type { Drawn } from '../support/figures-replicas.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';
import { ListProgram, steps } from '../support/lockstep.ts';
import type { Step } from '../support/lockstep.ts';

const build = shipped[0]!;
const OLD = 0;
const NEW = 0x77;

/** Share and write-inhibit flags of page 0x12, replica by replica. */
const flags = ({ rows }: Drawn): readonly string[] => rows().flatMap((row) => (row.includes(' 12 ') ? [row.slice(-3)] : []));

describe('which write is compared', () => {
  test('claim 1: a write to the not-shared basic area, which is inhibited, is done and compared; the one area gets the shared status', async () => {
    const drawn = await drawnMake(build, { onWrite: 'basic' });
    drawn.second.memory.store8(ADDRESS, NEW);
    expect(flags(drawn)).toEqual(['0 1', '0 0']);
    drawn.first.memory.store8(ADDRESS, NEW);
    expect(flags(drawn)).toEqual(['1 1', '1 1']);
    expect(drawn.frames()).toBe(2);
  });

  test.each(['first', 'second'] as const)(
    'claim 2: any write to an area of not-shared status is done and compared: of the %s',
    async (who) => {
      const drawn = await drawnMake(build, { onWrite: 'any' });
      drawn.second.memory.store8(ADDRESS, NEW);
      expect(flags(drawn)).toEqual(['0 1', '0 1']);
      drawn[who].memory.store8(ADDRESS, who === 'first' ? NEW : OLD);
      expect(flags(drawn)).toEqual(['1 1', '1 1']);
    },
  );

  test('claim 3: the write instruction itself is the condition, to the basic area or a copy area, wherever it comes from', async () => {
    const drawn = await drawnMake(build, { onWrite: 'any' });
    drawn.second.memory.store64(ADDRESS, 0x0102030405060708n);
    drawn.first.memory.write(ADDRESS, Uint8Array.of(8, 7, 6, 5, 4, 3, 2, 1));
    expect(flags(drawn)).toEqual(['1 1', '1 1']);
    drawn.first.memory.fill(ADDRESS, 8, OLD);
    drawn.second.memory.storeF64(ADDRESS, 0);
    expect(flags(drawn)).toEqual(['1 1', '1 1']);
  });

  test('claim 4: the copy area is inhibited, a write to it is done and compared; one to the not-shared basic area is not', async () => {
    const drawn = await drawnMake(build, { onWrite: 'copy' });
    drawn.second.memory.store8(ADDRESS, NEW);
    expect(flags(drawn)).toEqual(['0 0', '0 1']);
    drawn.first.memory.store8(ADDRESS, NEW);
    expect(flags(drawn)).toEqual(['0 0', '0 1']);
    drawn.second.memory.store8(ADDRESS, NEW); // the same again
    expect(flags(drawn)).toEqual(['1 1', '1 1']);
  });

  test('claim 5, supplement 1: S7 left out: a write to the copy area raises nothing, the one to the not-shared basic area does', async () => {
    const drawn = await drawnMake(build, { onWrite: 'basic' });
    drawn.second.memory.store8(ADDRESS, NEW);
    drawn.second.memory.store8(ADDRESS, OLD); // equal, and nobody looks
    expect(flags(drawn)).toEqual(['0 1', '0 0']);
    drawn.first.memory.store8(ADDRESS, OLD);
    expect(flags(drawn)).toEqual(['1 1', '1 1']);
  });

  test('claim 6: a time that has passed since the last comparison', async () => {
    const drawn = await drawnMake(build, { every: '1us' });
    drawn.second.memory.store8(ADDRESS, NEW);
    drawn.first.memory.store8(ADDRESS, NEW);
    drawn.engine.advance();
    expect(flags(drawn)).toEqual(['0 0', '0 0']);
    for (let access = 0; access < 1000; access += 1) drawn.first.memory.load8(ADDRESS);
    drawn.engine.advance();
    expect(flags(drawn)).toEqual(['1 1', '1 1']);
  });
});

describe('one program on all', () => {
  /** Stores the number of the step. */
  const stores: Step = ({ replica }) => replica.memory.store32(ADDRESS, replica.memory.load32(ADDRESS) + 1);
  const program = (guest: ProgramGuest): ListProgram => new ListProgram(guest, steps(100, stores), [25, 50, 75]);

  test('claim 7: the virtual computers execute the process of one program', async () => {
    const { vm, first, second } = await drawnMake(build);
    const lockstep = vm.lockstep({ program });
    const { end, replicas } = await lockstep.run();
    expect([end, ...replicas.map(({ position }) => position)]).toEqual(['finished', 100, 100]);
    expect([first.memory.load32(ADDRESS), second.memory.load32(ADDRESS)]).toEqual([100, 100]);
    await lockstep.dispose();
  });

  test('claim 8: check points at predetermined positions; when all have reached one, the areas are compared', async () => {
    const drawn = await drawnMake(build);
    const lockstep = drawn.vm.lockstep({ program });
    const seen: string[] = [];
    lockstep.on('arrive', () => seen.push(flags(drawn).join(' / ')));
    lockstep.on('checkPoint', ({ checkPoint }) => seen.push(`${checkPoint!.id}: ${flags(drawn).join(' / ')}`));
    await lockstep.run({ until: { progress: '25 %' } });
    expect(seen).toEqual(['start: 1 1 / 1 1', '0 0 / 0 0', '0 0 / 0 0', '25: 1 1 / 1 1']);
    await lockstep.dispose();
  });

  test('claim 9: the slowest in progress is identified, and has the processor with priority', async () => {
    const { vm } = await drawnMake(build);
    const lockstep = vm.lockstep({ program, processors: [{ level: 1 }, { level: 5 }], compare: { atCheckPoints: false } });
    const wrong: string[] = [];
    lockstep.on('assign', ({ rows }) => {
      const progress = lockstep.progressTable();
      const slowest = progress[0]!.progress <= progress[1]!.progress ? 1 : 2;
      if (rows[1]!.vmId !== slowest && rows[1]!.vmId !== null) wrong.push(JSON.stringify([progress, rows]));
    });
    await lockstep.run();
    expect(wrong).toEqual([]);
    await lockstep.dispose();
  });

  test('claim 10: three virtual computers, two processors: one is exclusively for the slowest', async () => {
    const { vm } = await drawnMake(build, {}, 3);
    const lockstep = vm.lockstep({ program, processors: 2, compare: { atCheckPoints: false }, progress: 'program', turn: '5ns' });
    await lockstep.run({ until: { time: '20ns' } });
    const [exclusive, shared] = lockstep.assignmentTable();
    expect(exclusive!.turns).toEqual([]);
    expect(shared!.turns).toHaveLength(2);
    expect([exclusive!.vmId, ...shared!.turns].sort()).toEqual([1, 2, 3]);
    await lockstep.dispose();
  });
});

describe('areas', () => {
  test('claim 11, supplement 15(a): of several copy areas those that are equal become one, and the others are freed', async () => {
    const { vm, frames } = await drawnMake(build, {}, 3);
    for (const [index, replica] of vm.replicas.entries()) replica.memory.store8(ADDRESS, index === 0 ? 1 : NEW);
    expect(frames()).toBe(4);
    expect(vm.compare()).toEqual({ pagesCompared: 1, areasMerged: 1, pagesDifferent: 1 });
    expect(frames()).toBe(3);
  });

  test('supplement 15(j): or only when all areas of the page are equal', async () => {
    const { vm, frames } = await drawnMake(build, { merge: 'allEqual' }, 3);
    for (const [index, replica] of vm.replicas.entries()) replica.memory.store8(ADDRESS, index === 0 ? 1 : NEW);
    vm.compare();
    expect(frames()).toBe(4);
    vm.replicas[0]!.memory.store8(ADDRESS, NEW);
    vm.compare();
    expect(frames()).toBe(2);
  });

  test('claim 12: assignments are changed and areas freed by updating the page table', async () => {
    const { vm, rows, frames, first, second } = await drawnMake(build);
    second.memory.store8(ADDRESS, NEW);
    first.memory.store8(ADDRESS, NEW);
    const before = rows();
    const copies = vm.counters.copies;
    vm.compare();
    expect(before.slice(2)).toEqual(['1 12 80002 0 0', '2 12 80005 0 0']);
    expect(rows().slice(2)).toEqual(['1 12 80002 1 1', '2 12 80002 1 1']);
    expect([frames(), vm.counters.copies]).toEqual([2, copies]);
  });

  test.each([
    ['target', '80002'],
    ['corresponding', '80005'],
    ['basic', '80002'],
    ['copy', '80005'],
  ] as const)('supplement 4: which of two equal areas is freed is an option: %s', async (keep, kept) => {
    const drawn = await drawnMake(build, { onWrite: 'any', keep });
    drawn.second.memory.store8(ADDRESS, NEW);
    drawn.first.memory.store8(ADDRESS, NEW);
    expect(drawn.rows().slice(2)).toEqual([`1 12 ${kept} 1 1`, `2 12 ${kept} 1 1`]);
  });
});

describe('supplements', () => {
  test('supplement 2: a write by what is no virtual computer runs a process defined in advance for it', async () => {
    const drawn = await drawnMake(build, { onWrite: 'any' });
    drawn.vm.writerDefine('dma', ({ address, bytes }) => [{ address, bytes: bytes.map((byte) => byte + 1) }]);
    drawn.vm.write(ADDRESS, Uint8Array.of(NEW - 1), { writer: 'dma' });
    expect(flags(drawn)).toEqual(['1 1', '1 1']);
    expect([drawn.first.memory.load8(ADDRESS), drawn.second.memory.load8(ADDRESS)]).toEqual([NEW, NEW]);
  });

  test('supplement 3: three or more: the number on a basic area is kept, and S4 applies when it falls to one', async () => {
    const drawn = await drawnMake(build, { onWrite: 'any' }, 4);
    const { replicas } = drawn.vm;
    const seen = replicas.slice(1).map((replica, index) => {
      replica.memory.store8(ADDRESS, index + 1);
      return flags(drawn)[0];
    });
    expect(seen).toEqual(['1 1', '1 1', '0 1']);
  });

  test('supplement 6: more virtual computers than processors; the same or different ones; one alone', async () => {
    const program = (guest: ProgramGuest): ListProgram => new ListProgram(guest, steps(60), [30]);
    for (const processors of [1, 2, 3, 5, [{ frequency: '1GHz' }, { frequency: '1GHz', rate: '50 %' }]]) {
      const { vm } = await drawnMake(build, {}, 3);
      const lockstep = vm.lockstep({ program, processors });
      expect((await lockstep.run()).end).toBe('finished');
      await lockstep.dispose();
    }
  });

  test('supplement 7: another index of performance, or levels defined in advance', async () => {
    const { vm } = await drawnMake(build);
    const program = (guest: ProgramGuest): ListProgram => new ListProgram(guest, steps(60));
    const lockstep = vm.lockstep({ program, processors: [{ level: 3 }, { frequency: '4GHz', index: () => 2 }] });
    expect(lockstep.assignmentTable().map(({ performance }) => performance)).toEqual([3, 2]);
    await lockstep.dispose();
  });

  test('supplement 9: how many tasks the process has is its own business: a program of two', async () => {
    const { vm } = await drawnMake(build);
    const two = (guest: ProgramGuest): ListProgram => new ListProgram(guest, [...steps(5), ...steps(7)], [5]);
    const lockstep = vm.lockstep({ program: two });
    expect((await lockstep.run()).replicas.map(({ position }) => position)).toEqual([12, 12]);
    await lockstep.dispose();
  });

  test('supplement 10: S5 and S6 left out: the virtual computer runs its instruction again, which takes its time', async () => {
    const times = [];
    for (const exception of ['writes', 'retries'] as const) {
      const { vm, second } = await drawnMake(build, { onWrite: 'any', exception });
      const { timeNs } = vm;
      const { accesses } = vm.counters;
      second.memory.store8(ADDRESS, NEW);
      expect(second.memory.load8(ADDRESS)).toBe(NEW);
      times.push([vm.timeNs - timeNs, vm.counters.accesses - accesses]);
    }
    expect(times).toEqual([
      [2, 2],
      [3, 2],
    ]);
  });

  test('supplement 14: they combine: on write, at intervals and at check points, on three replicas, with any two of the rest', async () => {
    for (const keep of ['target', 'copy'] as const) {
      for (const merge of ['equal', 'allEqual'] as const) {
        const { engine, vm, frames } = await drawnMake(build, { onWrite: 'basic', every: '50ns', keep, merge, exception: 'retries' }, 3);
        const stores: Step = ({ replica }) => replica.memory.store32(ADDRESS, replica.memory.load32(ADDRESS) + 1);
        const lockstep = vm.lockstep({ program: (guest) => new ListProgram(guest, steps(200, stores), [100]), processors: 2 });
        expect((await lockstep.run()).end).toBe('finished');
        expect(frames()).toBe(2);
        await lockstep.dispose();
        engine.validate();
      }
    }
  });
});

describe('what carries it out', () => {
  test('claim 13: the method: a comparison when the condition holds, the first area for the second, the second freed', async () => {
    const { vm, frames, first, second } = await drawnMake(build);
    for (const replica of [second, first]) replica.memory.store8(ADDRESS, NEW);
    expect([frames(), vm.compare().areasMerged, frames()]).toEqual([3, 1, 2]);
  });

  test.each(shipped)(
    'claim 14, supplement 13: the program is a file, and any host that runs WebAssembly carries it out: $name',
    async (host) => {
      const engine = await engineMake(host, { maxReplicas: 16 });
      const vm = engine.createVm({ memory: 4 * REGION_BYTES, addressSpace: 16 * PAGE_BYTES, replicas: 2 });
      for (const replica of vm.replicas) replica.memory.store8(0, NEW);
      expect(vm.compare().areasMerged).toBe(1);
      engine.dispose();
    },
  );
});
