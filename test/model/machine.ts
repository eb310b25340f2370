/** The plain model and the compiled engine side by side: after every operation all that can be seen of them is compared. */
import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import {
  STATUS_ACCESS_REFUSED,
  STATUS_ADDRESS_OUT_OF_RANGE,
  STATUS_BAD_OPTION,
  STATUS_CHANGE_SETTLED,
  STATUS_DEVICE_PAGE,
  STATUS_NOT_ENOUGH_MEMORY,
  STATUS_NOT_MANAGED,
  STATUS_NOT_SELECTABLE,
  STATUS_NO_SUCH_REPLICA,
  STATUS_OK,
  STATUS_OUT_OF_FRAMES,
  STATUS_POLICY_FAILED,
  STATUS_PROTECTED,
  STATUS_SWAP_FULL,
  STATUS_SWAP_READ_FAILED,
  STATUS_SWAP_WRITE_FAILED,
  STATUS_TOO_LITTLE_LEFT,
} from '../../assembly/shared/status.ts';
import type { Build } from '../support/builds.ts';
import { RawEngine } from '../support/raw.ts';
import { EngineSubject, rawOptions } from './engine-subject.ts';
import { COMPARISONS, STATISTICS } from './generator-borrow.ts';
import { machineRun, resolve, type PoolShape } from './generator.ts';
import type { MachineRun } from './generator-step.ts';
import { ModelSubject } from './model-subject.ts';
import type { Operation, Subject, View } from './operation.ts';
import type { Figures } from './statistics.ts';
import { note } from './world.ts';

/** What the two disagree about, and all that led there. */
export class Disagreement extends Error {
  readonly run: MachineRun;
  readonly history: readonly Operation[];

  constructor(build: Build, run: MachineRun, history: readonly Operation[], cause: unknown) {
    const { world, store, columnPages } = run;
    const lines = history.map((operation) => `  ${JSON.stringify(operation)},`);
    super(
      `${build.name}: ${cause instanceof Error ? cause.message : String(cause)}\nafter ${history.length} operations on ${JSON.stringify({ world, store, columnPages })}\n${lines.join('\n')}`,
    );
    this.name = 'Disagreement';
    this.run = run;
    this.history = history;
  }
}

/** Compares through text first, which is fast; the slow comparison finds the words. */
function expectEqual(engine: unknown, model: unknown): void {
  if (JSON.stringify(engine) !== JSON.stringify(model)) deepStrictEqual({ engine }, { engine: model });
}

function compareContents(engine: Subject, model: Subject, view: View): void {
  view.places.forEach((places, replica) =>
    places?.forEach((place, page) => {
      if (place === '') return;
      if (Buffer.compare(engine.content(replica, page), model.content(replica, page)) !== 0) {
        throw new Error(`the contents of page ${page} of replica ${replica} (${place}) differ`);
      }
    }),
  );
}

/** Applies one operation to both and compares all there is to see. */
export function stepBoth(engine: EngineSubject, model: ModelSubject, operation: Operation): void {
  const found = engine.apply(operation);
  // where replicas may or may not follow, the model does as the engine did
  model.isSame = (replica, other, page) => engine.isSame(replica, other, page);
  const expected = model.apply(operation);
  note(model.world, `${operation.op}: ${expected.status}`);
  expectEqual(found, expected);
  const view = model.view();
  expectEqual(engine.view(), view);
  const invariant = engine.raw.exports.engineValidate();
  if (invariant !== 0) throw new Error(`engineValidate answered ${invariant}: invariant ${engine.raw.errors().join(', ')}`);
  compareContents(engine, model, view);
}

/** One run on one build; what happened in it is added to `seen`. */
export function runBoth(raw: RawEngine, build: Build, run: MachineRun, seen: Map<string, number>): void {
  const options = { ...run.world, pageBytes: build.pageBytes };
  const model = new ModelSubject(options);
  const engine = new EngineSubject(raw, rawOptions(run.world, run.store, run.columnPages));
  const history: Operation[] = [];
  try {
    for (const step of [...run.firstVms, ...run.steps]) {
      for (const operation of resolve(model, run, build.pageBytes, step)) {
        history.push(operation);
        stepBoth(engine, model, operation);
      }
    }
  } catch (cause) {
    throw new Disagreement(build, run, history, cause);
  }
  for (const change of model.world.changes) {
    note(model.world, `a change ${change.state}`);
    if (change.superseded > 0) note(model.world, 'a region superseded');
    if (change.pageOutsAfterGrant > 0) note(model.world, 'page-outs after a grant');
    if (change.pageOutsBeforeGrant > 0) note(model.world, 'page-outs before a grant');
    if (change.settledNs !== null && change.settledNs > change.grantNs) note(model.world, 'a change settled later');
  }
  for (const [what, times] of model.world.seen) seen.set(what, (seen.get(what) ?? 0) + times);
}

export interface CampaignOptions {
  readonly shape: PoolShape;
  readonly runs: number;
  readonly stepsMost: number;
  readonly seed?: number;
  readonly seen: Map<string, number>;
}

/** Many runs on one build; throws the shortest disagreement found, with its seed. */
export function campaign(build: Build, { shape, runs, stepsMost, seed, seen }: CampaignOptions): void {
  const raw = new RawEngine(build);
  const property = fc.property(machineRun(shape, stepsMost), (run) => runBoth(raw, build, run, seen));
  fc.assert(property, { numRuns: runs, ...(seed === undefined ? {} : { seed }) });
}

const STATISTICS_SOMETIMES_UNKNOWN: readonly (keyof Figures)[] = [
  'accessesPerPeriod',
  'bytesEach',
  'bytesSinceAverage',
  'bytesPerPeriod',
  'bytesPerPeriodAverage',
];

/** What random runs must have met for their agreement to mean something: words of `note`, and operations with the status they ended with. */
export const EVENTS_TO_MEET: readonly string[] = [
  'a batch cut short',
  'a batch of evictions',
  'a borrowed frame freed by merging',
  'a change abandoned',
  'a change cancelled',
  'a change granted',
  'a change settled later',
  'a clean page copied',
  'a clean page dropped',
  'a clean page moved',
  'a comparison cut short after it merged',
  'a comparison cut short',
  'a dirty page copied',
  'a discardable area is so no longer',
  'a discardable page dropped',
  'a frame by borrowed',
  'a frame by managed',
  'a frame by takeOver',
  'a frame by userless',
  'a locked area merged',
  'a locked page moved',
  'a locked page out',
  'a page evacuated',
  'a page in three groups',
  'a page left a read-only region',
  'a page merged in part',
  'a page moved first',
  'a page that is out read to confirm it',
  'a page that is out read to know it',
  'a period skipped',
  'a record carried out at the second try',
  'a record of more than two pages',
  'a record with two parts in one page',
  'a record with two parts in two pages',
  'a region emptied page by page',
  'a region passed over: evacuate',
  'a region passed over: readOnly',
  'a region superseded',
  'a region taken over by a preferred manager',
  'a release by the manager itself',
  'a release cut short',
  'a release without taking',
  'a second chance',
  'a shared page in',
  'a shared page out',
  'a slot lost by merging',
  'a slot reclaimed',
  'a sweep of a region never accessed',
  'a threshold moved by the borrowed regions',
  'a userless region taken by a page that moves',
  'a userless region taken by a preferred manager',
  'a zero page dropped',
  'an early release at an access',
  'an early release by a sweep',
  'an early release cut short',
  'an early release failed',
  'an eviction by clock',
  'an eviction by farthest',
  'an eviction by fifo',
  'an eviction by lru',
  'counted as a sample',
  'counted exactly',
  'discardable areas merged',
  'merged into a locked area',
  'merged into a resident area',
  'merged into a zero page',
  'merged into an area that is out',
  'merged into none',
  'no room to evacuate',
  'no room to move first',
  'none stays none beside what is locked',
  'page-outs after a grant',
  'page-outs before a grant',
  'seen already',
  'statistics begin anew under another reduction',
  'statistics without a reduction',
  'the host says fail',
  'the host says keep',
  'the host says release',
  'the next period',
  ...[...STATISTICS, ...COMPARISONS].flatMap((what) => [`${what} holds`, `${what} fails`]),
  ...STATISTICS_SOMETIMES_UNKNOWN.map((statistic) => `${statistic} unknown`),
  ...[
    [
      'load',
      STATUS_OUT_OF_FRAMES,
      STATUS_SWAP_FULL,
      STATUS_SWAP_WRITE_FAILED,
      STATUS_SWAP_READ_FAILED,
      STATUS_PROTECTED,
      STATUS_DEVICE_PAGE,
      STATUS_POLICY_FAILED,
    ],
    [
      'store',
      STATUS_OUT_OF_FRAMES,
      STATUS_SWAP_FULL,
      STATUS_SWAP_WRITE_FAILED,
      STATUS_SWAP_READ_FAILED,
      STATUS_PROTECTED,
      STATUS_DEVICE_PAGE,
      STATUS_POLICY_FAILED,
    ],
    ['fill', STATUS_SWAP_FULL, STATUS_SWAP_WRITE_FAILED, STATUS_ADDRESS_OUT_OF_RANGE, STATUS_POLICY_FAILED],
    ['play', STATUS_OUT_OF_FRAMES, STATUS_SWAP_FULL, STATUS_SWAP_WRITE_FAILED, STATUS_SWAP_READ_FAILED],
    ['touch', STATUS_SWAP_FULL, STATUS_SWAP_WRITE_FAILED, STATUS_ACCESS_REFUSED],
    ['reduce', STATUS_SWAP_FULL, STATUS_SWAP_WRITE_FAILED, STATUS_TOO_LITTLE_LEFT, STATUS_NOT_MANAGED, STATUS_NOT_SELECTABLE],
    ['release', STATUS_SWAP_FULL, STATUS_SWAP_WRITE_FAILED, STATUS_ACCESS_REFUSED],
    ['sweep', STATUS_POLICY_FAILED],
    ['watch', STATUS_BAD_OPTION],
    ['expand', STATUS_NOT_ENOUGH_MEMORY, STATUS_NOT_SELECTABLE],
    ['vmCreate', STATUS_NOT_ENOUGH_MEMORY, STATUS_NOT_SELECTABLE],
    ['cancel', STATUS_TOO_LITTLE_LEFT, STATUS_CHANGE_SETTLED],
    ['fork', STATUS_TOO_LITTLE_LEFT],
    ['restore', STATUS_NO_SUCH_REPLICA],
    ['replicaDispose', STATUS_BAD_OPTION],
    ['step', STATUS_NO_SUCH_REPLICA],
    ['compare', STATUS_SWAP_READ_FAILED],
    ['difference', STATUS_SWAP_READ_FAILED],
  ].flatMap(([operation, ...statuses]) => [STATUS_OK, ...statuses].map((status) => `${operation}: ${status}`)),
  `vmDispose: ${STATUS_OK}`,
];
