/** The plain model and the compiled engine side by side: after every operation all that can be seen of them is compared. */
import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import type { Build } from '../support/builds.ts';
import { RawEngine } from '../support/raw.ts';
import { EngineSubject, rawOptions } from './engine-subject.ts';
import { machineRun, resolve, type PoolShape } from './generator.ts';
import type { MachineRun } from './generator-step.ts';
import { ModelSubject } from './model-subject.ts';
import type { Operation, Subject, View } from './operation.ts';
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
