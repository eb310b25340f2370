import { resolve } from 'node:path';
import type { Shortfall } from '../policy/expand.ts';
import type { MoveForm, PoliciesForm, RequestPoliciesForm, ShareForm, StrategyForm } from './form-policies.ts';
import { BUILT_IN_NAMES, builtInStrategy, STRATEGIES_DEFAULT, strategyMake } from './matrix.ts';
import type { EarlyReleaseForm, Policies, RequestPolicies, WatchForm } from './policies.ts';
import { repeated } from './repeat.ts';
import { resolvedReplicas } from './resolve-replicas.ts';
import type { ChangeForm, ScenarioForm } from './schema.ts';
import type { AddressRange, Move, Scenario, ScenarioChange, Strategy, When } from './types.ts';

const REGION_BYTES_DEFAULT = 256 * 1024;
const ACCESS_NS_DEFAULT = 1;

/** The form with every default filled in, every path made absolute, every repetition written out. */
export function resolved(form: ScenarioForm, directory: string): Scenario {
  const shared = sharedPolicies(form);
  const watch = watchOf(form);
  const own = (form.strategies ?? STRATEGIES_DEFAULT).map((strategy) =>
    typeof strategy === 'string' ? builtInStrategy(strategy, shared, watch) : ownStrategy(strategy, shared),
  );
  const builtIn = BUILT_IN_NAMES.map((name) => builtInStrategy(name, shared, watch));
  return {
    title: form.title ?? null,
    memoryBytes: form.memory,
    regionBytes: form.region ?? REGION_BYTES_DEFAULT,
    moduleBytes: form.modules,
    accessNs: form.accessNs ?? ACCESS_NS_DEFAULT,
    loadsStore: form.loadsStore ?? true,
    swap: resolvedSwap(form.swap, directory),
    vms: form.vms.map((vm) => ({
      name: vm.name,
      memoryBytes: vm.memory,
      tracePath: resolve(directory, vm.trace),
      addressSpaceBytes: vm.addressSpace ?? form.addressSpace,
      eviction: vm.eviction ?? form.eviction ?? 'lru',
      seek: vm.seek ?? form.seek,
      evictBatch: vm.evictBatch ?? form.evictBatch,
      earlyRelease: vm.earlyRelease,
      release: vm.release,
      replicas: resolvedReplicas(vm),
    })),
    changes: (form.changes ?? []).flatMap((change, index) => repeated(resolvedChange(change, index, form.shortfall), change.repeat)),
    strategies: own,
    known: [...own, ...builtIn.filter(({ name }) => own.every((strategy) => strategy.name !== name))],
  };
}

function resolvedSwap(form: ScenarioForm['swap'], directory: string): Scenario['swap'] {
  return {
    bytes: form.size,
    device: form.device,
    readLatencyNs: form.readLatency,
    writeLatencyNs: form.writeLatency,
    readBytesPerSecond: form.readBandwidth,
    writeBytesPerSecond: form.writeBandwidth,
    queue: form.queue,
    store: form.store ?? (form.path === undefined ? 'linear' : 'file'),
    path: form.path === undefined ? undefined : resolve(directory, form.path),
  };
}

function requestPolicies({ useRight, declaration, selection, order, chunk, sameVmOnceAtATime }: RequestPoliciesForm): RequestPolicies {
  return { useRight, declaration, selection, order, chunkBytes: chunk, sameVmOnceAtATime };
}

function policiesOf(form: PoliciesForm): Policies {
  const { reserve, earlyRelease, release } = form;
  return {
    ...requestPolicies(form),
    reserve: reserve && { memoryBytes: reserve.memory, refillBytesPerSecond: reserve.refill, shortfall: reserve.shortfall },
    earlyRelease,
    release,
  };
}

function sharedPolicies({ earlyRelease, ...form }: ScenarioForm): Policies {
  const shared = { ...policiesOf(form), earlyRelease: earlyRelease && conditionOf(earlyRelease) };
  return form.expand === undefined ? shared : { ...shared, selection: { ...shared.selection, expand: form.expand } };
}

function conditionOf({ when, ...watch }: NonNullable<ScenarioForm['earlyRelease']>): EarlyReleaseForm | undefined {
  return when && { ...watch, when };
}

/** What the file says of watching without a condition is for the one that is built in. */
function watchOf({ earlyRelease }: ScenarioForm): WatchForm {
  if (!earlyRelease || earlyRelease.when !== undefined) return {};
  const { counting, period, sweep } = earlyRelease;
  return { counting, period, sweep };
}

function ownStrategy(form: StrategyForm, shared: Policies): Strategy {
  return strategyMake(form.name, form.handover ?? 'rights', policiesOf(form), shared);
}

function resolvedChange(form: ChangeForm, index: number, shortfall: Shortfall = 'reject'): ScenarioChange {
  const { vm, progress, virtual } = form.when;
  const when: When = vm !== undefined ? { vm, progress: progress ?? 0 } : { virtualNs: virtual ?? 0 };
  const { reconfigure } = form;
  const moves = Array.isArray(reconfigure)
    ? reconfigure.map(moveOfList)
    : Object.entries(reconfigure).map(([name, share]) => moveOfShare(name, share));
  return {
    ...requestPolicies(form),
    index,
    when,
    moves,
    isList: Array.isArray(reconfigure),
    shortfall: form.shortfall ?? shortfall,
    afterGrant: form.afterGrant ?? false,
  };
}

type RangesForm = Pick<MoveForm, 'give' | 'take' | 'real'>;

/** checkForms has seen that exactly one is there. */
function moveOfRange(vm: string | null, { give, take, real }: RangesForm): Move {
  if (real !== undefined) return { kind: 'real', vm, range: rangeOf(real) };
  return give !== undefined ? { kind: 'give', vm: vm!, range: rangeOf(give) } : { kind: 'take', vm: vm!, range: rangeOf(take!) };
}

function rangeOf({ from, bytes }: { readonly from: number; readonly bytes: number }): AddressRange {
  return { fromBytes: from, bytes };
}

function moveOfList(move: MoveForm): Move {
  return move.change === undefined ? moveOfRange(move.vm, move) : { kind: 'amount', vm: move.vm!, bytes: move.change };
}

function moveOfShare(vm: string, share: ShareForm): Move {
  return typeof share === 'number' ? { kind: 'amount', vm, bytes: share } : moveOfRange(vm, share);
}
