import { CHECK_POINT_END } from './types.ts';
import type { CheckPoint } from './types.ts';

/** Whether two stand at one check point; nowhere is not the same as nowhere. */
export function isSameCheckPoint(a: CheckPoint | null, b: CheckPoint | null): boolean {
  return a !== null && b !== null && a.id === b.id && a.progress === b.progress;
}

export function isEnd(checkPoint: CheckPoint | null): boolean {
  return isSameCheckPoint(checkPoint, CHECK_POINT_END);
}
