import type { Move, ScenarioChange, When } from './types.ts';

export interface Repeat {
  readonly times: number;
  /** From one time to the next: a fraction of the VM's records, or virtual time. */
  readonly every: { readonly fraction: number } | { readonly ns: number };
  /** Half an interval after each time everything goes back. */
  readonly backAndForth?: boolean | undefined;
}

/** A change once for each time that it happens. */
export function repeated(change: ScenarioChange, repeat: Repeat | undefined): readonly ScenarioChange[] {
  if (repeat === undefined) return [change];
  const { times, every, backAndForth = false } = repeat;
  const back = { ...change, moves: change.moves.map(reversed) };
  return Array.from({ length: times }, (_, time) => {
    const there = { ...change, when: later(change.when, every, time) };
    return backAndForth ? [there, { ...back, when: later(change.when, every, time + 0.5) }] : [there];
  }).flat();
}

/** How many changes it becomes. */
export function timesOf({ times, backAndForth = false }: Repeat): number {
  return times * (backAndForth ? 2 : 1);
}

/** Where the last one falls, for checks: as `when` would write it. */
export function lastTime(when: When, { times, every, backAndForth = false }: Repeat): When {
  return later(when, every, times - (backAndForth ? 0.5 : 1));
}

function later(when: When, every: Repeat['every'], times: number): When {
  if ('vm' in when) return { vm: when.vm, progress: when.progress + times * ('fraction' in every ? every.fraction : 0) };
  return { virtualNs: Math.round(when.virtualNs + times * ('ns' in every ? every.ns : 0)) };
}

/** What was given comes back, at the same addresses where there were any. */
function reversed(move: Move): Move {
  switch (move.kind) {
    case 'amount':
      return { ...move, bytes: -move.bytes };
    case 'give':
      return { ...move, kind: 'take' };
    case 'take':
      return { ...move, kind: 'give' };
    case 'real':
      return move;
  }
}
