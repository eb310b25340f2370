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

/** Where a program says that it is, after a slice which was to end at a position (Infinity: at none). What it asks for in vain would stop everybody. */
export function checkTold(program: ReplicaProgram, stop: ProgramStop, untilPosition: number): void {
  const { checkPoint, progress, position } = program;
  checkPart('program.progress', progress);
  if (stop === 'checkPoint') checkPlace(checkPoint);
  if (stop === 'position' && !(untilPosition < Infinity && position >= untilPosition))
    throw new InvalidOptionError('program.run()', stop, "'position' only at the position that was asked for");
  if (stop === 'input' && program.refill === undefined)
    throw new InvalidOptionError('program.run()', stop, "'input' only from a program that has refill");
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
