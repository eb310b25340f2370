// A small computer whose program, data and stack are in a replica's memory: what a fault does to it is what it does to a real one.
import { CHECK_POINT_START } from '../../bindings/lockstep/types.ts';
import type { CheckPoint, ProgramGuest, ProgramStop, ReplicaProgram } from '../../bindings/lockstep/types.ts';
import type { Replica } from '../../bindings/node.ts';

const OP = {
  set: 1, // a = the next word
  add: 2, // a = b + c
  mul: 3,
  xor: 4,
  and: 5,
  shift: 6, // a = b >> c
  load: 7, // a = [b + c]
  store: 8, // [b + c] = a
  jumpIf: 9, // to the next word, if a
  check: 10, // check point a of b
  end: 11,
} as const;
const REGISTERS = 8;
const STATE_WORDS = REGISTERS + 2;
const PROGRAM_AT = 0;

function word(op: number, a = 0, b = 0, c = 0): number {
  return (op | (a << 8) | (b << 16) | (c << 24)) >>> 0;
}

export interface MixOptions {
  /** Check points on the way. */
  readonly rounds: number;
  /** Words that each round changes. */
  readonly words: number;
  /** Where the data is; and its length, a power of two of bytes. */
  readonly dataAt: number;
  readonly dataBytes: number;
}

/** Mixes words at pseudo-random places of the data: each reads what was there, so that nothing that went wrong is lost again. */
export function mixProgram({ rounds, words, dataAt, dataBytes }: MixOptions): Uint32Array {
  const [x, i, at, value, factor, data, round, spare] = [0, 1, 2, 3, 4, 5, 6, 7];
  const code: number[] = [];
  const set = (register: number, immediate: number): void => void code.push(word(OP.set, register), immediate >>> 0);
  set(x, 12345);
  set(data, dataAt);
  set(round, 0);
  const roundAt = code.length * 4;
  set(i, words);
  const wordAt = code.length * 4;
  set(factor, 1664525);
  code.push(word(OP.mul, x, x, factor));
  set(factor, 1013904223);
  code.push(word(OP.add, x, x, factor));
  set(factor, 8);
  code.push(word(OP.shift, at, x, factor));
  set(factor, (dataBytes - 1) & ~3);
  code.push(word(OP.and, at, at, factor), word(OP.load, value, data, at), word(OP.xor, value, value, x), word(OP.add, value, value, i));
  code.push(word(OP.store, value, data, at));
  set(factor, -1);
  code.push(word(OP.add, i, i, factor), word(OP.jumpIf, i), wordAt);
  set(factor, 1);
  code.push(word(OP.add, round, round, factor));
  set(spare, rounds);
  code.push(word(OP.check, round, spare));
  set(factor, -rounds);
  code.push(word(OP.add, spare, round, factor), word(OP.jumpIf, spare), roundAt, word(OP.end));
  return Uint32Array.from(code);
}

/** Puts a program where a machine begins. */
export function programPut(replica: Replica, code: Uint32Array): void {
  replica.memory.write(PROGRAM_AT, new Uint8Array(code.buffer));
}

/** Runs what is in the replica's memory. Its state: registers, program counter, instructions done. */
export class LittleMachine implements ReplicaProgram {
  checkPoint: CheckPoint = CHECK_POINT_START;
  readonly #guest: ProgramGuest;
  readonly #words = new Uint32Array(STATE_WORDS);

  constructor(guest: ProgramGuest) {
    this.#guest = guest;
    this.#words[REGISTERS] = PROGRAM_AT;
  }

  get position(): number {
    return this.#words[REGISTERS + 1]!;
  }
  get progress(): number {
    return this.checkPoint.progress;
  }

  run(untilNs: number, untilPosition = Infinity): ProgramStop {
    const words = this.#words;
    for (;;) {
      if (this.position >= untilPosition) return 'position';
      if (this.#guest.timeNs >= untilNs) return 'time';
      words[REGISTERS + 1]! += 1;
      const stop = this.#instruction();
      if (stop !== null) return stop;
    }
  }

  state(): Uint8Array {
    return new Uint8Array(this.#words.slice().buffer);
  }

  restore(state: Uint8Array, checkPoint: CheckPoint): void {
    new Uint8Array(this.#words.buffer).set(state);
    this.checkPoint = checkPoint;
  }

  #instruction(): ProgramStop | null {
    const { memory } = this.#guest.replica;
    const words = this.#words;
    const instruction = memory.load32(this.#next()) >>> 0;
    const [op, a, b, c] = [instruction & 0xff, (instruction >> 8) & 7, (instruction >> 16) & 7, (instruction >> 24) & 7];
    const [left, right] = [words[b]!, words[c]!];
    switch (op) {
      case OP.set:
        words[a] = memory.load32(this.#next());
        return null;
      case OP.add:
        words[a] = left + right;
        return null;
      case OP.mul:
        words[a] = Math.imul(left, right);
        return null;
      case OP.xor:
        words[a] = left ^ right;
        return null;
      case OP.and:
        words[a] = left & right;
        return null;
      case OP.shift:
        words[a] = left >>> (right & 31);
        return null;
      case OP.load:
        words[a] = memory.load32((left + right) >>> 0);
        return null;
      case OP.store:
        memory.store32((left + right) >>> 0, words[a]!);
        return null;
      case OP.jumpIf: {
        const target = memory.load32(this.#next());
        if (words[a] !== 0) words[REGISTERS] = target;
        return null;
      }
      case OP.check:
        this.checkPoint = { id: words[a]!, progress: words[a]! / (left || 1) };
        return 'checkPoint';
      case OP.end:
        return 'finished';
      default:
        throw new Error(`instruction ${op} at ${words[REGISTERS]! - 4} is none`);
    }
  }

  /** The address of the next word of the program. */
  #next(): number {
    const at = this.#words[REGISTERS]!;
    this.#words[REGISTERS] = at + 4;
    return at;
  }
}
