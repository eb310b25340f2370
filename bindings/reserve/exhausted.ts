import { ReserveExhaustedError } from '../errors.ts';

/** JP 2009-26117A [0074-0075]: a change larger than what the pool holds unused. */
export function reserveExhaustedError(requested: number, available: number, regionBytes: number): ReserveExhaustedError {
  return new ReserveExhaustedError(
    `${requested} regions (${requested * regionBytes} bytes) are to be given up, but the reserve has only ${available} unused (${available * regionBytes} bytes). Nothing was changed; wait until it is refilled, ask for less, make the reserve larger, or choose reserve.shortfall: 'wait'.`,
    { requested, available, requestedBytes: requested * regionBytes, availableBytes: available * regionBytes },
  );
}
