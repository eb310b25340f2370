import { InvalidOptionError, UsufructError } from '../errors.ts';
import type { GuestMemory } from '../guest-memory.ts';

/** The accesses that a batch may have: methods of a memory, and `read` by length. */
interface Accesses extends Pick<
  GuestMemory,
  | 'load8'
  | 'load16'
  | 'load32'
  | 'load64'
  | 'loadF32'
  | 'loadF64'
  | 'store8'
  | 'store16'
  | 'store32'
  | 'store64'
  | 'storeF32'
  | 'storeF64'
  | 'write'
  | 'fill'
> {
  read(address: number, length: number): Uint8Array<ArrayBufferLike>;
}

/** One access: the name of a method, and its arguments. */
export type Access = { [Name in keyof Accesses]: readonly [name: Name, ...args: Parameters<Accesses[Name]>] }[keyof Accesses];

/** What an access answered; undefined for those that store. */
export type AccessResult = number | bigint | Uint8Array<ArrayBufferLike> | undefined;

const NAMES: Readonly<Record<keyof Accesses, true>> = {
  load8: true,
  load16: true,
  load32: true,
  load64: true,
  loadF32: true,
  loadF64: true,
  store8: true,
  store16: true,
  store32: true,
  store64: true,
  storeF32: true,
  storeF64: true,
  read: true,
  write: true,
  fill: true,
};

/** Carries accesses out in order. It stops at the first that fails, whose error then has `accessesDone` among its details. */
export function carryOutAll(memory: GuestMemory, accesses: readonly Access[]): readonly AccessResult[] {
  if (!Array.isArray(accesses)) throw new InvalidOptionError('accesses', accesses, "an array of accesses such as ['load32', address]");
  return accesses.map((access: unknown, index) => {
    try {
      return carryOut(memory, access, `accesses[${index}]`);
    } catch (error) {
      if (error instanceof UsufructError) Object.assign(error.details, { accessesDone: index });
      throw error;
    }
  });
}

function carryOut(memory: GuestMemory, access: unknown, field: string): AccessResult {
  if (!Array.isArray(access)) throw new InvalidOptionError(field, access, "an array such as ['load32', address]");
  const [name, ...args] = access as readonly unknown[];
  if (typeof name !== 'string' || !Object.hasOwn(NAMES, name))
    throw new InvalidOptionError(`${field}[0]`, name, Object.keys(NAMES).join(', '));
  const method = memory[name as keyof Accesses] as (...args: readonly unknown[]) => AccessResult;
  return method.apply(memory, args);
}
