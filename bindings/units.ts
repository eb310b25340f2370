import { InvalidOptionError } from './errors.ts';

/** A number, or text with a unit: '48MiB', '90us', '3GB/s', '10 %'. */
export type Quantity = number | string;

type Units = Readonly<Record<string, number>>;

const BYTES: Units = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};
const TIME_NS: Units = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9 };
const BANDWIDTH: Units = Object.fromEntries(Object.entries(BYTES).map(([unit, bytes]) => [`${unit}/s`, bytes]));
const FREQUENCY_HZ: Units = { Hz: 1, kHz: 1e3, MHz: 1e6, GHz: 1e9 };
const FRACTION: Units = { '%': 0.01 };

const QUANTITY = /^\s*([+-]?)(\d+(?:\.\d+)?|\.\d+)\s*(\S*)\s*$/;

interface Grammar {
  readonly units: Units;
  readonly allowed: string;
  readonly signed?: boolean;
  readonly whole?: boolean;
  readonly most?: number;
}

const SIZE = 'a whole number of bytes, or text with a unit (B, KiB, MiB, GiB, TiB, kB, MB, GB, TB)';

/** A size in bytes, 0 or more. */
export function parseBytes(field: string, value: unknown): number {
  return parse(field, value, { units: BYTES, allowed: `${SIZE}, not negative`, whole: true });
}

/** A size in bytes with a sign: '-16MiB', '+16MiB', -65536. */
export function parseBytesSigned(field: string, value: unknown): number {
  return parse(field, value, { units: BYTES, allowed: `${SIZE}, with or without a sign`, whole: true, signed: true });
}

/** A duration in whole nanoseconds, 0 or more. */
export function parseTimeNs(field: string, value: unknown): number {
  return parse(field, value, {
    units: TIME_NS,
    allowed: 'a whole number of nanoseconds, or text with a unit (ns, us, ms, s), not negative',
    whole: true,
  });
}

/** A bandwidth in bytes per second, more than 0. */
export function parseBandwidth(field: string, value: unknown): number {
  const allowed = 'a number of bytes per second above 0, or text with a unit (MB/s, MiB/s, GB/s, GiB/s, ...)';
  const result = parse(field, value, { units: BANDWIDTH, allowed });
  if (result === 0) throw new InvalidOptionError(field, value, allowed);
  return result;
}

/** A frequency in Hz, more than 0: '2GHz', 1e9. */
export function parseFrequencyHz(field: string, value: unknown): number {
  const allowed = 'a number of Hz above 0, or text with a unit (Hz, kHz, MHz, GHz)';
  const result = parse(field, value, { units: FREQUENCY_HZ, allowed });
  if (result === 0) throw new InvalidOptionError(field, value, allowed);
  return result;
}

/** A fraction from 0 to 1: 0.5, '50 %', '0.5'. */
export function parseFraction(field: string, value: unknown): number {
  return parse(field, value, { units: FRACTION, allowed: "a number from 0 to 1, or text such as '10 %'", most: 1 });
}

function parse(field: string, value: unknown, grammar: Grammar): number {
  const result = typeof value === 'string' ? parseText(value, grammar.units) : value;
  if (typeof result !== 'number' || !withinGrammar(result, grammar)) throw new InvalidOptionError(field, value, grammar.allowed);
  return result;
}

function withinGrammar(result: number, grammar: Grammar): boolean {
  if (!Number.isFinite(result)) return false;
  if (grammar.whole === true && !Number.isSafeInteger(result)) return false;
  if (grammar.signed !== true && result < 0) return false;
  return grammar.most === undefined || result <= grammar.most;
}

function parseText(text: string, units: Units): number | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, sign, digits, unit] = match;
  const factor = unit === '' ? 1 : Object.hasOwn(units, unit!) ? units[unit!]! : undefined;
  if (factor === undefined) return undefined;
  const magnitude = scaled(Number(digits), factor);
  return sign === '-' ? -magnitude : magnitude;
}

/** `number * factor`; a product that decimal fractions leave a hair beside a whole number (0.1 us = 100 ns) is that whole number. */
function scaled(number: number, factor: number): number {
  const product = factor < 1 ? number / (1 / factor) : number * factor; // 35 % is 0.35 to the last bit
  const whole = Math.round(product);
  return Math.abs(product - whole) <= Number.EPSILON * 4 * Math.abs(product) ? whole : product;
}

const BYTE_STEPS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const TIME_STEPS = ['ns', 'us', 'ms', 's'] as const;
const DECIMALS = 2;

/** 262144 -> '256KiB'; at most two decimals. */
export function formatBytes(bytes: number): string {
  return formatSteps(bytes, BYTE_STEPS, 2 ** 10);
}

/** 90000 -> '90us'; at most two decimals. */
export function formatNs(timeNs: number): string {
  return formatSteps(timeNs, TIME_STEPS, 1e3);
}

/** The unit is chosen after rounding: 1048575 is 1MiB, not 1024KiB. */
function formatSteps(value: number, units: readonly string[], step: number): string {
  let index = 0;
  let rounded = Number(value.toFixed(DECIMALS));
  while (index < units.length - 1 && Math.abs(rounded) >= step) {
    index += 1;
    rounded = Number((value / step ** index).toFixed(DECIMALS));
  }
  return `${rounded}${units[index]!}`;
}
