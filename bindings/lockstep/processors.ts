import { InvalidOptionError, PolicyFailedError, valueShown } from '../errors.ts';
import { checkFields, checkFunction, checkInteger } from '../options.ts';
import { parseFraction, parseFrequencyHz } from '../units.ts';
import type { Processor, ProcessorFigures, ProcessorForm } from './types.ts';

export const PROCESSORS_MOST = 10_000;

const HZ_PER_SPEED = 1e9;
const FIELDS = ['name', 'frequency', 'rate', 'level', 'index'];

/** The processors of a system: so many equal ones, or each as it is described. */
export function checkProcessors(field: string, value: unknown, byDefault: number): readonly Processor[] {
  if (value === undefined || typeof value === 'number') {
    const count = value === undefined ? byDefault : checkInteger(field, value, 1, PROCESSORS_MOST);
    return Array.from({ length: count }, (_, index) => processorMake(field, {}, index + 1));
  }
  if (!Array.isArray(value) || value.length === 0 || value.length > PROCESSORS_MOST)
    throw new InvalidOptionError(field, value, `a count, or an array of 1 to ${PROCESSORS_MOST} processors`);
  const processors = value.map((form: unknown, index) => processorMake(`${field}[${index}]`, form, index + 1));
  checkNames(field, processors);
  return processors;
}

/** Their places in the list, the fastest first; equal ones in the order given. */
export function fastestFirst(processors: readonly Processor[]): readonly number[] {
  return processors.map((_, index) => index).sort((a, b) => processors[b]!.performance - processors[a]!.performance || a - b);
}

function processorMake(field: string, value: unknown, number: number): Processor {
  checkFields(field, value, FIELDS);
  const form = value as ProcessorForm;
  const { name = `processor ${number}` } = form;
  if (typeof name !== 'string' || name === '') throw new InvalidOptionError(`${field}.name`, name, 'text, not empty');
  const frequency = form.frequency === undefined ? null : parseFrequencyHz(`${field}.frequency`, form.frequency);
  const rate = form.rate === undefined ? null : rateOf(`${field}.rate`, form.rate);
  const figures = { number, name, frequency, rate };
  const product = ((frequency ?? HZ_PER_SPEED) / HZ_PER_SPEED) * (rate ?? 1);
  const performance = rankOf(field, form, figures) ?? product;
  return { ...figures, performance, speed: frequency === null && rate === null ? performance : product };
}

function rateOf(field: string, value: unknown): number {
  const rate = parseFraction(field, value);
  if (rate === 0) throw new InvalidOptionError(field, value, "a share above 0 up to 1: 0.7 or '70 %'");
  return rate;
}

/** The level or the index, where there is one. */
function rankOf(field: string, { level, index }: ProcessorForm, figures: ProcessorFigures): number | undefined {
  if (index === undefined) return level === undefined ? undefined : checkRank(`${field}.level`, level);
  if (level !== undefined) throw new InvalidOptionError(`${field}.level`, level, 'a level or an index function, not both');
  checkFunction(`${field}.index`, index);
  return indexOf(`${field}.index`, index, figures);
}

/** Asks a function of the user's. Errors: POLICY_FAILED. */
function indexOf(field: string, index: NonNullable<ProcessorForm['index']>, figures: ProcessorFigures): number {
  try {
    return checkRank(`${field}(${figures.name})`, index(figures));
  } catch (cause) {
    if (cause instanceof InvalidOptionError) throw cause;
    const reason = (cause instanceof Error ? cause.message : valueShown(cause)).replace(/[.]?$/, '.');
    const message = `${field} failed for ${figures.name}: ${reason} It has to answer with a number above 0.`;
    throw new PolicyFailedError(message, { policy: field, processor: figures.number }, { cause });
  }
}

function checkRank(field: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) throw new InvalidOptionError(field, value, 'a number above 0');
  return value;
}

function checkNames(field: string, processors: readonly Processor[]): void {
  const places = new Map<string, number>();
  for (const [index, { name }] of processors.entries()) {
    const other = places.get(name);
    if (other !== undefined) throw new InvalidOptionError(`${field}[${index}].name`, name, `a name that ${field}[${other}] does not have`);
    places.set(name, index);
  }
}
