/**
 * What a change does that is larger than what the reserve holds unused (JP 2009-26117A [0074-0077]). `reject`: it fails with RESERVE_EXHAUSTED. `wait`: it is
 * granted in parts, as the reserve is refilled.
 */
export type ReserveShortfall = 'reject' | 'wait';

export const RESERVE_SHORTFALLS: Readonly<Record<ReserveShortfall, number>> = { reject: 0, wait: 1 };
