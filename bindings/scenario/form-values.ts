import { z } from 'zod';
import { InvalidOptionError } from '../errors.ts';
import { parseBandwidth, parseBytes, parseBytesSigned, parseTimeNs } from '../units.ts';

// The values that stand in scenario files, as zod reads them. The message of each rule says what is allowed.

type UnitParser = (field: string, value: unknown) => number;

const HAS_UNIT = /[a-zµμ]/i;

/** A field read by a parser of units.ts. Text without a unit is refused: "48" could mean anything. */
export function quantity(parse: UnitParser, isAllowed: (value: number) => boolean, allowed: string) {
  return z.unknown().transform((value, context): number => {
    const result = parsedOrNull(parse, value);
    if (result !== null && isAllowed(result) && (typeof value === 'number' || HAS_UNIT.test(String(value)))) return result;
    context.addIssue({ code: 'custom', message: `it must be ${allowed}` });
    return z.NEVER;
  });
}

function parsedOrNull(parse: UnitParser, value: unknown): number | null {
  try {
    return parse('', value);
  } catch (error) {
    if (error instanceof InvalidOptionError) return null;
    throw error;
  }
}

/** An object with exactly these fields. */
export function object<Shape extends z.ZodRawShape>(shape: Shape) {
  const fields = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `the fields here are ${fields}` : `it must be an object with the fields ${fields}`,
  });
}

export function oneOf<const Name extends string>(names: readonly Name[]) {
  return z.enum(names, { error: `it must be one of ${names.map((name) => `"${name}"`).join(', ')}` });
}

/** A key of one of the tables of names. */
export function nameOf<Name extends string>(table: Readonly<Record<Name, unknown>>) {
  return oneOf(Object.keys(table) as Name[]);
}

export function distinct<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item, { error: `it must be ${what}` }).refine((items) => items.length > 0 && new Set(items).size === items.length, {
    error: `it must be ${what}, at least one, each once`,
  });
}

export function wholeNumber(least: number) {
  const error = `it must be a whole number, at least ${least}`;
  return z.number({ error }).int({ error }).min(least, { error });
}

export const text = z.string({ error: 'it must be text' }).min(1, { error: 'it must be text, not empty' });
const SIZE = 'a whole number of bytes or text with a unit (B, KiB, MiB, GiB, kB, MB, GB)';
export const bytes = quantity(parseBytes, (value) => value > 0, `a size above 0: ${SIZE}, such as "48MiB"`);
export const signedBytes = quantity(
  parseBytesSigned,
  (value) => value !== 0,
  `a size with its sign, not 0: ${SIZE}, such as "-16MiB" or "+16MiB"`,
);
export const durationNs = quantity(
  parseTimeNs,
  () => true,
  'a time not below 0: a whole number of ns or text with a unit (ns, us, ms, s), such as "90us"',
);
export const bandwidth = quantity(
  parseBandwidth,
  () => true,
  'a bandwidth above 0: bytes per second or text with a unit (MB/s, MiB/s, GB/s, GiB/s), such as "3GB/s"',
);
const progressError = "it must be a number from 0 to 1, the fraction of the VM's own records";
export const progress = z.number({ error: progressError }).min(0, { error: progressError }).max(1, { error: progressError });

export const address = quantity(parseBytes, () => true, `an address from 0: ${SIZE}, such as "12MiB"`);

export function boolean() {
  return z.boolean({ error: 'it must be true or false' });
}

/** A list, or one item that stands for a list of one. */
export function listOf<Item extends z.ZodType>(item: Item, what: string, most: number) {
  const error = `it must be ${what}`;
  const list = z
    .array(item, { error })
    .min(1, { error: `${error}, at least one` })
    .max(most, { error });
  return either(
    Array.isArray,
    list,
    item.transform((one): z.output<Item>[] => [one]),
  );
}

/** Reads `first` what `isFirst` picks, everything else as `second`; problems keep their places inside. */
export function either<First, Second>(isFirst: (value: unknown) => boolean, first: z.ZodType<First>, second: z.ZodType<Second>) {
  return z.unknown().transform((value, context): First | Second => {
    const result = (isFirst(value) ? first : second).safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues) context.issues.push({ ...issue, input: value } as z.core.$ZodRawIssue);
    return z.NEVER;
  });
}
