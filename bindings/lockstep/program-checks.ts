// What users' programs answer, checked: a fault of a replica may have spoilt it.
import { InvalidOptionError } from '../errors.ts';
import type { CheckPoint, ProgramStop, ReplicaProgram } from './types.ts';

const STOPS: Readonly<Record<ProgramStop, true>> = {
  time: true,
  position: true,
  checkPoint: true,
  waited: true,
  input: true,
  finished: true,
};

export function checkStop(stop: unknown): ProgramStop {
  if (typeof stop === 'string' && Object.hasOwn(STOPS, stop)) return stop as ProgramStop;
  throw new InvalidOptionError('program.run()', stop, Object.keys(STOPS).join(', '));
}

/** Where a program says that it is, after a slice. */
export function checkTold({ checkPoint, progress }: ReplicaProgram, stop: ProgramStop): void {
  checkPart('program.progress', progress);
  if (stop === 'checkPoint') checkPlace(checkPoint);
}

function checkPlace(place: unknown): void {
  const { id, progress } = (place ?? {}) as { readonly [Field in keyof CheckPoint]?: unknown };
  const isName = typeof id === 'string' || (typeof id === 'number' && Number.isFinite(id));
  if (!isName) throw new InvalidOptionError('program.checkPoint.id', id, 'a number or text');
  checkPart('program.checkPoint.progress', progress);
}

function checkPart(field: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0 && value <= 1)) throw new InvalidOptionError(field, value, 'a number from 0 to 1');
}

/** What a maker made; a program without `state` cannot have `restore`, and the other way round. */
export function checkProgram(program: unknown): ReplicaProgram {
  const made = program as ReplicaProgram | null;
  if (typeof made !== 'object' || made === null || typeof made.run !== 'function')
    throw new InvalidOptionError('program(guest)', program, 'a program: an object with run, progress, position and checkPoint');
  if ((made.state === undefined) !== (made.restore === undefined))
    throw new InvalidOptionError('program(guest)', program, 'a program with both state and restore, or with neither of them');
  return made;
}
