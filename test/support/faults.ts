// Faults of one replica: a wrong write, or a wrong state, when its program has come to a place.
import type { CheckPoint, ProgramGuest, ProgramMaker, ProgramStop, ReplicaProgram } from '../../bindings/lockstep/types.ts';

export interface Fault {
  /** VMID. */
  readonly replica: number;
  /** Strikes once, on the way from this check point, */
  readonly after: CheckPoint['id'];
  /** when the program has come this far. */
  readonly position: number;
  /** A bit of the byte at an address, or of a byte of the processor state. */
  readonly kind: 'write' | 'state';
  readonly place: number;
  readonly bit: number;
}

/** Programs that faults happen to. `struck` gets those that did. */
export function faulty(make: ProgramMaker, faults: readonly Fault[], struck: Fault[] = []): ProgramMaker {
  return (guest) =>
    new FaultyProgram(
      make(guest),
      guest,
      faults.filter(({ replica }) => replica === guest.number),
      struck,
    );
}

class FaultyProgram implements ReplicaProgram {
  readonly #program: ReplicaProgram;
  readonly #guest: ProgramGuest;
  readonly #faults: Fault[];
  readonly #struck: Fault[];

  constructor(program: ReplicaProgram, guest: ProgramGuest, faults: readonly Fault[], struck: Fault[]) {
    this.#program = program;
    this.#guest = guest;
    this.#faults = [...faults].sort((a, b) => a.position - b.position);
    this.#struck = struck;
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

  run(untilNs: number, untilPosition = Infinity): ProgramStop {
    for (;;) {
      const next = this.#faults[0];
      const at = next?.after === this.checkPoint.id ? next.position : Infinity;
      if (this.position >= at) this.#strike(this.#faults.shift()!);
      else {
        const stop = this.#program.run(untilNs, Math.min(untilPosition, at));
        if (stop !== 'position' || this.position >= untilPosition) return stop;
      }
    }
  }

  refill(): Promise<void> {
    return this.#program.refill?.() ?? Promise.resolve();
  }

  state(): Uint8Array {
    return this.#program.state!();
  }

  restore(state: Uint8Array, checkPoint: CheckPoint): void {
    this.#program.restore!(state, checkPoint);
  }

  dispose(): void | Promise<void> {
    return this.#program.dispose?.();
  }

  #strike(fault: Fault): void {
    const { kind, place, bit } = fault;
    this.#struck.push(fault);
    if (kind === 'write') {
      const { memory } = this.#guest.replica;
      memory.store8(place, memory.load8(place) ^ (1 << bit));
      return;
    }
    const state = this.state();
    state[place]! ^= 1 << bit;
    this.restore(state, this.checkPoint);
  }
}
