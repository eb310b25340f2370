/**
 * The plain model: slow, and obviously right. It is written from docs/semantics.md and from nothing else, so that the compiled engine can be
 * held against it. This file lists what it consists of.
 *
 * It has all that the compiled engine decides. What the bindings decide reaches the engine as lists of regions, releases and sweeps: the random
 * steps make lists by criteria and in any order, and swap regions with a pool as a reserve does (generator-rights.ts). Which list a criterion gives,
 * and when a reserve refills, is tested on the bindings: test/bindings/selection-…, reserve-….
 */
export * from './access.ts';
export { sweep } from './borrowed.ts';
export { compare, difference } from './compare.ts';
export { changed, emptyReplica, fork, replicaClear, replicaDispose, restore, snapshot } from './replicas.ts';
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
