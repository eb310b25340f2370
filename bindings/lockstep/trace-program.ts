import { TRACE_UNIT_BYTES } from '../../assembly/shared/trace-format.ts';
import { Player } from '../engine/player.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkBoolean, checkFields } from '../options.ts';
import type { SignalOption } from '../signal.ts';
import type { Trace } from '../trace/trace.ts';
import { TraceBlocks } from './trace-blocks.ts';
import { checkPointPlaces } from './trace-check-points.ts';
import type { CheckPointPlaces, TraceCheckPoints } from './trace-check-points.ts';
import { CHECK_POINT_END, CHECK_POINT_START } from './types.ts';
import type { CheckPoint, ProgramGuest, ProgramMaker, ProgramStop, ReplicaProgram } from './types.ts';

export interface TraceProgramOptions extends SignalOption {
  /** Where the replicas meet; at the end only by default. */
  readonly checkPoints?: TraceCheckPoints;
  /** Loads leave their bytes too, as stores do (true). */
  readonly loadsStore?: boolean;
}

/** Makes programs that replay one trace, each with a player of the engine (`maxPlayers`). */
export interface TraceProgramMaker extends ProgramMaker {
  /** Records of the trace. */
  readonly length: number;
  /** Address space that the replicas need, in bytes. */
  readonly footprintBytes: number;
  /** Traced numbers of the 4 KiB units, in the order of the replicas' address spaces; complete when the trace has been read to its end. */
  readonly units: readonly number[];
  /** Ends the reading of the trace. */
  dispose(): Promise<void>;
}

const FIELDS = ['checkPoints', 'loadsStore', 'signal'];

/**
 * A recorded memory trace as a program for replicas: each replays all of it, with the contents that docs/semantics.md defines. Its processor state is the
 * number of the next record and of the next data record: a wrong one makes wrong stores from then on. Blocks of the trace are read once for all and stay in
 * memory (0.06 to 0.3 bytes a record).
 */
export async function traceProgram(trace: Trace, options: TraceProgramOptions = {}): Promise<TraceProgramMaker> {
  if (!isTrace(trace)) throw new InvalidOptionError('trace', trace, 'a trace, as openTrace() gives one');
  checkFields('options', options, FIELDS);
  const { signal, loadsStore = true } = options;
  checkBoolean('loadsStore', loadsStore);
  const totals = await trace.totals({ signal });
  const blocks = new TraceBlocks(trace, { signal });
  const plan: TracePlan = {
    blocks,
    length: totals.records,
    footprintBytes: totals.units * TRACE_UNIT_BYTES,
    places: checkPointPlaces('checkPoints', options.checkPoints, totals.records),
    loadsStore,
  };
  const make: ProgramMaker = (guest) => new TraceProgram(plan, guest);
  const { length, footprintBytes } = plan;
  const properties = { footprintBytes, units: blocks.units, dispose: () => blocks.dispose() };
  // a function has a length of its own, which assignment does not reach
  return Object.defineProperty(Object.assign(make, properties), 'length', { value: length });
}

function isTrace(value: unknown): boolean {
  const { totals, blocks } = (value ?? {}) as Partial<Trace>;
  return typeof totals === 'function' && typeof blocks === 'function';
}

interface TracePlan {
  readonly blocks: TraceBlocks;
  readonly length: number;
  readonly footprintBytes: number;
  readonly places: CheckPointPlaces;
  readonly loadsStore: boolean;
}

/*  Processor state, little endian:
    byte 0        4           8                  12
        ┌─────────┬───────────┬──────────────────┐
        │ position│ position  │ data records done│
        │ low     │ high      │ mod 2^32         │
        └─────────┴───────────┴──────────────────┘  */
const STATE_HIGH = 4;
const STATE_DATA = STATE_HIGH + 4;
const STATE_BYTES = STATE_DATA + 4;
const WORD = 2 ** 32;

class TraceProgram implements ReplicaProgram {
  readonly #plan: TracePlan;
  readonly #guest: ProgramGuest;
  readonly #player: Player;
  /** Number of the record behind the block that was fed; 0: none was. */
  #fedTo = 0;
  /** A state that the player has not taken up yet. */
  #seek: { readonly position: number; readonly dataIndex: number } | null = null;
  #checkPoint: CheckPoint = CHECK_POINT_START;

  constructor(plan: TracePlan, guest: ProgramGuest) {
    const { replica } = guest;
    if (plan.footprintBytes > replica.addressSpaceBytes)
      throw new InvalidOptionError(
        'addressSpace',
        replica.addressSpaceBytes,
        `at least the ${plan.footprintBytes} bytes that the trace touches`,
      );
    this.#plan = plan;
    this.#guest = guest;
    this.#player = new Player(replica.core, replica.vm.handle, replica.handle, { loadsStore: plan.loadsStore, knowsNextUse: false });
  }

  get position(): number {
    return this.#seek?.position ?? this.#player.position;
  }
  get length(): number {
    return this.#plan.length;
  }
  get progress(): number {
    return this.position / this.length;
  }
  get checkPoint(): CheckPoint {
    return this.#checkPoint;
  }

  run(untilNs: number, untilPosition = Infinity): ProgramStop {
    const { length, places } = this.#plan;
    for (;;) {
      const { position } = this;
      if (position === length) return this.#finish();
      if (position > length) throw new RangeError(`Record ${position} was to be played; the trace has ${length}.`);
      if (position >= untilPosition) return 'position';
      if (!this.#feed(position)) return 'input';
      const place = places(position);
      this.#player.run(untilNs, Math.min(place, untilPosition, this.#fedTo) - position);
      if (this.position === place && place < length) return this.#arrive(place);
      if (this.position < Math.min(this.#fedTo, untilPosition)) return this.#guest.timeNs >= untilNs ? 'time' : 'waited';
    }
  }

  async refill(): Promise<void> {
    await this.#plan.blocks.read(this.position);
  }

  state(): Uint8Array {
    const { position } = this;
    const bytes = new Uint8Array(STATE_BYTES);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, position % WORD, true);
    view.setUint32(STATE_HIGH, Math.floor(position / WORD), true);
    view.setUint32(STATE_DATA, this.#seek?.dataIndex ?? this.#player.dataIndex, true);
    return bytes;
  }

  restore(state: Uint8Array, checkPoint: CheckPoint): void {
    if (state.length !== STATE_BYTES) throw new InvalidOptionError('state', state, `${STATE_BYTES} bytes that state() gave`);
    const view = new DataView(state.buffer, state.byteOffset, STATE_BYTES);
    const position = view.getUint32(0, true) + view.getUint32(STATE_HIGH, true) * WORD;
    this.#seek = { position, dataIndex: view.getUint32(STATE_DATA, true) };
    this.#checkPoint = checkPoint;
  }

  dispose(): void {
    this.#player.dispose();
  }

  /** Brings the block that holds a record into the player. Whether it has been read. */
  #feed(position: number): boolean {
    if (this.#seek === null && position < this.#fedTo) return true;
    const block = this.#plan.blocks.holding(position);
    if (block === undefined) return false;
    const { payload, records, firstRecord } = block;
    this.#player.feed({ payload, records, nextUses: null });
    if (this.#seek !== null) this.#player.seek(position, this.#seek.dataIndex, position - firstRecord);
    this.#seek = null;
    this.#fedTo = firstRecord + records;
    return true;
  }

  #arrive(place: number): ProgramStop {
    this.#checkPoint = { id: place, progress: place / this.length };
    return 'checkPoint';
  }

  #finish(): ProgramStop {
    this.#checkPoint = CHECK_POINT_END;
    return 'finished';
  }
}
