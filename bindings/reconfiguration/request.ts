import {
  CB_COMMON_VM,
  CB_CHANGES,
  CB_REGION_MANAGER,
  FRAMES_LEAST,
  FRAMES_LEAST_SHARING,
  VM_MANAGED,
} from '../../assembly/shared/layout.ts';
import type { Core } from '../engine/core.ts';
import type { Engine } from '../engine.ts';
import type { EngineParts } from '../engine-parts.ts';
import { releasePicks } from '../selection.ts';
import { throwIfAborted } from '../signal.ts';
import type { Vm } from '../vm.ts';
import { requestsOf } from './analysis.ts';
import { requestsSplit, wantedRegions } from './change-request.ts';
import type { ChangeRequest } from './change-request.ts';
import { checkChanges, rehearse } from './feasible.ts';
import type { Stock } from './feasible.ts';
import { EngineIssuer } from './issuer.ts';
import { wishesOf } from './moves.ts';
import type { Move } from './moves.ts';
import { checkReconfigureOptions } from './options.ts';
import type { CheckedReconfigureOptions, ReconfigureOptions } from './options.ts';
import { phasesOf } from './phases.ts';
import type { Phase } from './phases.ts';
import { picksPlan } from './picks-plan.ts';
import type { PlannedPicks } from './picks-plan.ts';
import { Reconfiguration } from './reconfiguration.ts';
import { Sequence } from './sequence.ts';

/** Reconfigurations of which requests have yet to be issued, by engine. */
const underWay = new WeakMap<Core, Set<Reconfiguration>>();

/**
 * @internal Analyses a request for the whole system (Fig. 18 S801), checks everything that can be known before the first right moves, and does what is due at
 * `requestNs`. What comes later is done by `step()`, when the caller's virtual time has come to `dueNs`.
 */
export function reconfigurationAt(
  engine: Engine,
  requestNs: number,
  moves: readonly Move[],
  options: ReconfigureOptions = {},
): Reconfiguration {
  const { parts } = engine;
  parts.core.begin('engine.reconfigure');
  const checked = checkReconfigureOptions(options, parts);
  throwIfAborted(options.signal);
  const { phases, picks } = planMake(engine, requestNs, moves, checked);
  const reconfiguration = new Reconfiguration(parts, requestNs, (told) => {
    const issuer = new EngineIssuer(parts, checked, { requestNs, picks, told, claimed: () => claimedBefore(parts.core, told) });
    return new Sequence(phases, issuer, checked.onceAtATime, requestNs);
  });
  noteUnderWay(parts.core, reconfiguration);
  reconfiguration.step();
  if (options.signal !== undefined) cancelOnAbort(reconfiguration, options.signal);
  return reconfiguration;
}

interface Plan {
  readonly phases: readonly Phase[];
  readonly picks: PlannedPicks;
}

/** S801. */
function planMake(engine: Engine, requestNs: number, moves: readonly Move[], options: CheckedReconfigureOptions): Plan {
  const { parts } = engine;
  const { core, regionBytes } = parts;
  const stock = stockOf(parts, requestNs, options);
  const spareOf = (vm: Vm): number => Math.max(0, stock.managedBy(vm) - Math.ceil(stock.framesLeast(vm) / stock.framesPerRegion));
  const requests = requestsOf(wishesOf(engine, moves), {
    core,
    regionBytes,
    isBestEffort: options.isBestEffort,
    pool: parts.reserve?.vm.handle ?? 0,
    common: core.word(CB_COMMON_VM),
    vmOf: (handle) => parts.vmOf(handle)!,
    picksOf: (vm, regions, table) => {
      const pick = { vm: vm.handle, regions, flags: options.expandFlags, selection: options.release };
      return releasePicks(parts, pick, table);
    },
    spareOf,
  });
  const pieces = options.chunkRegions === null ? requests : requestsSplit(requests, options.chunkRegions);
  const phases = phasesOf(pieces, options.order, { regions: stock.free, spareOf, isFree: (region) => isFree(core, region) });
  checkChanges(
    phases.reduce((sum, phase) => sum + phase.length, 0),
    stock,
  );
  return { phases, picks: picksPlan(parts, rehearse(phases, stock, options.isBestEffort), options) };
}

function stockOf({ core, regionBytes, reserve }: EngineParts, requestNs: number, options: CheckedReconfigureOptions): Stock {
  const others = [...(underWay.get(core) ?? [])].filter((other) => other.isOpen).map((other) => other.unissued);
  const goesFrom = new Map<Vm, number>();
  for (const { kind, vm, wanted } of others.flat())
    if (kind === 'reduce') goesFrom.set(vm, (goesFrom.get(vm) ?? 0) + wantedRegions(wanted));
  const capacity = core.word(CB_CHANGES);
  return {
    regionBytes,
    framesPerRegion: regionBytes / core.pageBytes,
    free: core.vmWord(0, VM_MANAGED) - claimedBefore(core, null),
    changes: capacity - core.changesOpen() - others.flat().length,
    changesMost: capacity,
    reducible: reserve === undefined || reserve.waits || options.isBestEffort ? Infinity : reserve.unusedAt(requestNs),
    managedBy: (vm) => core.vmWord(vm.handle, VM_MANAGED) - (goesFrom.get(vm) ?? 0),
    framesLeast: (vm) => (vm.replicas.length > 1 ? FRAMES_LEAST_SHARING : FRAMES_LEAST),
  };
}

/** Regions without manager that reconfigurations under way, of those that began before one (null: all), are going to hand out. */
function claimedBefore(core: Core, one: Reconfiguration | null): number {
  let claimed = 0;
  for (const other of underWay.get(core) ?? []) {
    if (other === one) break;
    if (other.isOpen) claimed += needOf(other.unissued);
  }
  return claimed;
}

/** How much of what is free now the requests take before they bring some themselves. */
function needOf(requests: readonly ChangeRequest[]): number {
  let need = 0;
  let balance = 0;
  for (const { kind, wanted } of requests) {
    balance += kind === 'reduce' ? -wantedRegions(wanted) : wantedRegions(wanted);
    need = Math.max(need, balance);
  }
  return need;
}

function noteUnderWay(core: Core, reconfiguration: Reconfiguration): void {
  const set = underWay.get(core) ?? new Set<Reconfiguration>();
  for (const other of set) if (!other.isOpen) set.delete(other);
  underWay.set(core, set.add(reconfiguration));
}

function cancelOnAbort(reconfiguration: Reconfiguration, signal: AbortSignal): void {
  const cancel = (): void => {
    if (reconfiguration.state === 'failed') return; // what was answered stands
    try {
      reconfiguration.cancel();
    } catch {
      // what cannot be taken back stands, and its state says so; nobody called who could be told
    }
  };
  signal.addEventListener('abort', cancel, { once: true });
  void reconfiguration.settled.then(() => signal.removeEventListener('abort', cancel));
}

function isFree(core: Core, region: number): boolean {
  return core.columnWord(CB_REGION_MANAGER, region + 1) === 0;
}
