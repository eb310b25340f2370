// Processor states of programs, read and brought back. A fault may have spoilt a program so far that it can do neither: it has failed then, as one that throws on the way.
import { InvalidOptionError } from '../errors.ts';
import { isOfProgram } from './failure.ts';
import type { CheckPoint, Crew, Meeting, Member } from './types.ts';

/** Copies of the states of those who stand at check points; undefined where a program tells none. Who cannot tell its own has failed, and is left out. */
export type States = ReadonlyMap<Member, Uint8Array | undefined>;

export function statesRead(crew: Crew, { arrivals }: Meeting): States {
  const states = new Map<Member, Uint8Array | undefined>();
  for (const { member, checkPoint } of arrivals) {
    if (checkPoint === null || member.failure !== null) continue;
    attempt(crew, member, () => states.set(member, stateOf(member)));
  }
  return states;
}

/** The member's memory is that of a check point already: its program goes on from a state there, or has failed. */
export function stateRestore(crew: Crew, member: Member, state: Uint8Array | undefined, checkPoint: CheckPoint): void {
  attempt(crew, member, () => {
    if (state !== undefined) member.program.restore?.(state.slice(), checkPoint);
    crew.restored(member, checkPoint);
  });
}

/** Errors: INVALID_OPTION, where some member's program has no states. */
export function requireStates({ members }: Crew, what: string): void {
  const without = members.find(({ program }) => program.state === undefined);
  if (without === undefined) return;
  throw new InvalidOptionError('program', without.program, `programs with state and restore, for ${what}`, 'one without them');
}

function stateOf({ program }: Member): Uint8Array | undefined {
  if (program.state === undefined) return undefined;
  const state: unknown = program.state();
  if (!(state instanceof Uint8Array)) throw new InvalidOptionError('program.state()', state, 'a Uint8Array');
  return new Uint8Array(state);
}

function attempt(crew: Crew, member: Member, action: () => void): void {
  try {
    action();
  } catch (error) {
    if (!isOfProgram(error)) throw error;
    crew.failed(member, error);
  }
}
