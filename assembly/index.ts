// The boundary: what the bindings call. bindings/engine/exports.ts says what each function takes and gives.
import { PAGE_SHIFT } from './shared/page.ts';
import { CONTROL } from './shared/layout.ts';

import { advise, protect } from './advice.ts';
import { vmInformation } from './information.ts';
import { engineInit, replicaDispose, replicaFork, replicaRestore, vmCreate, vmDispose, vmMovesFirst, vmReplica } from './life.ts';
import {
  load16,
  load32,
  load64,
  load8,
  pageForRead,
  pageForWrite,
  peek,
  peekSlot,
  rangeCheck,
  store16,
  store32,
  store64,
  store8,
} from './memory.ts';
import { playerBuffer, playerCreate, playerDispose, playerFeed, playerFigures, playerNextUse, playerRun } from './player/player.ts';
import { vmCondition, vmSweep, vmWatch } from './regions/early-release.ts';
import { rightsExpandRange } from './regions/expand-range.ts';
import { changeCancel, rightsExpand, rightsReduce } from './regions/request.ts';
import { rightsRelease, rightsTouch } from './regions/seek.ts';
import { vmDifference } from './replicas/difference.ts';
import { replicaStep, vmCompare } from './replicas/step.ts';
import { enginePlan } from './store/plan.ts';
import { engineValidate } from './validate.ts';

// asc resolves `import … from './x.ts'` but not `export … from './x.ts'`.
export {
  engineValidate,
  advise,
  changeCancel,
  engineInit,
  enginePlan,
  load16,
  load32,
  load64,
  load8,
  pageForRead,
  pageForWrite,
  peek,
  peekSlot,
  playerBuffer,
  playerCreate,
  playerDispose,
  playerFeed,
  playerFigures,
  playerNextUse,
  playerRun,
  protect,
  rangeCheck,
  replicaDispose,
  replicaFork,
  replicaRestore,
  replicaStep,
  rightsExpand,
  rightsExpandRange,
  rightsReduce,
  rightsRelease,
  rightsTouch,
  store16,
  store32,
  store64,
  store8,
  vmCompare,
  vmCondition,
  vmCreate,
  vmDifference,
  vmDispose,
  vmInformation,
  vmMovesFirst,
  vmReplica,
  vmSweep,
  vmWatch,
};

export function pageShift(): i32 {
  return PAGE_SHIFT;
}

export function controlAddress(): i32 {
  return CONTROL;
}
