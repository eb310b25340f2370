import type { Move, ScenarioChange, ScenarioVm } from './types.ts';

// What the checks of a scenario share: places in the file, and what depends on the engine.

/** What depends on the compiled module: sizes are multiples of its page. */
export interface CheckLimits {
  readonly pageBytes: number;
}

const FRAMES_LEAST = 2;
/** With replicas, or snapshots to roll back to: a copy is had before the page that it is made from goes. */
const FRAMES_LEAST_SHARED = 4;

/** A VM always manages at least this many frames. */
export function framesLeast({ replicas }: ScenarioVm): number {
  return replicas === undefined ? FRAMES_LEAST : FRAMES_LEAST_SHARED;
}

export type Path = readonly PropertyKey[];
/** Notes that the value at `path` of the input is not what is allowed. */
export type Refuse = (path: Path, allowed: string) => void;

/** Where a move stands in the file. */
export function movePath(change: ScenarioChange, move: Move, index: number, path: Path): Path {
  return [...path, 'reconfigure', change.isList ? index : (move.vm ?? index)];
}
