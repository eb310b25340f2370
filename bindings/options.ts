import { InvalidOptionError } from './errors.ts';

/** Checks at the door: what TypeScript promises is checked again for callers without it. */

/** Addresses of a replica have 32 bits. */
export const ADDRESS_SPACE_BYTES_MOST = 2 ** 32;

/** The value as an object that has no field but the `known` ones. */
export function checkFields(what: string, value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(what, value, `an object with some of: ${known.join(', ')}`);
  }
  for (const [field, given] of Object.entries(value)) {
    if (!known.includes(field)) throw new InvalidOptionError(`${what}.${field}`, given, known.join(', '), 'an unknown option');
  }
  return value as Readonly<Record<string, unknown>>;
}

/** A whole number from `least` to `most`. */
export function checkInteger(field: string, value: unknown, least: number, most: number = Number.MAX_SAFE_INTEGER): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most) {
    throw new InvalidOptionError(
      field,
      value,
      most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least}` : `a whole number from ${least} to ${most}`,
    );
  }
  return value;
}

/** One of the names of a table. */
export function checkChoice<Name extends string>(field: string, value: unknown, choices: Readonly<Record<Name, unknown>>): Name {
  if (typeof value !== 'string' || !Object.hasOwn(choices, value)) {
    throw new InvalidOptionError(
      field,
      value,
      Object.keys(choices)
        .map((name) => `'${name}'`)
        .join(', '),
    );
  }
  return value as Name;
}

export function checkBoolean(field: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new InvalidOptionError(field, value, 'true or false');
  return value;
}

export function checkFunction(field: string, value: unknown): void {
  if (typeof value !== 'function') throw new InvalidOptionError(field, value, 'a function');
}

/** A multiple of `unit`, from `least` up. */
export function checkMultiple(field: string, value: number, unit: number, unitName: string, least: number = unit): number {
  if (value < least || value % unit !== 0) {
    throw new InvalidOptionError(field, value, `a multiple of ${unitName} (${unit} bytes), at least ${least}`);
  }
  return value;
}

export function checkPowerOfTwo(field: string, value: number, least: number, most: number): number {
  if (value < least || value > most || 2 ** Math.round(Math.log2(value)) !== value) {
    throw new InvalidOptionError(field, value, `a power of two from ${least} to ${most}`);
  }
  return value;
}
