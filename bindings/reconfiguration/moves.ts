import type { Engine } from '../engine.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkFields, checkInteger } from '../options.ts';
import { parseBytes, parseBytesSigned } from '../units.ts';
import type { Quantity } from '../units.ts';
import { Vm } from '../vm.ts';
import type { MachineRange } from '../machine-range.ts';

/** One VM's share by amount: how many bytes come (+) or go (-) (JP 2009-26117A [0409-0410]). */
export interface AmountMove {
  readonly vm: Vm;
  readonly change: Quantity;
}

/** A range of machine addresses that the VM gives up ([0410]). */
export interface GiveMove {
  readonly vm: Vm;
  readonly give: MachineRange;
}

/** A range of machine addresses at which the VM gets memory: holes, or regions that it gave up and still uses ([0158-0159]). */
export interface TakeMove {
  readonly vm: Vm;
  readonly take: MachineRange;
}

/** A range of real memory that is to be the VM's, whoever has it now; null: nobody's ([0406-0408]). */
export interface RealMove {
  readonly vm: Vm | null;
  readonly real: { readonly from: number; readonly bytes: Quantity };
}

/**
 * One part of a reconfiguration. The four kinds may be mixed; only `take` and `real` may not both bring memory to the same VM: real memory goes to machine
 * addresses that the engine chooses, and they could be those that are named.
 */
export type Move = AmountMove | GiveMove | TakeMove | RealMove;

/** A move in regions. `field`: where it stands in the request, for messages. */
export type Wish = { readonly field: string } & (
  | { readonly kind: 'amount'; readonly vm: Vm; readonly regions: number }
  | { readonly kind: 'give' | 'take'; readonly vm: Vm; readonly first: number; readonly regions: number }
  | { readonly kind: 'real'; readonly vm: Vm | null; readonly first: number; readonly regions: number }
);

const KINDS = ['change', 'give', 'take', 'real'] as const;
const MOVE_FIELDS: readonly string[] = ['vm', ...KINDS];
const ADDRESSES = 2 ** 32;

/** The moves of a request in regions, checked as far as each can be alone. Errors: INVALID_OPTION, DISPOSED. */
export function wishesOf(engine: Engine, moves: unknown): readonly Wish[] {
  if (!Array.isArray(moves) || moves.length === 0)
    throw new InvalidOptionError(
      'moves',
      moves,
      'an array of moves ({ vm, change }, { vm, give }, { vm, take }, { vm, real }), at least one',
    );
  const withAmount = new Set<Vm>();
  return moves.map((move: unknown, index) => {
    const wish = wishOf(engine, `moves[${index}]`, move);
    if (wish.kind !== 'amount') return wish;
    if (withAmount.has(wish.vm)) throw new InvalidOptionError(`moves[${index}].vm`, wish.vm.name, 'each VM once with a change by amount');
    withAmount.add(wish.vm);
    return wish;
  });
}

function wishOf(engine: Engine, field: string, move: unknown): Wish {
  const fields = checkFields(field, move, MOVE_FIELDS);
  const kinds = KINDS.filter((kind) => fields[kind] !== undefined);
  const [kind = 'change'] = kinds;
  if (kinds.length > 1)
    throw new InvalidOptionError(
      `${field}.${kinds[1]!}`,
      fields[kinds[1]!],
      `one of ${KINDS.join(', ')} in each move; '${kind}' is there already`,
    );
  const place = `${field}.${kind}`;
  if (kind === 'real') {
    const vm = fields['vm'] === null ? null : vmOf(engine, field, fields['vm']);
    return { kind, field: place, vm, ...rangeOf(engine, place, fields[kind], engine.regions * engine.regionBytes) };
  }
  const vm = vmOf(engine, field, fields['vm']);
  if (kind === 'change') return { kind: 'amount', field: place, vm, regions: amountOf(engine, place, fields[kind]) };
  return { kind, field: place, vm, ...rangeOf(engine, place, fields[kind], ADDRESSES) };
}

function vmOf(engine: Engine, field: string, vm: unknown): Vm {
  if (!(vm instanceof Vm) || !engine.owns(vm)) throw new InvalidOptionError(`${field}.vm`, vm, 'a VM of this engine');
  if (vm.isDisposed) throw vm.disposed();
  return vm;
}

function amountOf(engine: Engine, field: string, change: unknown): number {
  const regions = parseBytesSigned(field, change) / engine.regionBytes;
  if (regions !== 0 && Number.isInteger(regions)) return regions;
  throw new InvalidOptionError(field, change, `a multiple of the region size (${engine.regionBytes} bytes), not 0; negative to reduce`);
}

/** A range of whole regions below `end`. */
function rangeOf(engine: Engine, field: string, value: unknown, end: number): { readonly first: number; readonly regions: number } {
  const { regionBytes } = engine;
  const range = checkFields(field, value, ['from', 'bytes']);
  const from = checkInteger(`${field}.from`, range['from'], 0, end);
  if (from % regionBytes !== 0) throw new InvalidOptionError(`${field}.from`, from, `a multiple of the region size, ${regionBytes} bytes`);
  const bytes = parseBytes(`${field}.bytes`, range['bytes']);
  if (bytes === 0 || bytes % regionBytes !== 0)
    throw new InvalidOptionError(
      `${field}.bytes`,
      range['bytes'],
      `a multiple of the region size (${regionBytes} bytes), at least one region`,
    );
  if (from + bytes > end)
    throw new InvalidOptionError(
      `${field}.bytes`,
      range['bytes'],
      `a range that ends at ${end} (0x${end.toString(16)}) or below; it begins at ${from}`,
    );
  return { first: from / regionBytes, regions: bytes / regionBytes };
}
