// Numbers with units, as people read them.

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;
const BYTE_UNIT_STEP = 1024;
const TIME_UNITS = ['ns', 'us', 'ms', 's'] as const;
const TIME_UNIT_STEP = 1000;
const DIGITS = 3;

/** 16777216 as "16MiB"; what is no whole number of a unit gets three digits: "1.46KiB". */
export function bytesShown(bytes: number): string {
  return inLargestUnit(bytes, BYTE_UNITS, BYTE_UNIT_STEP, '');
}

/** 61234567 as "61.2 ms". */
export function timeShown(ns: number): string {
  return inLargestUnit(ns, TIME_UNITS, TIME_UNIT_STEP, ' ');
}

/** 1234567 as "1 234 567". */
export function countShown(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, '\u202f');
}

function inLargestUnit(value: number, units: readonly string[], step: number, space: string): string {
  let magnitude = Math.abs(value);
  let unit = 0;
  while (unit < units.length - 1 && rounded(magnitude) >= step) {
    magnitude /= step;
    unit += 1;
  }
  return `${value < 0 ? '-' : ''}${rounded(magnitude)}${space}${units[unit]!}`;
}

/** To three digits, more of them only before the point. */
function rounded(magnitude: number): number {
  return magnitude >= 10 ** DIGITS ? Math.round(magnitude) : Number(magnitude.toPrecision(DIGITS));
}
