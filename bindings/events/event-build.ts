import * as layout from '../../assembly/shared/layout.ts';
import type { Change } from '../change.ts';
import type { EventRecord } from '../engine/event-record.ts';
import type { Vm } from '../vm.ts';
import type { EngineEvent, OfChange, Timed } from './event-map.ts';

/** Handles -> the objects that users hold. */
export interface Directory {
  readonly regionBytes: number;
  vmOf(handle: number): Vm;
  vmOfOrNone(handle: number): Vm | undefined;
  changeOf(handle: number): Change;
}

type Builder = (record: EventRecord, directory: Directory) => EngineEvent;

const timed = (record: EventRecord, directory: Directory): Timed => ({ vm: directory.vmOf(record.vm), timeNs: record.timeNs });
const ofChange = (record: EventRecord, directory: Directory): OfChange => ({
  ...timed(record, directory),
  change: directory.changeOf(record.a),
});
const changeOrNone = (handle: number, directory: Directory): Change | undefined => (handle === 0 ? undefined : directory.changeOf(handle));

/** What the numbers of a record mean, type by type; drawn in assembly/shared/layout.ts. */
const BUILDERS: Readonly<Record<number, Builder>> = {
  [layout.EVENT_GRANT]: (r, d) => ({
    type: 'grant',
    ...timed(r, d),
    region: r.a,
    regions: r.b,
    machineAddress: r.c * d.regionBytes,
    change: changeOrNone(r.d, d),
  }),
  [layout.EVENT_DECLARE]: (r, d) => ({
    type: 'declare',
    ...timed(r, d),
    region: r.a,
    regions: r.b,
    machineAddress: r.c * d.regionBytes,
    change: d.changeOf(r.d),
  }),
  [layout.EVENT_TAKE_OVER]: (r, d) => ({
    type: 'takeOver',
    ...timed(r, d),
    region: r.a,
    from: d.vmOfOrNone(r.b),
    pagesWritten: r.c,
    machineAddress: r.d * d.regionBytes,
  }),
  [layout.EVENT_USE]: (r, d) => ({ type: 'use', ...timed(r, d), region: r.a, machineAddress: r.d * d.regionBytes }),
  [layout.EVENT_RELEASE]: (r, d) => ({ type: 'release', ...timed(r, d), region: r.a, pagesWritten: r.b, change: changeOrNone(r.d, d) }),
  [layout.EVENT_FOLLOW]: (r, d) => ({ type: 'follow', ...ofChange(r, d), region: r.b, pending: r.c, pagesWritten: r.d }),
  [layout.EVENT_SETTLED]: (r, d) => ({ type: 'settled', ...ofChange(r, d) }),
  [layout.EVENT_SUPERSEDED]: (r, d) => ({ type: 'superseded', ...ofChange(r, d), region: r.b }),
  [layout.EVENT_ABANDONED]: (r, d) => ({ type: 'abandoned', ...ofChange(r, d) }),
  [layout.EVENT_CANCELLED]: (r, d) => ({ type: 'cancelled', ...ofChange(r, d) }),
  [layout.EVENT_EARLY_RELEASE]: (r, d) => ({
    type: 'earlyRelease',
    ...timed(r, d),
    region: r.a,
    pagesWritten: r.b,
    cause: r.c === 0 ? 'access' : 'sweep',
  }),
  [layout.EVENT_MERGE]: (r, d) => ({
    type: 'merge',
    ...timed(r, d),
    page: r.a,
    areasMerged: r.b,
    areasLeft: r.c === layout.MERGE_AREAS_UNCOUNTED ? null : r.c,
  }),
  [layout.EVENT_MOVE]: (r, d) => ({ type: 'move', ...timed(r, d), page: r.a, fromRegion: r.b, toRegion: r.c }),
  [layout.EVENT_PAGE_IN]: (r, d) => ({ type: 'pageIn', ...timed(r, d), page: r.a, slot: r.b }),
  [layout.EVENT_PAGE_OUT]: (r, d) => ({ type: 'pageOut', ...timed(r, d), page: r.a, slot: r.b }),
  [layout.EVENT_FAULT]: (r, d) => ({ type: 'fault', ...timed(r, d), page: r.a }),
  [layout.EVENT_COPY]: (r, d) => ({ type: 'copy', ...timed(r, d), page: r.a }),
  [layout.EVENT_VM_CREATED]: (r, d) => ({ type: 'vmCreated', ...timed(r, d) }),
  [layout.EVENT_VM_DISPOSED]: (r, d) => ({ type: 'vmDisposed', ...timed(r, d) }),
};

/** The event that a record of the ring stands for. */
export function eventBuild(record: EventRecord, directory: Directory): EngineEvent | undefined {
  return BUILDERS[record.type]?.(record, directory);
}
