/**
 * The scheduler and the figures of a run, plainly: several VMs replay traces on one engine, each on a simulated processor with its own clock,
 * while the memory is reconfigured. Reduced to numbers: sizes in regions, times in nanoseconds.
 */
import type { Watch } from './judgement.ts';
import { expand, reduce, vmCreate } from './reconfigure.ts';
import { traceDigest, tracePages, tracePlayer, traceStep, type TracePlayer, type TraceRecord } from './trace.ts';
import {
  SEEK_ORDER_DEFAULT,
  worldCreate,
  type Change,
  type EvictionPolicy,
  type Mode,
  type SeekClass,
  type Vm,
  type World,
  type WorldOptions,
} from './world.ts';

const SLICE_NS = 10_000;

export interface ScenarioVm {
  readonly regions: number;
  readonly trace: readonly TraceRecord[];
  readonly eviction: EvictionPolicy;
  readonly seek?: readonly SeekClass[];
}

export interface ScenarioChange {
  /** Before which record of which VM: floor(progress x records). */
  readonly vm: number;
  readonly record: number;
  /** Regions by VM, negative to reduce. */
  readonly reconfigure: readonly { readonly vm: number; readonly regions: number }[];
}

export interface Scenario {
  readonly world: WorldOptions;
  readonly vms: readonly ScenarioVm[];
  readonly changes: readonly ScenarioChange[];
  /** L records store too: the literal reading, and the command's default. Absent: they only load. */
  readonly loadsStore?: boolean;
  /** The release condition of every VM, where the strategy has one. */
  readonly watch?: Watch;
}

/** How memory moves. */
interface Policies {
  readonly eager?: boolean;
  readonly managerPreferred?: boolean;
  readonly modes?: readonly Mode[];
  readonly movesFirst?: boolean;
  readonly isWatched?: boolean;
}

export const STRATEGIES = {
  rights: {},
  eager: { eager: true },
  managerPreferred: { managerPreferred: true },
  earlyRelease: { isWatched: true },
  moveFirst: { movesFirst: true },
  evacuate: { modes: ['evacuate'] },
  readOnly: { modes: ['readOnly'] },
} as const satisfies Readonly<Record<string, Policies>>;

export type StrategyName = keyof typeof STRATEGIES;

export interface RunReport {
  readonly virtualNs: number;
  readonly vms: GuestReport[];
  readonly reconfigurations: ReconfigurationReport[];
}

export interface GuestReport {
  readonly accesses: number;
  readonly faults: number;
  readonly pageIns: number;
  readonly pageOuts: number;
  readonly earlyReleases: number;
  readonly earlyReleasesFailed: number;
  readonly pagesMoved: number;
  readonly finishNs: number;
  readonly digest: string;
}

export interface ReconfigurationReport {
  readonly regions: number;
  readonly grantVirtualNs: number;
  readonly settledVirtualNs: number | null;
  readonly pageOutsBeforeGrant: number;
  readonly pageOutsAfterGrant: number;
}

interface Guest {
  readonly index: number;
  readonly vm: Vm;
  readonly player: TracePlayer;
  /** Changes that wait for this VM's progress, in order. */
  readonly due: ScenarioChange[];
}

/** Reductions are made; the expansions they pay for wait for the end of the page-outs. */
interface WaitingGrant {
  readonly requestNs: number;
  readonly grantNs: number;
  readonly expansions: readonly { readonly vm: Vm; readonly regions: number }[];
  readonly changes: Change[];
}

const isFinished = (guest: Guest): boolean => guest.player.position === guest.player.trace.length && guest.due.length === 0;

export function scenarioRun(scenario: Scenario, strategy: StrategyName): RunReport {
  const world = worldCreate(scenario.world);
  const policies: Policies = STRATEGIES[strategy];
  const guests = scenario.vms.map((vm, index) => guestCreate(world, scenario, vm, index));
  for (const { vm } of guests) {
    vm.movesFirst = policies.movesFirst ?? false;
    if (policies.isWatched) vm.watch = scenario.watch ?? null;
  }
  const reconfigurations: Change[][] = [];
  const grants: WaitingGrant[] = [];
  for (;;) {
    const running = guests.filter((guest) => !isFinished(guest)).sort((a, b) => a.vm.timeNs - b.vm.timeNs || a.index - b.index);
    const guest = running[0];
    const granted = grants.findIndex((grant) => !guest || grant.grantNs <= guest.vm.timeNs);
    if (granted >= 0) grants.splice(granted, 1).forEach((grant) => grantNow(world, grant));
    else if (!guest) break;
    else if (guest.due[0]?.record === guest.player.position) {
      const change = guest.due.shift() as ScenarioChange;
      const grant = request(world, guests, change, policies, guest.vm.timeNs);
      reconfigurations.push(grant.changes);
      grants.push(grant);
      grants.sort((a, b) => a.grantNs - b.grantNs);
    } else {
      runSlice(world, guest, Math.min(guest.vm.timeNs + SLICE_NS, ...grants.map((grant) => grant.grantNs)));
    }
  }
  return {
    virtualNs: Math.max(...guests.map((guest) => guest.vm.timeNs)),
    vms: guests.map((guest) => guestReport(world, guest)),
    reconfigurations: reconfigurations.map(reconfigurationReport),
  };
}

function guestCreate(world: World, scenario: Scenario, options: ScenarioVm, index: number): Guest {
  const player = tracePlayer(options.trace, world.options.pageBytes, scenario.loadsStore ?? false);
  const { eviction, seek = SEEK_ORDER_DEFAULT } = options;
  const vm = vmCreate(
    world,
    { regions: options.regions, bestEffort: false },
    { spacePages: tracePages(player), eviction, seek, evictBatch: 1 },
  );
  const due = scenario.changes.filter((change) => change.vm === index).sort((a, b) => a.record - b.record);
  return { index, vm, player, due };
}

/** Runs until the clock reaches `untilNs`, a fault waited for I/O, a change is due, or the trace ends. */
function runSlice(world: World, guest: Guest, untilNs: number): void {
  const { vm, player } = guest;
  const replica = vm.replicas[0];
  if (!replica) throw new Error('model: a VM without replica');
  const until = guest.due[0]?.record ?? player.trace.length;
  while (player.position < until && vm.timeNs < untilNs) {
    if (traceStep(world, replica, player)) return;
  }
}

/** Reductions now; expansions when they are granted: at once, or at the end of the last page-out before the grant. */
function request(world: World, guests: readonly Guest[], change: ScenarioChange, policies: Policies, requestNs: number): WaitingGrant {
  const parts = change.reconfigure.map(({ vm, regions }) => ({ vm: (guests[vm] as Guest).vm, regions }));
  const { eager = false, managerPreferred, modes } = policies;
  const options = { bestEffort: false, eager, managerPreferred, modes, requestNs };
  const changes = parts.filter((part) => part.regions < 0).map((part) => reduce(world, part.vm, { ...options, regions: -part.regions }));
  const grantNs = Math.max(requestNs, ...changes.map((reduction) => reduction.grantNs));
  return { requestNs, grantNs, expansions: parts.filter((part) => part.regions > 0), changes };
}

function grantNow(world: World, grant: WaitingGrant): void {
  for (const { vm, regions } of grant.expansions)
    grant.changes.push(expand(world, vm, { regions, bestEffort: false }, grant.requestNs, grant.grantNs));
}

function guestReport(world: World, guest: Guest): GuestReport {
  const { accesses, faults, pageIns, pageOuts, earlyReleases, earlyReleasesFailed, pagesMoved, timeNs, replicas } = guest.vm;
  const replica = replicas[0];
  if (!replica) throw new Error('model: a VM without replica');
  const digest = traceDigest(world, replica, guest.player);
  return { accesses, faults, pageIns, pageOuts, earlyReleases, earlyReleasesFailed, pagesMoved, finishNs: timeNs, digest };
}

function sum(changes: readonly Change[], figure: (change: Change) => number): number {
  return changes.reduce((total, change) => total + figure(change), 0);
}

function reconfigurationReport(changes: readonly Change[]): ReconfigurationReport {
  const of = (kind: Change['kind']): number =>
    sum(
      changes.filter((change) => change.kind === kind),
      (change) => change.regions,
    );
  const settled = changes.every((change) => change.settledNs !== null);
  return {
    regions: Math.max(of('reduce'), of('expand')),
    grantVirtualNs: Math.max(...changes.map((change) => change.grantNs - change.requestNs)),
    settledVirtualNs: settled ? Math.max(...changes.map((change) => (change.settledNs ?? 0) - change.requestNs)) : null,
    pageOutsBeforeGrant: sum(changes, (change) => change.pageOutsBeforeGrant),
    pageOutsAfterGrant: sum(changes, (change) => change.pageOutsAfterGrant),
  };
}
