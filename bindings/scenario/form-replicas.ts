import { z } from 'zod';
import { InvalidOptionError } from '../errors.ts';
import { PROCESSORS_MOST } from '../lockstep/processors.ts';
import { parseFraction, parseFrequencyHz } from '../units.ts';
import { boolean, distinct, durationNs, either, listOf, object, oneOf, quantity, text, wholeNumber } from './form-values.ts';
import { ASSIGNMENTS, COMPARE_TRIGGERS, DIFFERENCE_POLICIES, EXCEPTIONS, FLIP_POLICIES, KEEPS, MERGES, PROGRESSES } from './replicas.ts';

// The form of a VM of several replicas in a scenario file. What one field demands of another is in check-replicas.ts.

export const REPLICAS_MOST = 10_000;
const FAULTS_MOST = 10_000;
const BLOCK_BYTES = 4096;
const BLOCK_BITS = BLOCK_BYTES * 8;
const ADDRESS_MOST = 2n ** 64n - 1n;

function numberFrom(least: number, most: number, error = `it must be a whole number from ${least} to ${most}`) {
  return z.number({ error }).int({ error }).min(least, { error }).max(most, { error });
}

/** Part of a program: a number or a percentage. */
function part(isAllowed: (value: number) => boolean, allowed: string) {
  return z.unknown().transform((value, context): number => {
    const read = fractionOrNull(value);
    if (read !== null && isAllowed(read)) return read;
    context.addIssue({ code: 'custom', message: `it must be ${allowed}` });
    return z.NEVER;
  });
}

function fractionOrNull(value: unknown): number | null {
  try {
    return parseFraction('', value);
  } catch (error) {
    if (error instanceof InvalidOptionError) return null;
    throw error;
  }
}

const step = part((value) => value > 0, 'a fraction of the program, above 0 and at most 1, such as 0.01 or "1 %"');
const place = part(() => true, 'a fraction of the program, from 0 to 1, such as 0.35 or "35 %"');
const rate = part((value) => value > 0, 'the share of the processor that the program gets, above 0 and at most 1, such as 0.7 or "70 %"');

const positive = z.number({ error: 'it must be a number above 0' }).gt(0, { error: 'it must be a number above 0' });
const frequency = quantity(parseFrequencyHz, (value) => value > 0, 'a frequency above 0: Hz, or text with a unit (Hz, kHz, MHz, GHz)');

const processor = object({
  name: text.optional(),
  frequency: frequency.optional(),
  rate: rate.optional(),
  level: positive.optional(),
});

const PROCESSORS = 'a number of equal processors, or a list of them';
const processors = either(
  (value) => typeof value === 'number',
  numberFrom(1, PROCESSORS_MOST),
  z
    .array(processor, { error: `it must be ${PROCESSORS}` })
    .min(1, { error: `it must be ${PROCESSORS}, at least one` })
    .max(PROCESSORS_MOST, { error: `it must be ${PROCESSORS}, at most ${PROCESSORS_MOST}` }),
);

const compare = object({
  onWrite: either(
    (value) => value === false,
    z.literal(false),
    z.enum(COMPARE_TRIGGERS, { error: `it must be false or one of ${COMPARE_TRIGGERS.map((name) => `"${name}"`).join(', ')}` }),
  ).optional(),
  afterCopy: boolean().optional(),
  atCheckPoints: boolean().optional(),
  every: either(
    (value) => typeof value === 'object',
    object({ accesses: wholeNumber(1) }),
    durationNs.transform((ns) => ({ ns })),
  ).optional(),
  keep: oneOf(KEEPS).optional(),
  merge: oneOf(MERGES).optional(),
  exception: oneOf(EXCEPTIONS).optional(),
});

const PLACES = 'a list of fractions of the program, ascending, such as [0.25, "50 %"]';
const places = z.array(step, { error: `it must be ${PLACES}` }).refine(isAscending, { error: `it must be ${PLACES}, at least one` });

function isAscending(items: readonly number[]): boolean {
  return items.length > 0 && items.every((item, index) => index === 0 || item > items[index - 1]!);
}

const checkPoints = object({
  every: step.optional(),
  records: wholeNumber(1).optional(),
  at: places.optional(),
  limit: durationNs.optional(),
});

const POLICIES = `a name, or a list in the order of trying, of ${DIFFERENCE_POLICIES.join(', ')}`;
const onDifference = either(
  Array.isArray,
  distinct(oneOf(DIFFERENCE_POLICIES), POLICIES),
  oneOf(DIFFERENCE_POLICIES).transform((name) => [name]),
);

const ADDRESS = 'an address of the trace, a number or text such as "0x1ffe8000", below 2^64';
const tracedAddress = z.unknown().transform((value, context): bigint => {
  const read = addressOrNull(value);
  if (read !== null) return read;
  context.addIssue({ code: 'custom', message: `it must be ${ADDRESS}` });
  return z.NEVER;
});

function addressOrNull(value: unknown): bigint | null {
  const isNumber = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  const isText = typeof value === 'string' && /^(0x[\da-f]+|\d+)$/i.test(value);
  if (!isNumber && !isText) return null;
  const address = BigInt(value);
  return address <= ADDRESS_MOST ? address : null;
}

const fault = object({
  replica: wholeNumber(1),
  at: place,
  page: wholeNumber(0).optional(),
  address: tracedAddress.optional(),
  state: z.literal(true, { error: 'it must be true' }).optional(),
  dies: z.literal(true, { error: 'it must be true' }).optional(),
  offset: numberFrom(0, BLOCK_BYTES - 1).optional(),
  bits: listOf(numberFrom(0, BLOCK_BITS - 1), 'a number of a bit, or a list of such', BLOCK_BITS).optional(),
  byte: numberFrom(0, 0xff).optional(),
  unseen: boolean().optional(),
  joins: boolean().optional(),
  permanent: boolean().optional(),
});

/** Fields of a VM. All but `replicas` are for a VM that has it. */
export const replicaFields = {
  replicas: numberFrom(1, REPLICAS_MOST).optional(),
  processors: processors.optional(),
  assignment: oneOf(ASSIGNMENTS).optional(),
  progress: oneOf(PROGRESSES).optional(),
  turn: durationNs.optional(),
  checkPoints: checkPoints.optional(),
  compare: compare.optional(),
  onDifference: onDifference.optional(),
  retries: wholeNumber(0).optional(),
  standby: numberFrom(0, 1).optional(),
  scrub: either(
    (value) => typeof value === 'boolean',
    boolean(),
    z.enum(FLIP_POLICIES, { error: 'it must be true, false, "report" or "halt"' }),
  ).optional(),
  faults: z
    .array(fault, { error: 'it must be a list of faults' })
    .max(FAULTS_MOST, { error: `at most ${FAULTS_MOST} faults` })
    .optional(),
};

export type ReplicasForm = { readonly [Field in keyof typeof replicaFields]?: z.output<(typeof replicaFields)[Field]> };
export type FaultFields = z.output<typeof fault>;
export type ProcessorFields = z.output<typeof processor>;
