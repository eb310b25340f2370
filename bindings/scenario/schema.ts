import { z } from 'zod';
import { InvalidOptionError } from '../errors.ts';
import { EVICTIONS } from '../policy/eviction.ts';
import { EXPAND_SELECTIONS, SHORTFALLS } from '../policy/expand.ts';
import { SEEK_CLASSES } from '../policy/seek.ts';
import { DEVICE_PRESETS } from '../swap/timing.ts';
import { parseBandwidth, parseBytes, parseBytesSigned, parseTimeNs } from '../units.ts';
import { type ScenarioProblem, pathShown, problemOfValue, valueAt } from './problem.ts';
import { STRATEGIES, SWAP_STORES } from './types.ts';

// The form of a scenario file, field by field. The message of each rule says what is allowed; `problemsOf` adds where it
// stands and what stands there. What one field demands of another is in check.ts.

type UnitParser = (field: string, value: unknown) => number;

const HAS_UNIT = /[a-zµμ]/i;

/** A field read by a parser of units.ts. Text without a unit is refused: "48" could mean anything. */
function quantity(parse: UnitParser, isAllowed: (value: number) => boolean, allowed: string) {
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
function object<Shape extends z.ZodRawShape>(shape: Shape) {
  const fields = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `the fields here are ${fields}` : `it must be an object with the fields ${fields}`,
  });
}

function oneOf<const Name extends string>(names: readonly Name[]) {
  return z.enum(names, { error: `it must be one of ${names.map((name) => `"${name}"`).join(', ')}` });
}

/** A key of one of the tables of names. */
function nameOf<Name extends string>(table: Readonly<Record<Name, unknown>>) {
  return oneOf(Object.keys(table) as Name[]);
}

function distinct<Item extends z.ZodType>(item: Item, what: string) {
  return z.array(item, { error: `it must be ${what}` }).refine((items) => items.length > 0 && new Set(items).size === items.length, {
    error: `it must be ${what}, at least one, each once`,
  });
}

function wholeNumber(least: number) {
  const error = `it must be a whole number, at least ${least}`;
  return z.number({ error }).int({ error }).min(least, { error });
}

const text = z.string({ error: 'it must be text' }).min(1, { error: 'it must be text, not empty' });
const SIZE = 'a whole number of bytes or text with a unit (B, KiB, MiB, GiB, kB, MB, GB)';
const bytes = quantity(parseBytes, (value) => value > 0, `a size above 0: ${SIZE}, such as "48MiB"`);
const signedBytes = quantity(
  parseBytesSigned,
  (value) => value !== 0,
  `a size with its sign, not 0: ${SIZE}, such as "-16MiB" or "+16MiB"`,
);
const durationNs = quantity(
  parseTimeNs,
  () => true,
  'a time not below 0: a whole number of ns or text with a unit (ns, us, ms, s), such as "90us"',
);
const bandwidth = quantity(
  parseBandwidth,
  () => true,
  'a bandwidth above 0: bytes per second or text with a unit (MB/s, MiB/s, GB/s, GiB/s), such as "3GB/s"',
);
const progressError = "it must be a number from 0 to 1, the fraction of the VM's own records";
const progress = z.number({ error: progressError }).min(0, { error: progressError }).max(1, { error: progressError });

const seekOrder = distinct(nameOf(SEEK_CLASSES), `a list of ${Object.keys(SEEK_CLASSES).join(', ')}`);

const swapForm = object({
  size: bytes,
  device: nameOf(DEVICE_PRESETS).optional(),
  readLatency: durationNs.optional(),
  writeLatency: durationNs.optional(),
  readBandwidth: bandwidth.optional(),
  writeBandwidth: bandwidth.optional(),
  queue: wholeNumber(1).optional(),
  store: oneOf(SWAP_STORES).optional(),
  path: text.optional(),
});

const vmForm = object({
  name: text,
  memory: bytes,
  trace: text,
  addressSpace: bytes.optional(),
  eviction: nameOf(EVICTIONS).optional(),
  seek: seekOrder.optional(),
  evictBatch: wholeNumber(1).optional(),
});

const whenForm = object({ vm: text.optional(), progress: progress.optional(), virtual: durationNs.optional() });

const changeForm = object({
  when: whenForm,
  reconfigure: z.record(z.string(), signedBytes, {
    error: 'it must be an object with a signed size for each VM that changes, such as { "a": "-16MiB", "b": "+16MiB" }',
  }),
  shortfall: nameOf(SHORTFALLS).optional(),
});

export const scenarioForm = object({
  $schema: text.optional(),
  title: text.optional(),
  memory: bytes,
  region: bytes.optional(),
  swap: swapForm,
  accessNs: wholeNumber(0).optional(),
  loadsStore: z.boolean({ error: 'it must be true or false' }).optional(),
  expand: nameOf(EXPAND_SELECTIONS).optional(),
  addressSpace: bytes.optional(),
  eviction: nameOf(EVICTIONS).optional(),
  seek: seekOrder.optional(),
  evictBatch: wholeNumber(1).optional(),
  vms: z.array(vmForm, { error: 'it must be a list of VMs' }).min(1, { error: 'it must have at least one VM' }),
  changes: z.array(changeForm, { error: 'it must be a list of changes' }).optional(),
  strategies: distinct(oneOf(STRATEGIES), `a list of ${STRATEGIES.join(', ')}`).optional(),
});

export type ScenarioForm = z.output<typeof scenarioForm>;

/** What zod found, as sentences with the field's path and value. */
export function problemsOf(input: unknown, issues: readonly z.core.$ZodIssue[]): readonly ScenarioProblem[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [problemOfValue(pathShown(issue.path), valueAt(input, issue.path), issue.message)];
    return issue.keys.map((key) => {
      const field = pathShown([...issue.path, key]);
      return { field, message: `${field} is not a field of a scenario: ${issue.message}.` };
    });
  });
}
