// The boundary: what the bindings call. bindings/engine/exports.ts says what each function takes and gives.
import { PAGE_SHIFT } from './shared/page.ts';
import { CONTROL } from './shared/layout.ts';

import { advise, protect } from './advice.ts';
import { vmInformation } from './information.ts';
import { engineInit, replicaDispose, replicaRestore, vmCreate, vmDispose, vmMovesFirst, vmReplica } from './life.ts';
import {
  load16,
  load32,
  load64,
  load8,
  pageForRead,
  pageForWrite,
  pageWritten,
  peek,
  peekSlot,
  rangeCheck,
  store16,
  store32,
  store64,
  store8,
  storeSeen32,
} from './memory.ts';
import {
  playerBuffer,
  playerCreate,
  playerDispose,
  playerFeed,
  playerFigures,
  playerNextUse,
  playerRun,
  playerSkip,
} from './player/player.ts';
import { vmCondition, vmSweep, vmWatch } from './regions/early-release.ts';
import { rightsExpandRange } from './regions/expand-range.ts';
import { changeCancel, rightsExpand, rightsReduce } from './regions/request.ts';
import { rightsRelease, rightsTouch } from './regions/seek.ts';
import { vmDifference } from './replicas/difference.ts';
import { replicaChanged } from './replicas/changed.ts';
import { imageMap } from './replicas/image.ts';
import { replicaTakePages } from './replicas/part.ts';
import { replicaQuota } from './replicas/quota.ts';
import { engineScan, vmSalt } from './replicas/scan-across.ts';
import { vmScan } from './replicas/scan.ts';
import { vmScrub } from './replicas/scrub.ts';
import { vmSharing } from './replicas/sharing.ts';
import { replicaClear, replicaEmpty, replicaFork, replicaSnapshot } from './replicas/snapshot.ts';
import { replicaStep, vmCompare, vmComparePolicy } from './replicas/step.ts';
import { enginePlan } from './store/plan.ts';
import { engineValidate } from './validate.ts';

// asc resolves `import … from './x.ts'` but not `export … from './x.ts'`.
export {
  engineScan,
  engineValidate,
  advise,
  changeCancel,
  engineInit,
  enginePlan,
  imageMap,
  load16,
  load32,
  load64,
  load8,
  pageForRead,
  pageForWrite,
  pageWritten,
  peek,
  peekSlot,
  playerBuffer,
  playerCreate,
  playerDispose,
  playerFeed,
  playerFigures,
  playerNextUse,
  playerRun,
  playerSkip,
  protect,
  rangeCheck,
  replicaChanged,
  replicaClear,
  replicaDispose,
  replicaEmpty,
  replicaFork,
  replicaQuota,
  replicaRestore,
  replicaSnapshot,
  replicaStep,
  replicaTakePages,
  rightsExpand,
  rightsExpandRange,
  rightsReduce,
  rightsRelease,
  rightsTouch,
  store16,
  store32,
  store64,
  store8,
  storeSeen32,
  vmCompare,
  vmComparePolicy,
  vmCondition,
  vmCreate,
  vmDifference,
  vmDispose,
  vmInformation,
  vmMovesFirst,
  vmReplica,
  vmSalt,
  vmScan,
  vmScrub,
  vmSharing,
  vmSweep,
  vmWatch,
};

export function pageShift(): i32 {
  return PAGE_SHIFT;
}

export function controlAddress(): i32 {
  return CONTROL;
}
