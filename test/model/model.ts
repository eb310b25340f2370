/**
 * The plain model: slow, and obviously right. It is written from docs/semantics.md and from nothing else, so that the compiled engine can be
 * held against it. This file lists what it consists of.
 */
export * from './access.ts';
export { sweep } from './borrowed.ts';
export { informationOf, summaryOf } from './information.ts';
export {
  cancel,
  expand,
  expandRange,
  reduce,
  release,
  touch,
  vmCreate,
  vmDispose,
  type ReduceRequest,
  type VmOptions,
} from './reconfigure.ts';
export { regionAtSlot } from './rights.ts';
export { ModelFailure } from './failure.ts';
export * from './world.ts';
