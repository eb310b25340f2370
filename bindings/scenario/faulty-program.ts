import type { CheckPoint, ProgramGuest, ProgramStop, ReplicaProgram } from '../lockstep/types.ts';
import type { FaultForm, FaultWhat } from './replicas.ts';

/** A fault with its place in the program and in the replica's memory. */
export interface PlacedFault {
  /** Its place in the scenario's list. */
  readonly index: number;
  /** It strikes before this record. */
  readonly position: number;
  readonly isPermanent: boolean;
  readonly what: PlacedWhat;
}

export type PlacedWhat =
  | {
      readonly kind: 'memory';
      /** Byte of the replica's address space. */
      readonly address: number;
      readonly change: (FaultWhat & { readonly kind: 'memory' })['change'];
      readonly isUnseen: boolean;
    }
  | Exclude<FaultWhat, { readonly kind: 'memory' }>;

/** What it does to others than the replica's own memory and state. */
export interface FaultEffects {
  /** A bit of the frame changes, and nobody sees it. Whether there is a frame. */
  flip(guest: ProgramGuest, address: number, bit: number): boolean;
  /** The replica takes no part any more. */
  die(guest: ProgramGuest, fault: PlacedFault): void;
  /** It has struck. */
  struck(fault: PlacedFault, timeNs: number): void;
}

const BYTE_BITS = 8;

/** Where faults of `all` lie for one replica, in order; those of one place in the order of the list. */
export function faultsPlaced(
  all: readonly FaultForm[],
  replica: number,
  length: number,
  blockOf: (address: bigint) => number,
  unitBytes: number,
): readonly PlacedFault[] {
  const own = all.flatMap((fault, index): PlacedFault[] => {
    if (fault.replica !== replica) return [];
    const { at, isPermanent, what } = fault;
    return [{ index, position: Math.floor(at * length), isPermanent, what: placed(what, blockOf, unitBytes) }];
  });
  return own.sort((a, b) => a.position - b.position);
}

function placed(what: FaultWhat, blockOf: (address: bigint) => number, unitBytes: number): PlacedWhat {
  if (what.kind !== 'memory') return what;
  const { place, change, isUnseen } = what;
  const address =
    'address' in place
      ? blockOf(place.address) * unitBytes + Number(place.address % BigInt(unitBytes))
      : place.block * unitBytes + place.offset;
  return { kind: 'memory', address, change, isUnseen };
}

/** A program whose replica goes wrong at places known in advance. */
export class FaultyProgram implements ReplicaProgram {
  readonly #program: ReplicaProgram;
  readonly #guest: ProgramGuest;
  readonly #faults: readonly PlacedFault[];
  readonly #effects: FaultEffects;
  /** Those that have struck at the place where the program is, or struck once and strike no more. */
  readonly #spent = new Set<PlacedFault>();
  #isDead = false;

  constructor(program: ReplicaProgram, guest: ProgramGuest, faults: readonly PlacedFault[], effects: FaultEffects) {
    this.#program = program;
    this.#guest = guest;
    this.#faults = faults;
    this.#effects = effects;
  }

  get progress(): number {
    return this.#program.progress;
  }
  get position(): number {
    return this.#program.position;
  }
  get checkPoint(): CheckPoint {
    return this.#program.checkPoint;
  }
  get length(): number {
    return this.#program.length!;
  }

  run(untilNs: number, untilPosition = Infinity): ProgramStop {
    for (;;) {
      this.#strike();
      if (this.#isDead) return 'time';
      const next = this.#next()?.position ?? Infinity;
      const stop = this.#program.run(untilNs, Math.min(untilPosition, next));
      if (stop === 'finished') this.#strike(); // before the last comparison
      const isAtFault = stop === 'position' && this.position === next && next < untilPosition;
      if (!isAtFault) return stop;
    }
  }

  refill(): Promise<void> {
    return this.#program.refill!();
  }

  state(): Uint8Array {
    return this.#program.state!();
  }

  /** A fault that is not permanent does not come back; it has passed. */
  restore(state: Uint8Array, checkPoint: CheckPoint): void {
    this.#program.restore!(state, checkPoint);
    for (const fault of this.#faults) if (fault.isPermanent && fault.position >= this.position) this.#spent.delete(fault);
  }

  dispose(): void | Promise<void> {
    return this.#program.dispose?.();
  }

  #next(): PlacedFault | undefined {
    return this.#faults.find((fault) => !this.#spent.has(fault) && fault.position >= this.position);
  }

  /** What falls here. */
  #strike(): void {
    for (const fault of this.#faults) {
      if (fault.position !== this.position || this.#spent.has(fault)) continue;
      const hasStruck = this.#carryOut(fault);
      this.#spent.add(fault);
      if (hasStruck) this.#effects.struck(fault, this.#guest.timeNs);
    }
  }

  /** Whether it struck. */
  #carryOut(fault: PlacedFault): boolean {
    const { what } = fault;
    switch (what.kind) {
      case 'memory':
        return what.isUnseen ? this.#flip(what) : this.#write(what);
      case 'state':
        this.#program.restore!(flipped(this.#program.state!(), what.bits), this.checkPoint);
        return true;
      case 'dies':
        this.#isDead = true;
        this.#effects.die(this.#guest, fault);
        return true;
    }
  }

  /** A wrong write: one more access of the replica for each byte. */
  #write({ address, change }: PlacedWhat & { readonly kind: 'memory' }): boolean {
    for (const { offset, mask, byte } of bytesOf(change)) {
      const before = this.#guest.replica.peek(address + offset, new Uint8Array(1))[0]!;
      this.#guest.replica.memory.store8(address + offset, byte ?? before ^ mask);
    }
    return true;
  }

  /** Behind everybody's back; the page is brought in first, since only a frame can be hit. */
  #flip({ address, change }: PlacedWhat & { readonly kind: 'memory' }): boolean {
    let isHit = true;
    for (const { offset, mask, byte } of bytesOf(change)) {
      const before = this.#guest.replica.memory.load8(address + offset);
      const wrong = byte === null ? mask : before ^ byte;
      for (let bit = 0; bit < BYTE_BITS; bit += 1)
        if (((wrong >> bit) & 1) === 1) isHit = this.#effects.flip(this.#guest, address + offset, bit);
    }
    return isHit;
  }
}

/** The bytes that a change touches, ascending: bits that flip in it, or what it becomes. */
function bytesOf(
  change: (PlacedWhat & { readonly kind: 'memory' })['change'],
): readonly { readonly offset: number; readonly mask: number; readonly byte: number | null }[] {
  if ('byte' in change) return [{ offset: 0, mask: 0, byte: change.byte }];
  const masks = new Map<number, number>();
  for (const bit of change.bits) {
    const offset = Math.floor(bit / BYTE_BITS);
    masks.set(offset, (masks.get(offset) ?? 0) ^ (1 << (bit % BYTE_BITS)));
  }
  return [...masks].sort(([a], [b]) => a - b).map(([offset, mask]) => ({ offset, mask, byte: null }));
}

function flipped(state: Uint8Array, bits: readonly number[]): Uint8Array {
  const wrong = state.slice();
  for (const bit of bits) {
    const byte = Math.floor(bit / BYTE_BITS);
    if (byte < wrong.length) wrong[byte]! ^= 1 << (bit % BYTE_BITS);
  }
  return wrong;
}
