import { SEEK_BORROWED, SEEK_EVICT, SEEK_MANAGED, SEEK_TAKE_OVER, SEEK_USERLESS } from '../../assembly/shared/layout.ts';
import { InvalidOptionError } from '../errors.ts';

/** Where a VM finds a frame; see "Finding a frame" in docs/semantics.md. */
export type SeekClass = 'managed' | 'userless' | 'borrowed' | 'takeOver' | 'evict';

export const SEEK_CLASSES: Readonly<Record<SeekClass, number>> = {
  managed: SEEK_MANAGED,
  userless: SEEK_USERLESS,
  borrowed: SEEK_BORROWED,
  takeOver: SEEK_TAKE_OVER,
  evict: SEEK_EVICT,
};

/** Evicting comes last: otherwise a change might never settle. */
export const SEEK_ORDER: readonly SeekClass[] = ['managed', 'userless', 'borrowed', 'takeOver', 'evict'];

const CLASS_BITS = 4;

/** The order as one word: four bits a class, the first one lowest. */
export function seekWord(field: string, order: unknown): number {
  const allowed = `an array of different names out of: ${Object.keys(SEEK_CLASSES).join(', ')}`;
  if (!Array.isArray(order) || order.length === 0) throw new InvalidOptionError(field, order, allowed);
  let word = 0;
  order.forEach((name: unknown, index) => {
    if (typeof name !== 'string' || !Object.hasOwn(SEEK_CLASSES, name)) throw new InvalidOptionError(`${field}[${index}]`, name, allowed);
    if (order.indexOf(name) !== index) throw new InvalidOptionError(`${field}[${index}]`, name, allowed);
    word |= SEEK_CLASSES[name as SeekClass] << (index * CLASS_BITS);
  });
  return word;
}
