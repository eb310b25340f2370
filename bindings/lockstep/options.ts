import { InvalidOptionError } from '../errors.ts';
import { checkBoolean, checkChoice, checkFields, checkFunction } from '../options.ts';
import { parseFraction, parseTimeNs } from '../units.ts';
import { checkProcessors } from './processors.ts';
import type { AssignmentPolicy, LockstepOptions, LockstepRunOptions, Processor, ProgramMaker } from './types.ts';

const FIELDS = [
  'program',
  'processors',
  'assignment',
  'progress',
  'turn',
  'compare',
  'onDifference',
  'retries',
  'checkPointLimit',
  'scrub',
  'standby',
];
const RUN_FIELDS = ['signal', 'until'];
const UNTIL_FIELDS = ['progress', 'time'];
const ASSIGNMENTS: Readonly<Record<AssignmentPolicy, true>> = { fastestToSlowest: true, fixed: true };
const PROGRESS = { checkPoints: true, program: true };
const TURN_NS = 100_000;

/** The options that concern who runs when. Those of comparison and repair are the judge's. */
export interface RunnerOptions {
  readonly program: ProgramMaker;
  readonly processors: readonly Processor[];
  readonly assignment: AssignmentPolicy;
  /** The progress table follows what programs tell after each slice. */
  readonly followsPrograms: boolean;
  readonly turnNs: number;
  readonly waitsAtCheckPoints: boolean;
  /** Null: by what the first one's way suggests. */
  readonly limitNs: number | null;
}

/** What ends a run before its program does. */
export interface Until {
  readonly progress: number;
  readonly timeNs: number;
}

export function checkRunnerOptions(value: unknown, replicas: number): RunnerOptions {
  checkFields('options', value, FIELDS);
  const options = value as LockstepOptions;
  checkFunction('program', options.program);
  const processors = checkProcessors('processors', options.processors, replicas);
  if (options.turn !== undefined && replicas <= processors.length)
    throw new InvalidOptionError('turn', options.turn, `no turns: ${processors.length} processors are enough for ${replicas} replicas`);
  const waitsAtCheckPoints = waitsAt(options);
  if (options.checkPointLimit !== undefined && !waitsAtCheckPoints)
    throw new InvalidOptionError(
      'checkPointLimit',
      options.checkPointLimit,
      'left out where compare.atCheckPoints is false: nobody waits there',
    );
  return {
    program: options.program,
    processors,
    assignment: checkChoice('assignment', options.assignment ?? 'fastestToSlowest', ASSIGNMENTS),
    followsPrograms: checkChoice('progress', options.progress ?? 'checkPoints', PROGRESS) === 'program',
    turnNs: options.turn === undefined ? TURN_NS : timeAboveZero('turn', options.turn),
    waitsAtCheckPoints,
    limitNs: options.checkPointLimit === undefined ? null : timeAboveZero('checkPointLimit', options.checkPointLimit),
  };
}

export function checkRunOptions(value: unknown): LockstepRunOptions {
  checkFields('options', value, RUN_FIELDS);
  return value as LockstepRunOptions;
}

export function checkUntil(until: LockstepRunOptions['until']): Until {
  if (until === undefined) return { progress: Infinity, timeNs: Infinity };
  checkFields('until', until, UNTIL_FIELDS);
  const { progress, time } = until;
  if (progress === undefined && time === undefined) throw new InvalidOptionError('until', until, 'progress, time or both');
  return {
    progress: progress === undefined ? Infinity : parseFraction('until.progress', progress),
    timeNs: time === undefined ? Infinity : parseTimeNs('until.time', time),
  };
}

function waitsAt({ compare }: LockstepOptions): boolean {
  if (compare === undefined) return true;
  checkFields('compare', compare, ['atCheckPoints', 'every']);
  return compare.atCheckPoints === undefined || checkBoolean('compare.atCheckPoints', compare.atCheckPoints);
}

function timeAboveZero(field: string, value: unknown): number {
  const timeNs = parseTimeNs(field, value);
  if (timeNs === 0) throw new InvalidOptionError(field, value, 'a time above 0');
  return timeNs;
}
