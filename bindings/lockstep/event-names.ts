import type { LockstepEventName } from './types.ts';

export const EVENT_NAMES: Readonly<Record<LockstepEventName, true>> = {
  slice: true,
  assign: true,
  arrive: true,
  failure: true,
  checkPoint: true,
  difference: true,
  repair: true,
  rollBack: true,
  halt: true,
  flip: true,
  fail: true,
  join: true,
  takeOver: true,
  compare: true,
};
