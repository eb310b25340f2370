// Errors on their way out of a worker: classes, codes, details and causes arrive as they were.
import * as errors from '../errors.ts';
import type { ErrorDetails } from '../errors.ts';

/** Causes of causes that are kept. */
const CAUSES_MOST = 4;

interface ErrorWire {
  /** The class in errors.ts; undefined for errors of others. */
  readonly type: string | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Its own fields that are numbers or text, such as a system's error code. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly details: ErrorDetails | undefined;
  readonly cause: ThrownWire | undefined;
}

/** What was thrown: an error, or any other value. */
export type ThrownWire = { readonly error: ErrorWire } | { readonly value: unknown };

type ErrorClass = abstract new (...args: never[]) => errors.UsufructError;

const CLASSES: ReadonlyMap<string, ErrorClass> = new Map(
  Object.entries(errors as Readonly<Record<string, unknown>>).filter((entry): entry is [string, ErrorClass] => isErrorClass(entry[1])),
);

const NATIVE: Readonly<Record<string, ErrorConstructor>> = { EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

export function thrownToWire(thrown: unknown, causesMost = CAUSES_MOST): ThrownWire {
  if (!(thrown instanceof Error)) return { value: isPrimitive(thrown) ? thrown : errors.valueShown(thrown) };
  const { name, message, stack, cause } = thrown;
  const own = Object.entries(thrown).filter(([field, value]) => isPrimitive(value) && field !== 'name' && field !== 'code');
  const code = (thrown as { readonly code?: unknown }).code;
  const type = [...CLASSES].find(([, known]) => thrown.constructor === known)?.[0];
  return {
    error: {
      type,
      // a bundler may have shortened the names of classes
      name: type ?? name,
      message,
      stack,
      fields: { ...Object.fromEntries(own), ...(typeof code === 'string' ? { code } : {}) },
      details: thrown instanceof errors.UsufructError ? { ...thrown.details } : undefined,
      cause: cause === undefined || causesMost === 0 ? undefined : thrownToWire(cause, causesMost - 1),
    },
  };
}

export function thrownFromWire(wire: ThrownWire): unknown {
  if ('value' in wire) return wire.value;
  const { type, name, message, stack, fields, details, cause } = wire.error;
  const options = cause === undefined ? undefined : { cause: thrownFromWire(cause) };
  const error =
    details === undefined
      ? new (NATIVE[name] ?? Error)(message, options)
      : new errors.UsufructError(String(fields['code']), message, details, options);
  const known = type === undefined ? undefined : CLASSES.get(type);
  if (known !== undefined) Object.setPrototypeOf(error, known.prototype as object);
  Object.assign(error, fields);
  if (error.name !== name) error.name = name;
  if (stack !== undefined) error.stack = stack;
  return error;
}

function isErrorClass(value: unknown): value is ErrorClass {
  return typeof value === 'function' && value.prototype instanceof errors.UsufructError;
}

function isPrimitive(value: unknown): boolean {
  return value === null || !['object', 'function', 'symbol'].includes(typeof value);
}
