import type { LockstepEventName } from './types.ts';

export const EVENT_NAMES: Readonly<Record<LockstepEventName, true>> = {
  slice: true,
  assign: true,
  arrive: true,
  failure: true,
  checkPoint: true,
};
