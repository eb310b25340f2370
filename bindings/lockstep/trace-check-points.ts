import { InvalidOptionError } from '../errors.ts';
import { checkFields, checkInteger } from '../options.ts';
import { parseFraction } from '../units.ts';
import type { Quantity } from '../units.ts';

/** Where a trace has check points: every so many records or every part of it, or at these parts, ascending. By default at its end only. */
export type TraceCheckPoints = { readonly every: Quantity } | { readonly at: readonly Quantity[] };

/** Check points more than these are a mistake. */
const CHECK_POINTS_MOST = 2 ** 24;

/** Records before which the check points of a trace of `length` records lie, ascending, its end left out. */
export type CheckPointPlaces = (afterRecord: number) => number;

/** The first check point behind a record; the end of the trace where there is none. A part p of the trace ends before record floor(p x length). */
export function checkPointPlaces(field: string, value: unknown, length: number): CheckPointPlaces {
  if (value === undefined) return () => length;
  const form = checkFields(field, value, ['every', 'at']);
  if ((form['every'] === undefined) === (form['at'] === undefined))
    throw new InvalidOptionError(field, value, "{ every: records or a part such as '10 %' } or { at: ['10 %', …] }");
  return form['every'] === undefined ? atParts(`${field}.at`, form['at'], length) : atEvery(`${field}.every`, form['every'], length);
}

function atEvery(field: string, value: unknown, length: number): CheckPointPlaces {
  if (typeof value === 'number' && value >= 1) {
    const every = checkInteger(field, value, 1);
    requireFew(field, value, length / every);
    return (after) => Math.min((Math.floor(after / every) + 1) * every, length);
  }
  const part = parseFraction(field, value);
  if (part === 0) throw new InvalidOptionError(field, value, "a count of records from 1, or a part above 0 such as '10 %'");
  requireFew(field, value, 1 / part);
  return placesBehind(
    Array.from({ length: Math.ceil(1 / part) - 1 }, (_, index) => placeOf((index + 1) * part, length)),
    length,
  );
}

function atParts(field: string, value: unknown, length: number): CheckPointPlaces {
  if (!Array.isArray(value)) throw new InvalidOptionError(field, value, "an array of parts such as '10 %'");
  requireFew(field, value, value.length);
  const parts = value.map((part: unknown, index) => parseFraction(`${field}[${index}]`, part));
  const wrong = parts.findIndex((part, index) => part <= (parts[index - 1] ?? 0) || part >= 1);
  if (wrong >= 0)
    throw new InvalidOptionError(`${field}[${wrong}]`, value[wrong], 'parts between 0 and 1, each larger than the one before');
  return placesBehind(
    parts.map((part) => placeOf(part, length)),
    length,
  );
}

/** What decimal fractions leave a hair below a whole number is that number. */
function placeOf(part: number, length: number): number {
  const place = part * length;
  const whole = Math.round(place);
  return Math.abs(place - whole) < 1e-6 ? whole : Math.floor(place);
}

function placesBehind(all: readonly number[], length: number): CheckPointPlaces {
  const places = [...new Set(all)].filter((place) => place > 0 && place < length);
  return (after) => {
    let low = 0;
    let high = places.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (places[middle]! > after) high = middle;
      else low = middle + 1;
    }
    return places[low] ?? length;
  };
}

function requireFew(field: string, value: unknown, count: number): void {
  if (count > CHECK_POINTS_MOST) throw new InvalidOptionError(field, value, `at most ${CHECK_POINTS_MOST} check points`);
}
