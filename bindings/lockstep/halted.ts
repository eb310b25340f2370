import { LockstepHaltedError, valueShown } from '../errors.ts';
import type { CheckPointReport, Difference } from './difference.ts';

const count = (differences: readonly Difference[], kind: Difference['kind']): number =>
  differences.filter((difference) => difference.kind === kind).length;

/** The error for a difference that no policy resolved. */
export function haltedError(vm: string, report: CheckPointReport, rollBacks: number): LockstepHaltedError {
  const { checkPoint, differences, minority, tried } = report;
  const pages = count(differences, 'page');
  const states = count(differences, 'state');
  const place = checkPoint === null ? 'no check point' : `check point ${checkPoint.id} (${percent(checkPoint.progress)})`;
  const who = minority.length === 0 ? 'no majority says who is wrong' : `against the majority: replica ${minority.join(', ')}`;
  const failure = failureOf(differences);
  const failed = failure === undefined ? '' : ` A program failed: ${failure instanceof Error ? failure.message : valueShown(failure)}`;
  const isLate = failure === undefined && differences.some(({ kind }) => kind === 'checkPoint');
  const limit = isLate ? ' Replicas that are only slow need a larger checkPointLimit.' : '';
  const attempts = rollBacks === 0 ? '' : `, ${rollBacks} roll-backs`;
  return new LockstepHaltedError(
    `The replicas of VM '${vm}' differ at ${place}: ${pages} pages, ${states} processor states, ${count(differences, 'checkPoint')} places; ${who}. ` +
      `Tried in vain: ${tried.join(', ') || 'nothing'}${attempts}.${failed}${limit} Look at lockstep.report; take a replica out with lockstep.fail(), ` +
      "or choose onDifference: 'report' to go on as they are.",
    {
      vm,
      checkPoint: checkPoint?.id ?? 'none',
      progress: checkPoint?.progress ?? 0,
      pages,
      states,
      minority: minority.join(', '),
      rollBacks,
    },
    failure === undefined ? undefined : { cause: failure },
  );
}

/** The error where the last replica is to be taken out. */
export function lastFailedError(vm: string, vmId: number): LockstepHaltedError {
  return new LockstepHaltedError(
    `Replica ${vmId} is the last of VM '${vm}' in lockstep and there is no standby: nobody would go on. Join another one first, or make the lockstep with standby: 1.`,
    { vm, minority: String(vmId) },
  );
}

function failureOf(differences: readonly Difference[]): unknown {
  for (const difference of differences) {
    if (difference.kind !== 'checkPoint') continue;
    const failed = difference.places.find(({ error }) => error !== undefined);
    if (failed !== undefined) return failed.error;
  }
  return undefined;
}

function percent(progress: number): string {
  return `${Number((progress * 100).toFixed(2))} %`;
}
