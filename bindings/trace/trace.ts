// What every trace is to its users, whatever file it comes from: blocks of the compact format.

export interface TraceTotals {
  readonly records: number;
  /** Loads, stores and modifies. */
  readonly dataRecords: number;
  /** Traced 4 KiB units that the records touch: the footprint. */
  readonly units: number;
  readonly blocks: number;
  /** Bytes of all payloads. */
  readonly payloadBytes: number;
}

/** Records that follow each other. A block can be decoded without the ones before it. */
export interface TraceBlock {
  readonly index: number;
  /** Number of its first record in the trace. */
  readonly firstRecord: number;
  readonly records: number;
  readonly dataRecords: number;
  /** For the decoder; addresses in it are linear. Holds until the next block is asked for. */
  readonly payload: Uint8Array;
  /** The linear number of the first unit that no earlier block touches. */
  readonly firstUnit: number;
  /** Traced numbers (address / 4096) of the units firstUnit, firstUnit + 1, … */
  readonly units: Float64Array;
}

export interface TraceReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called now and then with the bytes of the file read so far, and its length where that is known. */
  readonly progress?: ((bytesDone: number, bytesTotal: number | null) => void) | undefined;
}

export type TraceFormat = 'lackey' | 'compact';

/** A trace that can be read any number of times. */
export interface Trace {
  /** The file's name, for messages. */
  readonly name: string;
  readonly format: TraceFormat;
  readonly gzip: boolean;
  /** A compact trace has them in its header; lackey's text is read once, the first time. */
  totals(options?: TraceReadOptions): Promise<TraceTotals>;
  blocks(options?: TraceReadOptions): AsyncGenerator<TraceBlock>;
}
