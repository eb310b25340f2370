// Programs that go wrong where a scenario says so, on a program that only counts.
import { describe, expect, it } from 'vitest';
import {
  CHECK_POINT_START,
  type CheckPoint,
  type ProgramGuest,
  type ProgramStop,
  type ReplicaProgram,
} from '../../bindings/lockstep/types.ts';
import { type FaultEffects, faultsPlaced, FaultyProgram } from '../../bindings/scenario/faulty-program.ts';
import type { FaultForm, FaultWhat } from '../../bindings/scenario/replicas.ts';

const LENGTH = 100;
const CHECK_POINT_EVERY = 25;

/** Counts to 100, a step a nanosecond; its state is two bytes: where it is, and a number that a fault may spoil. */
class CountingProgram implements ReplicaProgram {
  position = 0;
  timeNs = 0;
  number = 7;
  checkPoint: CheckPoint = CHECK_POINT_START;
  readonly length = LENGTH;

  get progress(): number {
    return this.position / LENGTH;
  }

  run(untilNs: number, untilPosition = Infinity): ProgramStop {
    for (;;) {
      if (this.position === LENGTH) return 'finished';
      if (this.position >= untilPosition) return 'position';
      if (this.timeNs >= untilNs) return 'time';
      this.position += 1;
      this.timeNs += 1;
      if (this.position % CHECK_POINT_EVERY !== 0 || this.position === LENGTH) continue;
      this.checkPoint = { id: this.position, progress: this.progress };
      return 'checkPoint';
    }
  }

  state(): Uint8Array {
    return Uint8Array.of(this.position, this.number);
  }
  restore([position, number]: Uint8Array, checkPoint: CheckPoint): void {
    this.position = position!;
    this.number = number!;
    this.checkPoint = checkPoint;
  }
}

interface Stage {
  readonly program: FaultyProgram;
  readonly counting: CountingProgram;
  readonly bytes: Uint8Array;
  /** What happened, in order. */
  readonly log: string[];
}

function stage(faults: readonly (Partial<FaultForm> & { readonly what: FaultWhat })[]): Stage {
  const counting = new CountingProgram();
  const bytes = new Uint8Array(8192);
  const log: string[] = [];
  const replica = {
    peek: (address: number, into: Uint8Array) => {
      into.set(bytes.subarray(address, address + into.length));
      return into;
    },
    memory: {
      load8: (address: number) => bytes[address]!,
      store8: (address: number, value: number) => {
        log.push(`store ${address}`);
        bytes[address] = value;
      },
    },
  };
  const guest = {
    replica,
    number: 2,
    get timeNs() {
      return counting.timeNs;
    },
    work: () => undefined,
  } as unknown as ProgramGuest;
  const effects: FaultEffects = {
    flip: (_guest, address, bit) => {
      log.push(`flip ${address}.${bit}`);
      bytes[address]! ^= 1 << bit;
      return address < 4096; // what lies above is in no frame
    },
    die: () => log.push('dies'),
    struck: ({ index }, timeNs) => log.push(`struck ${index} at ${timeNs}, position ${counting.position}`),
  };
  const all = faults.map((fault): FaultForm => ({ replica: 2, at: 0.5, isPermanent: false, ...fault }));
  const placed = faultsPlaced(all, 2, LENGTH, (address) => Number(address / 4096n) - 16, 4096);
  return { program: new FaultyProgram(counting, guest, placed, effects), counting, bytes, log };
}

const bitOf = (block: number, offset: number, bits: readonly number[], isUnseen = false): FaultWhat => ({
  kind: 'memory',
  place: { block, offset },
  change: { bits },
  isUnseen,
});

describe('a program with faults', () => {
  it('stops where it would have stopped without them, and each strikes before its record', () => {
    const { program, bytes, log } = stage([
      { at: 0.305, what: bitOf(0, 3, [0, 9]) },
      { at: 0, what: { kind: 'memory', place: { address: 0x11_002n }, change: { byte: 9 }, isUnseen: false } },
    ]);
    expect(program.run(10)).toBe('time');
    expect(program.run(Infinity)).toBe('checkPoint');
    expect(program.run(Infinity, 30)).toBe('position');
    expect(log).toEqual(['store 4098', 'struck 1 at 0, position 0']);
    expect(program.run(32)).toBe('time');
    expect(log.slice(2)).toEqual(['store 3', 'store 4', 'struck 0 at 30, position 30']);
    expect([bytes[3], bytes[4], bytes[4098]]).toEqual([1, 2, 9]);
    expect(program.run(Infinity)).toBe('checkPoint');
    expect(program.checkPoint).toEqual({ id: 50, progress: 0.5 });
    expect(program.run(Infinity)).toBe('checkPoint');
    expect(program.run(Infinity)).toBe('finished');
    expect(log).toHaveLength(5);
  });

  it('at a check point: behind it; at the end: before the last comparison', () => {
    const { program, log } = stage([
      { at: 0.25, what: bitOf(0, 0, [0]) },
      { at: 1, what: bitOf(0, 1, [0]) },
    ]);
    expect(program.run(Infinity)).toBe('checkPoint');
    expect(log).toEqual([]);
    program.run(Infinity);
    expect(log).toHaveLength(2);
    program.run(Infinity);
    expect(program.run(Infinity)).toBe('finished');
    expect(log.at(-1)).toBe('struck 1 at 100, position 100');
    expect(program.run(Infinity)).toBe('finished');
    expect(log).toHaveLength(4);
  });

  it('a flip in the frame goes bit by bit, and has not struck where there is no frame', () => {
    const { program, log, bytes } = stage([
      { what: bitOf(0, 2, [1, 8], true) },
      { what: { kind: 'memory', place: { block: 0, offset: 9 }, change: { byte: 0b101 }, isUnseen: true } },
      { what: bitOf(1, 0, [0], true) },
    ]);
    for (let slice = 0; slice < 4; slice += 1) program.run(Infinity);
    expect(log).toEqual([
      'flip 2.1',
      'flip 3.0',
      'struck 0 at 50, position 50',
      'flip 9.0',
      'flip 9.2',
      'struck 1 at 50, position 50',
      'flip 4096.0',
    ]);
    expect(bytes[9]).toBe(5);
  });

  it('a fault of the state goes into the state, and is not undone by itself', () => {
    const { program, counting, log } = stage([{ at: 0.1, what: { kind: 'state', bits: [8, 15] } }]);
    program.run(20);
    expect(counting.number).toBe(7 ^ 0b1000_0001);
    expect(counting.position).toBe(20);
    expect(log).toEqual(['struck 0 at 10, position 10']);
  });

  it.each([
    { isPermanent: false, times: 1 },
    { isPermanent: true, times: 2 },
  ])('after a roll-back it comes again if it is permanent: $isPermanent', ({ isPermanent, times }) => {
    const { program, log } = stage([
      { at: 0.1, what: bitOf(0, 0, [0]) },
      { at: 0.3, isPermanent, what: bitOf(0, 1, [0]) },
    ]);
    program.run(Infinity);
    const kept = program.state();
    const { checkPoint } = program;
    program.run(Infinity);
    program.restore(kept, checkPoint);
    expect(program.position).toBe(25);
    program.run(Infinity);
    expect(log.filter((line) => line.startsWith('struck 1'))).toHaveLength(times);
    expect(log.filter((line) => line.startsWith('struck 0'))).toHaveLength(1);
  });

  it('a replica that dies does nothing more', () => {
    const { program, counting, log } = stage([{ at: 0.4, what: { kind: 'dies', isReplaced: false } }]);
    program.run(Infinity);
    expect(program.run(Infinity)).toBe('time');
    expect(program.run(Infinity)).toBe('time');
    expect(counting.position).toBe(40);
    expect(log).toEqual(['dies', 'struck 0 at 40, position 40']);
  });

  it("has none of another replica's", () => {
    const { program, log } = stage([{ replica: 1, what: bitOf(0, 0, [0]) }]);
    while (program.run(Infinity) !== 'finished');
    expect(log).toEqual([]);
  });
});
