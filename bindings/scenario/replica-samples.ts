import type { MemoryFigures, MemorySamples, ReplicaSamples } from './replica-result.ts';

const SAMPLES_MAX = 600;
const STRIDE_NS_FIRST = 1000;

/** Memory in use over virtual time: the most, the mean, and samples of it. Time never runs backwards here. */
export class MemoryWatch {
  readonly samples: { readonly virtualNs: number[]; readonly bytes: number[] } = { virtualNs: [], bytes: [] };
  readonly #columns: readonly number[][];
  #timeNs = 0;
  #bytes = 0;
  #peakBytes = 0;
  #byteNs = 0;
  #strideNs = STRIDE_NS_FIRST;
  #nextNs = 0;
  #most = 0;

  /** `columns`: what else is sampled, one value a column at the same times. */
  constructor(columns: readonly number[][] = []) {
    this.#columns = columns;
  }

  /** So much is in use since the time before; it is looked at when something has run, not while it does. `others` are asked for only when a sample is due. */
  note(timeNs: number, bytes: number, others: () => readonly number[] = () => []): void {
    if (timeNs > this.#timeNs) {
      this.#byteNs += bytes * (timeNs - this.#timeNs);
      this.#timeNs = timeNs;
    }
    this.#bytes = bytes;
    this.#most = Math.max(this.#most, bytes);
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    if (this.#timeNs >= this.#nextNs) this.#sample(others());
  }

  /** The end: a last sample, and the figures. */
  finish(timeNs: number, bytes: number, others: () => readonly number[] = () => []): MemoryFigures {
    this.#nextNs = 0;
    this.note(timeNs, bytes, others);
    return { peakBytes: this.#peakBytes, meanBytes: this.#timeNs > 0 ? this.#byteNs / this.#timeNs : this.#bytes };
  }

  #sample(others: readonly number[]): void {
    const { virtualNs, bytes } = this.samples;
    virtualNs.push(this.#timeNs);
    bytes.push(this.#most);
    others.forEach((value, column) => this.#columns[column]!.push(value));
    this.#most = this.#bytes;
    if (virtualNs.length > SAMPLES_MAX) this.#halve();
    this.#nextNs = this.#timeNs + this.#strideNs;
  }

  /** Every other sample goes; memory keeps the larger one of each pair. */
  #halve(): void {
    const { virtualNs, bytes } = this.samples;
    const isKept = (index: number): boolean => index % 2 === 0;
    const larger = bytes.map((value, index) => Math.max(value, bytes[index - 1] ?? 0));
    for (const column of [virtualNs, ...this.#columns])
      replace(
        column,
        column.filter((_, index) => isKept(index)),
      );
    replace(
      bytes,
      larger.filter((_, index) => isKept(index)),
    );
    this.#strideNs *= 2;
  }
}

function replace(column: number[], values: readonly number[]): void {
  column.splice(0, column.length, ...values);
}

/** What is drawn of a VM of replicas: memory, merges and copies so far, and how far each replica is. */
export class ReplicaWatch {
  readonly #merges: number[] = [];
  readonly #copies: number[] = [];
  readonly #records: number[][];
  readonly memory: MemoryWatch;

  constructor(replicas: number) {
    this.#records = Array.from({ length: replicas }, () => []);
    this.memory = new MemoryWatch([this.#merges, this.#copies, ...this.#records]);
  }

  get samples(): ReplicaSamples {
    const { virtualNs, bytes }: MemorySamples = this.memory.samples;
    return { virtualNs, bytes, merges: this.#merges, copies: this.#copies, records: this.#records };
  }
}
