// A small register machine whose code and data live in a replica's memory, as an example of an interpreter that runs in lockstep, and real programs for it.
import { CHECK_POINT_START } from '../../bindings/node.ts';
import type { CheckPoint, ProgramGuest, ProgramStop, ReplicaProgram } from '../../bindings/node.ts';

/*  An instruction is a word, little endian:
     31      24 23   20 19   16 15   12 11         0
    ┌──────────┬───────┬───────┬───────┬────────────┐
    │ operation│   d   │   a   │   b   │ immediate  │   d, a, b: registers; r0 reads 0. Immediates are signed.
    └──────────┴───────┴───────┴───────┴────────────┘  */
const OPERATIONS = [
  'none', // an operation that is none: the machine fails
  'halt',
  'check', // check point number a of b
  'add', // d = a + b + immediate
  'sub', // d = a - b
  'mul', // d = a * b, low word
  'xor', // d = a ^ b
  'shr', // d = a >>> immediate
  'ldw', // d = word at a + immediate
  'stw', // word at a + immediate = d
  'ldb', // d = byte at a + immediate
  'stb', // byte at a + immediate = d
  'jlt', // if a < b (unsigned) go on so many instructions further
  'jeq',
  'jne',
] as const;
type Operation = (typeof OPERATIONS)[number];

const REGISTERS = 16;
const WORD_BYTES = 4;
const FIELD = 0xf;
const IMMEDIATE_BITS = 12;
/** Registers, program counter, instructions done. */
const STATE_WORDS = REGISTERS + 2;

export class Machine implements ReplicaProgram {
  checkPoint: CheckPoint = CHECK_POINT_START;
  readonly #guest: ProgramGuest;
  readonly #state = new Uint32Array(STATE_WORDS);

  /** The program is in memory at 0 already. */
  constructor(guest: ProgramGuest) {
    this.#guest = guest;
  }

  get registers(): Uint32Array {
    return this.#state.subarray(0, REGISTERS);
  }
  get pc(): number {
    return this.#state[REGISTERS]!;
  }
  get position(): number {
    return this.#state[REGISTERS + 1]!;
  }
  get progress(): number {
    return this.checkPoint.progress;
  }

  run(untilNs: number): ProgramStop {
    const { replica } = this.#guest;
    while (this.#guest.timeNs < untilNs) {
      const word = replica.memory.load32(this.pc);
      const operation = OPERATIONS[word >>> 24];
      this.#state[REGISTERS]! += WORD_BYTES;
      this.#state[REGISTERS + 1]! += 1;
      if (operation === 'halt') return 'finished';
      if (operation === 'check') return this.#check(this.#read(word >> 16), this.#read(word >> 12));
      this.#carryOut(operation, word);
    }
    return 'time';
  }

  state(): Uint8Array {
    return new Uint8Array(this.#state.slice().buffer);
  }

  restore(state: Uint8Array, checkPoint: CheckPoint): void {
    new Uint8Array(this.#state.buffer).set(state);
    this.checkPoint = checkPoint;
  }

  #read(field: number): number {
    return this.#state[field & FIELD]!;
  }

  #carryOut(operation: Operation | undefined, word: number): void {
    const { memory } = this.#guest.replica;
    const [d, a, b] = [(word >> 20) & FIELD, this.#read(word >> 16), this.#read(word >> 12)];
    const immediate = (word << (32 - IMMEDIATE_BITS)) >> (32 - IMMEDIATE_BITS);
    const address = (a + immediate) >>> 0;
    if (operation === 'add') this.#write(d, a + b + immediate);
    else if (operation === 'sub') this.#write(d, a - b);
    else if (operation === 'mul') this.#write(d, Math.imul(a, b));
    else if (operation === 'xor') this.#write(d, a ^ b);
    else if (operation === 'shr') this.#write(d, a >>> immediate);
    else if (operation === 'ldw') this.#write(d, memory.load32(address));
    else if (operation === 'stw') memory.store32(address, this.#state[d]! | 0);
    else if (operation === 'ldb') this.#write(d, memory.load8(address));
    else if (operation === 'stb') memory.store8(address, this.#state[d]! & 0xff);
    else if (operation === 'jlt') this.#jump(a < b, immediate);
    else if (operation === 'jeq') this.#jump(a === b, immediate);
    else if (operation === 'jne') this.#jump(a !== b, immediate);
    else throw new Error(`There is no operation ${word >>> 24} (at ${this.pc - WORD_BYTES}).`);
  }

  #write(register: number, value: number): void {
    if (register !== 0) this.#state[register] = value;
  }

  #jump(holds: boolean, instructions: number): void {
    if (holds) this.#state[REGISTERS]! += instructions * WORD_BYTES;
  }

  #check(number: number, count: number): ProgramStop {
    this.checkPoint = { id: number, progress: count === 0 ? 0 : Math.min(number / count, 1) };
    return 'checkPoint';
  }
}

/** Code from text: an instruction a line, `name:` for the target of jumps, `;` for remarks. */
export function assemble(text: string): Uint8Array {
  const lines = text
    .split('\n')
    .map((line) => line.replace(/;.*/, '').trim())
    .filter((line) => line !== '');
  const labels = new Map<string, number>();
  const code: string[] = [];
  for (const line of lines) {
    if (line.endsWith(':')) labels.set(line.slice(0, -1), code.length);
    else code.push(line);
  }
  const words = code.map((line, index) => encode(line.split(/[\s,]+/), index, labels));
  return new Uint8Array(Uint32Array.from(words).buffer);
}

/** Operands in the order of the fields: registers as r3, immediates as numbers, targets by name. */
function encode([name, ...operands]: readonly string[], index: number, labels: ReadonlyMap<string, number>): number {
  const registers = operands.filter((operand) => /^r\d+$/.test(operand)).map((operand) => Number(operand.slice(1)));
  const rest = operands.filter((operand) => !/^r\d+$/.test(operand));
  const target = labels.get(rest[0] ?? '');
  const immediate = target === undefined ? Number(rest[0] ?? 0) : target - index - 1;
  const operation = OPERATIONS.indexOf(name as Operation);
  const hasTarget = name === 'jlt' || name === 'jeq' || name === 'jne' || name === 'check';
  const [d, a, b] = hasTarget ? [0, ...registers] : registers;
  const fits = immediate >= -(2 ** (IMMEDIATE_BITS - 1)) && immediate < 2 ** (IMMEDIATE_BITS - 1);
  if (operation < 1 || !fits) throw new Error(`Line ${index}: ${[name, ...operands].join(' ')}`);
  return (operation << 24) | ((d ?? 0) << 20) | ((a ?? 0) << 16) | ((b ?? 0) << 12) | (immediate & (2 ** IMMEDIATE_BITS - 1));
}

/** A number that no immediate holds: a word behind the code. */
const CONSTANTS = 0x400;
/** Where programs have their data, and their result. */
export const DATA = 0x1000;
export const RESULT = 0x800;

export interface MachineProgram {
  readonly name: string;
  readonly code: Uint8Array;
  readonly constants: readonly number[];
  /** What it leaves at RESULT. */
  readonly result: number;
}

/** Puts a program into memory. */
export function load({ code, constants }: MachineProgram, write: (address: number, bytes: Uint8Array) => void): void {
  write(0, code);
  write(CONSTANTS, new Uint8Array(Uint32Array.from(constants).buffer));
}

/** Eratosthenes: how many primes there are below 20,000. A check point for every 2,000 numbers. */
const SIEVE: MachineProgram = {
  name: 'sieve',
  constants: [20_000, 2_000, 10, DATA],
  result: 2262,
  code: assemble(`
    ldw r1, r0, 1024    ; limit
    ldw r2, r0, 1028    ; numbers between check points
    ldw r3, r0, 1032    ; check points
    ldw r4, r0, 1036    ; flags
    add r5, r0, r0, 2   ; number
    add r7, r2, r0      ; next check point
next:
    add r8, r4, r5
    ldb r9, r8, 0
    jne r9, r0, passed
    add r6, r6, r0, 1   ; a prime
    mul r10, r5, r5
    jlt r1, r10, passed
    add r11, r0, r0, 1
strike:
    jlt r10, r1, inside
    jeq r0, r0, passed
inside:
    add r8, r4, r10
    stb r11, r8, 0
    add r10, r10, r5
    jeq r0, r0, strike
passed:
    add r5, r5, r0, 1
    jne r5, r7, onward
    add r7, r7, r2
    add r12, r12, r0, 1
    check r12, r3
onward:
    jlt r5, r1, next
    add r13, r0, r0, 2047
    stw r6, r13, 1      ; RESULT
    halt`),
};

/** Sorts 256 pseudo-random words by insertion, and sums up each times its place. A check point for every 64 words. */
const SORT: MachineProgram = {
  name: 'sort',
  constants: [1024, 1_103_515_245, 12_345, DATA],
  result: sortResult(),
  code: assemble(`
    ldw r1, r0, 1024    ; bytes
    ldw r2, r0, 1028
    ldw r3, r0, 1032
    ldw r4, r0, 1036
    add r15, r0, r0, 4  ; check points
    add r14, r0, r0, 256
fill:
    mul r6, r6, r2
    add r6, r6, r3
    shr r7, r6, r0, 8
    add r8, r4, r5
    stw r7, r8, 0
    add r5, r5, r0, 4
    jne r5, r1, fill
    add r5, r0, r0, 4
    add r13, r14, r0
take:
    add r8, r4, r5
    ldw r7, r8, 0
shift:
    jeq r8, r4, place
    ldw r9, r8, -4
    jlt r9, r7, place
    stw r9, r8, 0
    add r8, r8, r0, -4
    jeq r0, r0, shift
place:
    stw r7, r8, 0
    add r5, r5, r0, 4
    jne r5, r13, onward
    add r13, r13, r14
    add r12, r12, r0, 1
    check r12, r15
onward:
    jne r5, r1, take
    add r5, r0, r0
    add r10, r0, r0
    add r11, r0, r0
sum:
    add r8, r4, r5
    ldw r7, r8, 0
    mul r9, r7, r11
    add r10, r10, r9
    add r11, r11, r0, 1
    add r5, r5, r0, 4
    jne r5, r1, sum
    add r13, r0, r0, 2047
    stw r10, r13, 1
    halt`),
};

/** Fills 8 KiB with a pattern and hashes them (FNV-1a), four times; each hash is the next seed. A check point after each. */
const HASH: MachineProgram = {
  name: 'hash',
  constants: [8192, 16_777_619, 2_166_136_261, DATA],
  result: hashResult(),
  code: assemble(`
    ldw r1, r0, 1024
    ldw r2, r0, 1028
    ldw r3, r0, 1036
    add r15, r0, r0, 4
again:
    add r5, r0, r0
    ldw r10, r0, 1032
byte:
    add r8, r3, r5
    xor r7, r5, r6
    stb r7, r8, 0
    ldb r9, r8, 0
    xor r10, r10, r9
    mul r10, r10, r2
    add r5, r5, r0, 1
    jne r5, r1, byte
    add r6, r10, r0
    add r12, r12, r0, 1
    check r12, r15
    jne r12, r15, again
    add r13, r0, r0, 2047
    stw r10, r13, 1
    halt`),
};

export const PROGRAMS: readonly MachineProgram[] = [SIEVE, SORT, HASH];

function sortResult(): number {
  const words: number[] = [];
  for (let index = 0, seed = 0; index < 256; index += 1) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    words.push(seed >>> 8);
  }
  return words.sort((a, b) => a - b).reduce((sum, word, index) => (sum + Math.imul(word, index)) >>> 0, 0);
}

function hashResult(): number {
  let seed = 0;
  for (let round = 0; round < 4; round += 1) {
    let hash = 2_166_136_261;
    for (let index = 0; index < 8192; index += 1) hash = Math.imul(hash ^ ((index ^ seed) & 0xff), 16_777_619) >>> 0;
    seed = hash;
  }
  return seed;
}
