import type { ComparePolicy } from '../compare-policy.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkJudgeOptions, lockstepRecords } from '../lockstep/judge-options.ts';
import { checkRunnerOptions } from '../lockstep/options.ts';
import type { LockstepOptions, ProgramMaker } from '../lockstep/types.ts';
import type { TraceCheckPoints } from '../lockstep/trace-check-points.ts';
import type { ScenarioReplicas } from './replicas.ts';
import { said } from './said.ts';

// A VM of several replicas in the words of the library's options.

/** Replicas whose pages are out come much later than the library's own limit supposes, and are not at fault; they all come, as the trace ends. */
const LIMIT_NS_DEFAULT = 3600e9;

/** What vm.lockstep() is told beside the program. */
export function lockstepOptions(form: ScenarioReplicas): Omit<LockstepOptions, 'program'> {
  const { processors, assignment, progress, turnNs, checkPoints, compare, onDifference, retries, scrub, standby } = form;
  const comparison = said({ atCheckPoints: compare?.atCheckPoints, every: everyOf(compare?.every) });
  return {
    standby: standby as 0 | 1,
    ...said({
      checkPointLimit: checkPoints?.limitNs ?? (compare?.atCheckPoints === false ? undefined : LIMIT_NS_DEFAULT),
      processors:
        typeof processors === 'object'
          ? processors.map(({ name, frequencyHz, rate, level }) => said({ name, frequency: frequencyHz, rate, level }))
          : processors,
      assignment,
      progress,
      turn: turnNs,
      compare: Object.keys(comparison).length > 0 ? comparison : undefined,
      onDifference,
      retries,
      scrub: scrub ?? undefined,
    }),
  };
}

function everyOf(every: NonNullable<ScenarioReplicas['compare']>['every']): number | { readonly accesses: number } | undefined {
  if (every === undefined) return undefined;
  return 'ns' in every ? every.ns : every;
}

/** What createVm() is told of comparison; undefined: nothing. */
export function comparePolicy({ compare }: ScenarioReplicas): ComparePolicy | undefined {
  if (compare === undefined) return undefined;
  const { onWrite, afterCopy, keep, merge, exception } = compare;
  const policy = said({ onWrite, afterCopy, keep, merge, exception });
  return Object.keys(policy).length > 0 ? policy : undefined;
}

/** Where the program has check points; undefined: at its end only. */
export function traceCheckPoints({ checkPoints }: ScenarioReplicas): TraceCheckPoints | undefined {
  if (checkPoints === undefined) return undefined;
  const { every } = checkPoints;
  if ('records' in every) return { every: every.records };
  if ('at' in every) return { at: every.at.filter((part) => part < 1) };
  return every.fraction < 1 ? { every: every.fraction } : undefined;
}

/** What the library itself has against the options: a field of the VM, and what is allowed; null: nothing. */
export function lockstepProblem(form: ScenarioReplicas): { readonly path: readonly PropertyKey[]; readonly allowed: string } | null {
  const options = { ...lockstepOptions(form), program: NO_PROGRAM };
  try {
    checkRunnerOptions(options, form.count);
    checkJudgeOptions(options, form.count);
    return null;
  } catch (error) {
    if (!(error instanceof InvalidOptionError)) throw error;
    const { field, allowed } = error.details as { readonly field: string; readonly allowed: string };
    const steps = field.match(/[^.[\]]+/g) ?? [field];
    return { path: steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step)), allowed: `allowed is ${allowed}` };
  }
}

/** Records of the engine that a VM takes. */
export interface VmRecords {
  /** Replicas and snapshots. */
  readonly replicas: number;
  /** Those that run, or may. */
  readonly players: number;
}

/** Those that die and are replaced, and a standby, count too. */
export function vmRecords(form: ScenarioReplicas | undefined): VmRecords {
  if (form === undefined) return { replicas: 1, players: 1 };
  const joining = form.faults.filter(({ what }) => what.kind === 'dies' && what.isReplaced).length;
  return {
    replicas: lockstepRecords({ ...lockstepOptions(form), program: NO_PROGRAM }, form.count) + joining,
    players: form.count + form.standby + joining,
  };
}

const NO_PROGRAM: ProgramMaker = () => {
  throw new RangeError('no program is made to count records');
};
