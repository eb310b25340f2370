import { CannotCrossError, valueShown } from '../errors.ts';

/** Options are shallow; what is deeper than this goes round in circles. */
const DEPTH_MOST = 32;

/** What becomes of an object or function: another value, or undefined to go on into it (objects and arrays) or leave it (all else). */
export type Replace = (value: object, path: string) => unknown;

/**
 * A copy of plain data with some values replaced. Arrays and plain objects are copied, so that what their owner does to them later has no effect; other
 * objects stay what they are. `path` is what messages call the value.
 */
export function treeCopy(value: unknown, path: string, replace: Replace, depth = 0): unknown {
  if ((typeof value !== 'object' || value === null) && typeof value !== 'function') return value;
  const replaced = replace(value, path);
  if (replaced !== undefined) return replaced;
  if (depth > DEPTH_MOST) {
    throw new CannotCrossError(`${path} is nested more than ${DEPTH_MOST} levels deep. Pass plain data.`, {
      field: path,
      value: valueShown(value),
    });
  }
  const inside = (item: unknown, step: string): unknown => treeCopy(item, path + step, replace, depth + 1);
  if (Array.isArray(value)) return value.map((item: unknown, index) => inside(item, `[${index}]`));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, inside(item, path === '' ? field : `.${field}`)]));
}

/** An object without a class, and with data in it: not one of methods that share a state. */
export function isPlain(value: object): boolean {
  if (typeof value === 'function') return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** Has methods of its own: a store or a device, whose state must not be copied. */
export function hasMethods(value: object): boolean {
  if (ArrayBuffer.isView(value)) return false; // which may have very many fields
  return Object.values(value).some((field) => typeof field === 'function');
}
