import { z } from 'zod';
import { CONDITIONS_MOST } from '../../assembly/shared/layout.ts';
import { checkEarlyRelease, COMPARISONS, COUNTINGS, STATISTICS } from '../early-release/check.ts';
import type { Statistic } from '../early-release/options.ts';
import { InvalidOptionError } from '../errors.ts';
import { DECLARED_ACCESSES, DECLARED_CAPACITIES } from '../policy/declaration.ts';
import { EXPAND_CRITERIA } from '../policy/expand-criteria.ts';
import { SHORTFALLS } from '../policy/expand.ts';
import { RECONFIGURATION_ORDERS } from '../policy/order.ts';
import { RELEASE_CRITERIA } from '../policy/release-criteria.ts';
import { RESERVE_SHORTFALLS } from '../policy/reserve.ts';
import { USE_RIGHTS } from '../policy/use-right.ts';
import {
  address,
  bandwidth,
  boolean,
  bytes,
  distinct,
  durationNs,
  either,
  listOf,
  nameOf,
  object,
  oneOf,
  signedBytes,
  text,
} from './form-values.ts';
import { EARLY_RELEASE_DEFAULT } from './matrix.ts';
import { HANDOVERS, PERIOD_NS_DEFAULT, RELEASES } from './policies.ts';
import { said } from './said.ts';

// The form of policies in a scenario file: for the whole file, for a strategy, for a VM, for a change.

const number = z.number({ error: 'it must be a number' });

/** Some period, for conditions that are judged one by one. */
const PERIOD_SOME_NS = 1000;

const condition = object({
  statistic: nameOf(STATISTICS),
  comparison: nameOf(COMPARISONS),
  constant: z.union([z.number(), z.string()], { error: 'it must be a number, or text with a unit' }),
  perBorrowedRegion: number.optional(),
}).superRefine((one, context) => refuse(context, { period: PERIOD_SOME_NS, when: [said(one)] }));

const CONDITIONS = `a condition, or a list of up to ${CONDITIONS_MOST} that all must hold`;
const conditions = listOf(condition, CONDITIONS, CONDITIONS_MOST);
const watch = { counting: nameOf(COUNTINGS).optional(), period: durationNs.optional(), sweep: durationNs.optional() };

const earlyRelease = z.nullable(
  object({ ...watch, when: conditions })
    .transform((form) => ({ ...form, period: form.period ?? periodOf(form.when) }))
    .superRefine((form, context) => refuse(context, { ...said(form), when: form.when.map((one) => said(one)) })),
);

/** At the top of a file: without `when` it is for the condition of the built-in strategy. */
export const earlyReleaseOfAll = either(
  (value) => typeof value === 'object' && value !== null && !('when' in value),
  object({ ...watch, when: z.undefined().optional() }).superRefine((form, context) =>
    refuse(context, { ...EARLY_RELEASE_DEFAULT, ...said(form) }),
  ),
  earlyRelease,
);

function periodOf(when: readonly { readonly statistic: Statistic }[]): number | undefined {
  return when.some(({ statistic }) => STATISTICS[statistic].isPerPeriod === true) ? PERIOD_NS_DEFAULT : undefined;
}

/** Adds what the engine says to options whose fields are all there, at the field that it means. */
function refuse(context: z.core.$RefinementCtx, options: object): void {
  try {
    checkEarlyRelease('', options, true);
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const { field, allowed } = error.details as { readonly field: string; readonly allowed: string };
    const [name = ''] = field.split('.').slice(-1);
    context.addIssue({ code: 'custom', path: [name], message: `it must be ${allowed}` });
  }
}

/** Criteria in order of priority: a name, or a list of names. */
function criteria<Name extends string>(table: Readonly<Record<Name, unknown>>) {
  const names = Object.keys(table) as Name[];
  const list = distinct(oneOf(names), `a name or a list of ${names.join(', ')}`);
  return either(
    Array.isArray,
    list,
    oneOf(names).transform((name): Name[] => [name]),
  );
}

export const expandCriteria = criteria(EXPAND_CRITERIA);

/** What a VM may say of its own releases. */
export const vmPolicies = { earlyRelease: earlyRelease.optional(), release: oneOf(RELEASES).optional() };

/** What one request may say. */
export const requestPolicies = {
  useRight: nameOf(USE_RIGHTS).optional(),
  declaration: object({ capacity: nameOf(DECLARED_CAPACITIES).optional(), access: nameOf(DECLARED_ACCESSES).optional() }).optional(),
  selection: object({ expand: expandCriteria.optional(), release: criteria(RELEASE_CRITERIA).optional() }).optional(),
  order: nameOf(RECONFIGURATION_ORDERS).optional(),
  chunk: bytes.optional(),
  sameVmOnceAtATime: boolean().optional(),
};

/** What a strategy may say, and the file for all of them. */
export const policies = {
  ...requestPolicies,
  ...vmPolicies,
  reserve: object({
    memory: bytes.optional(),
    refill: bandwidth.optional(),
    shortfall: nameOf(RESERVE_SHORTFALLS).optional(),
  }).optional(),
};

const strategyForm = object({ name: text, handover: oneOf(HANDOVERS).optional(), ...policies });

/** A name of a built-in strategy, or a strategy of the file's own. */
export function strategyOf<Name extends string>(builtIn: readonly Name[]) {
  return either((value) => typeof value === 'object', strategyForm, oneOf(builtIn));
}

// ---- requests ----------------------------------------------------------------------------------------------------------

const range = object({ from: address, bytes });
const ranges = { give: range.optional(), take: range.optional(), real: range.optional() };

/** A VM's share in an object by VM: a signed size, or one range. */
const share = either((value) => typeof value === 'object', object(ranges), signedBytes);
const byVm = z.record(z.string(), share, {
  error: 'it must be an object with a signed size for each VM that changes, such as { "a": "-16MiB", "b": "+16MiB" }, or a list of moves',
});

const move = object({ vm: z.nullable(text), change: signedBytes.optional(), ...ranges });

export const reconfigureForm = either(Array.isArray, z.array(move).min(1, { error: 'it must have at least one move' }), byVm);

export const shortfall = nameOf(SHORTFALLS);

export type MoveForm = z.output<typeof move>;
export type ShareForm = z.output<typeof share>;
export type StrategyForm = z.output<typeof strategyForm>;
export type PoliciesForm = { readonly [Field in keyof typeof policies]?: z.output<(typeof policies)[Field]> };
export type RequestPoliciesForm = { readonly [Field in keyof typeof requestPolicies]?: z.output<(typeof requestPolicies)[Field]> };
