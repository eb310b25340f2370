import type { Move, ScenarioChange } from './types.ts';

// What the checks of a scenario share: places in the file, and what depends on the engine.

/** What depends on the compiled module: sizes are multiples of its page. */
export interface CheckLimits {
  readonly pageBytes: number;
}

/** A VM always manages at least this many frames. */
export const FRAMES_LEAST = 2;

export type Path = readonly PropertyKey[];
/** Notes that the value at `path` of the input is not what is allowed. */
export type Refuse = (path: Path, allowed: string) => void;

/** Where a move stands in the file. */
export function movePath(change: ScenarioChange, move: Move, index: number, path: Path): Path {
  return [...path, 'reconfigure', change.isList ? index : (move.vm ?? index)];
}
