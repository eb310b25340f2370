import { UsufructError, type ErrorDetails } from '../errors.ts';

/** What every refusal of a trace tells. */
export type TraceErrorDetails = ErrorDetails & { readonly file: string };

export type TraceErrorCode =
  | 'TRACE_NOT_READABLE' // the file cannot be opened, read or written
  | 'TRACE_EMPTY' // not one record
  | 'TRACE_FORMAT' // neither lackey's text nor a compact trace
  | 'TRACE_GZIP' // the compressed data is damaged or cut off
  | 'TRACE_LINE' // a line that starts like a record is not one
  | 'TRACE_SIZE' // 0 bytes, or more than a unit
  | 'TRACE_ADDRESS' // ends past 2^64
  | 'TRACE_FOOTPRINT' // touches more units than linear addresses can name
  | 'TRACE_VERSION' // a compact trace of another version
  | 'TRACE_TRUNCATED' // a compact trace that ends early
  | 'TRACE_CORRUPT' // a compact trace whose bytes contradict each other
  | 'TRACE_RANGE'; // a window of records that the trace does not have

/** A trace that cannot be used. Details: `file`, then `line` or `byte`, `value` and `allowed` as far as they apply. */
export class TraceError extends UsufructError {
  declare readonly code: TraceErrorCode;

  // eslint-disable-next-line @typescript-eslint/no-useless-constructor -- it narrows what `code` may be
  constructor(code: TraceErrorCode, message: string, details: TraceErrorDetails, options?: ErrorOptions) {
    super(code, message, details, options);
  }
}

/** The refusal of a compact trace at a byte of the (decompressed) file. */
export function corruptAt(file: string, byte: number, what: string): TraceError {
  return new TraceError(
    'TRACE_CORRUPT',
    `${file}, byte ${byte}: ${what}; the file is damaged, make it again with 'usufruct trace convert'.`,
    { file, byte },
  );
}
