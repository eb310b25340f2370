import { z } from 'zod';
import { EVICTIONS } from '../policy/eviction.ts';
import { SEEK_CLASSES } from '../policy/seek.ts';
import { DEVICE_PRESETS } from '../swap/timing.ts';
import {
  earlyReleaseOfAll,
  expandCriteria,
  policies,
  reconfigureForm,
  requestPolicies,
  shortfall,
  strategyOf,
  vmPolicies,
} from './form-policies.ts';
import { replicaFields } from './form-replicas.ts';
import {
  bandwidth,
  boolean,
  bytes,
  distinct,
  durationNs,
  either,
  nameOf,
  object,
  oneOf,
  progress,
  text,
  wholeNumber,
} from './form-values.ts';
import { BUILT_IN_NAMES } from './matrix.ts';
import { type ScenarioProblem, pathShown, problemOfValue, valueAt } from './problem.ts';
import { SWAP_STORES } from './types.ts';

// The form of a scenario file, field by field. The message of each rule says what is allowed; `problemsOf` adds where it
// stands and what stands there. What one field demands of another is in check.ts.

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

/** Of VMs; the same fields at the top are for VMs that do not say it themselves. */
const guestForm = {
  addressSpace: bytes.optional(),
  eviction: nameOf(EVICTIONS).optional(),
  seek: seekOrder.optional(),
  evictBatch: wholeNumber(1).optional(),
};

const vmForm = object({ name: text, memory: bytes, trace: text, ...guestForm, ...vmPolicies, ...replicaFields });

const whenForm = object({ vm: text.optional(), progress: progress.optional(), virtual: durationNs.optional() });

const STEP = 'the fraction of the records between two times, above 0, or a time such as "5ms"';
const stepFraction = z
  .number()
  .gt(0, { error: `it must be ${STEP}` })
  .max(1, { error: `it must be ${STEP}` });
const repeatForm = object({
  times: wholeNumber(1),
  every: either(
    (value) => typeof value === 'number',
    stepFraction.transform((fraction) => ({ fraction })),
    durationNs.transform((ns) => ({ ns })),
  ),
  backAndForth: boolean().optional(),
});

const changeForm = object({
  when: whenForm,
  reconfigure: reconfigureForm,
  repeat: repeatForm.optional(),
  afterGrant: boolean().optional(),
  shortfall: shortfall.optional(),
  ...requestPolicies,
});

export const scenarioForm = object({
  $schema: text.optional(),
  title: text.optional(),
  memory: bytes,
  region: bytes.optional(),
  modules: bytes.optional(),
  swap: swapForm,
  accessNs: wholeNumber(0).optional(),
  loadsStore: boolean().optional(),
  expand: expandCriteria.optional(),
  shortfall: shortfall.optional(),
  ...guestForm,
  ...policies,
  earlyRelease: earlyReleaseOfAll.optional(),
  vms: z.array(vmForm, { error: 'it must be a list of VMs' }).min(1, { error: 'it must have at least one VM' }),
  changes: z.array(changeForm, { error: 'it must be a list of changes' }).optional(),
  strategies: z
    .array(strategyOf(BUILT_IN_NAMES), { error: 'it must be a list of strategies' })
    .min(1, { error: 'it must be a list of strategies, at least one' })
    .optional(),
});

export type ScenarioForm = z.output<typeof scenarioForm>;
export type VmForm = z.output<typeof vmForm>;
export type ChangeForm = z.output<typeof changeForm>;

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
