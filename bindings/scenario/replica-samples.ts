import type { MemoryFigures, MemorySamples, ReplicaSamples } from './replica-result.ts';

const SAMPLES_MAX = 600;
const STRIDE_NS_FIRST = 1000;

/** Memory in use over virtual time: the most, the mean, and samples of it. Time never runs backwards here. */
export class MemoryWatch {
  readonly samples: { readonly virtualNs: number[]; readonly bytes: number[] } = { virtualNs: [], bytes: [] };
  readonly #peaks: readonly number[][];
  readonly #lasts: readonly number[][];
  #timeNs = 0;
  #bytes = 0;
  #peakBytes = 0;
  #byteNs = 0;
  #strideNs = STRIDE_NS_FIRST;
  #nextNs = 0;
  /** Since the last sample. */
  #most: number[];

  /** What else is sampled at the same times, a value a column: `peaks` as memory is, the most since the sample before; `lasts` as they are then. */
  constructor(peaks: readonly number[][] = [], lasts: readonly number[][] = []) {
    this.#peaks = [this.samples.bytes, ...peaks];
    this.#lasts = lasts;
    this.#most = this.#peaks.map(() => 0);
  }

  /** So much is in use since the time before; it is looked at when something has run, not while it does. `lasts` are asked for only when a sample is due. */
  note(timeNs: number, bytes: number, peaks: readonly number[] = [], lasts: () => readonly number[] = () => []): void {
    if (timeNs > this.#timeNs) {
      this.#byteNs += bytes * (timeNs - this.#timeNs);
      this.#timeNs = timeNs;
    }
    const now = [bytes, ...peaks];
    now.forEach((value, column) => (this.#most[column] = Math.max(this.#most[column]!, value)));
    this.#bytes = bytes;
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    if (this.#timeNs >= this.#nextNs) this.#sample(now, lasts());
  }

  /** The end: a last sample, and the figures. */
  finish(timeNs: number, bytes: number, peaks: readonly number[] = [], lasts: () => readonly number[] = () => []): MemoryFigures {
    this.#nextNs = 0;
    this.note(timeNs, bytes, peaks, lasts);
    return { peakBytes: this.#peakBytes, meanBytes: this.#timeNs > 0 ? this.#byteNs / this.#timeNs : this.#bytes };
  }

  #sample(now: number[], lasts: readonly number[]): void {
    const { virtualNs } = this.samples;
    virtualNs.push(this.#timeNs);
    this.#most.forEach((value, column) => this.#peaks[column]!.push(value));
    lasts.forEach((value, column) => this.#lasts[column]!.push(value));
    this.#most = now;
    if (virtualNs.length > SAMPLES_MAX) this.#halve();
    this.#nextNs = this.#timeNs + this.#strideNs;
  }

  /** Every other sample goes; peaks keep the larger one of each pair. */
  #halve(): void {
    const everyOther = (column: readonly number[]): readonly number[] => column.filter((_, index) => index % 2 === 0);
    for (const column of [this.samples.virtualNs, ...this.#lasts]) replace(column, everyOther(column));
    for (const column of this.#peaks) {
      const larger = column.map((value, index) => Math.max(value, column[index - 1] ?? 0));
      replace(column, everyOther(larger));
    }
    this.#strideNs *= 2;
  }
}

function replace(column: number[], values: readonly number[]): void {
  column.splice(0, column.length, ...values);
}

/** What is drawn of a VM of replicas: memory, merges and copies so far, how far each replica is, and how far they are apart. */
export class ReplicaWatch {
  readonly #apart: number[] = [];
  readonly #merges: number[] = [];
  readonly #copies: number[] = [];
  readonly #records: number[][];
  readonly #memory: MemoryWatch;

  constructor(replicas: number) {
    this.#records = Array.from({ length: replicas }, () => []);
    this.#memory = new MemoryWatch([this.#apart], [this.#merges, this.#copies, ...this.#records]);
  }

  /** `records`: done by each replica. */
  note(timeNs: number, bytes: number, records: readonly number[], sharing: () => readonly [merges: number, copies: number]): void {
    this.#memory.note(timeNs, bytes, [spread(records)], () => [...sharing(), ...records]);
  }

  finish(
    timeNs: number,
    bytes: number,
    records: readonly number[],
    sharing: () => readonly [merges: number, copies: number],
  ): MemoryFigures {
    return this.#memory.finish(timeNs, bytes, [spread(records)], () => [...sharing(), ...records]);
  }

  get samples(): ReplicaSamples {
    const { virtualNs, bytes }: MemorySamples = this.#memory.samples;
    return { virtualNs, bytes, apart: this.#apart, merges: this.#merges, copies: this.#copies, records: this.#records };
  }
}

function spread(records: readonly number[]): number {
  let [least, most] = [Infinity, 0];
  for (const done of records) {
    if (done < least) least = done;
    if (done > most) most = done;
  }
  return records.length === 0 ? 0 : most - least;
}
