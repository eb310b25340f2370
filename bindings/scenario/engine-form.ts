import type { EngineOptions } from '../engine-options.ts';
import { fileSwapStore } from '../swap/file.ts';
import type { VmOptions } from '../vm-options.ts';
import { comparePolicy, type VmRecords, vmRecords } from './lockstep-form.ts';
import type { EarlyReleaseForm, ReleaseCondition } from './policies.ts';
import { reserveBytesOf } from './reserve.ts';
import { said } from './said.ts';
import type { Move, Scenario, ScenarioChange, ScenarioSwap, ScenarioVm, Strategy } from './types.ts';
import type { VmTrace } from './traces.ts';

// A scenario in the words of the engine's options.

const CHANGES_LEAST = 16;
/** What a reduction is made of where a reserve steps in: one of the VM, two of the pool. */
const CHANGES_A_MOVE = 4;
/** Changes of no regions, and those of one request that have just ended. */
const CHANGES_SPARE = 4096;
const EVENTS_LEAST = 1024;
const EVENTS_A_REGION = 8;

export function engineOptions(scenario: Scenario, strategy: Strategy, traces: readonly VmTrace[]): EngineOptions {
  const { moduleBytes, changes } = scenario;
  const { handover, useRight, declaration } = strategy;
  const records = scenario.vms.map(({ replicas }) => vmRecords(replicas));
  const nodes = said({ nodes: nodesOf(traces, records) });
  return {
    ...said({
      modules: moduleBytes,
      reserve: handover === 'reserve' ? reserveOptions(scenario, strategy) : undefined,
      statistics: watchesAccesses(scenario, strategy) ? true : undefined,
      compareOnWrite: scenario.vms.some(({ replicas }) => (replicas?.compare?.onWrite ?? false) !== false) ? true : undefined,
      useRight,
      declaration: declaration && said(declaration),
    }),
    memory: scenario.memoryBytes,
    region: scenario.regionBytes,
    swap: swapOptions(scenario.swap),
    handover,
    accessNs: scenario.accessNs,
    maxVms: scenario.vms.length,
    maxReplicas: sum(records.map(({ replicas }) => replicas)),
    maxPlayers: sum(records.map(({ players }) => players)),
    maxChanges: maxChanges(scenario, strategy),
    eventCapacity: eventCapacity(scenario),
    tables: { translatedPages: sum(records.map(({ players }, index) => players * traces[index]!.addressSpacePages)), ...nodes },
    // a change may ask for criteria that the strategy does not
    selection: {
      ...said(strategy.selection ?? {}),
      summaries: changes.some(({ selection }) => selection !== undefined) ? 'all' : 'needed',
    },
  };
}

const NODE_PAGES = 64;
/** More than these hardly all differ from each other everywhere. */
const HOLDERS_MOST = 64;
const NODES_SPARE = 1024;

/** Nodes of page tables, where replicas may come apart all over their address spaces; undefined: the engine's own estimate. */
function nodesOf(traces: readonly VmTrace[], records: readonly VmRecords[]): number | undefined {
  if (records.every(({ replicas }) => replicas === 1)) return undefined;
  const ofVm = ({ replicas }: VmRecords, index: number): number => {
    const leaves = Math.ceil(traces[index]!.addressSpacePages / NODE_PAGES);
    return Math.min(replicas, HOLDERS_MOST) * (leaves + Math.ceil(leaves / NODE_PAGES) + 2) + NODES_A_RECORD * replicas;
  };
  return sum(records.map(ofVm)) + NODES_SPARE;
}

const NODES_A_RECORD = 4;

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** All of them, or as many as can be unfinished: what has ended is remembered by the run. */
function maxChanges(scenario: Scenario, strategy: Strategy): number {
  const all = sum(scenario.changes.map((change) => changesMost(scenario, strategy, change)));
  const unfinished = CHANGES_A_MOVE * (scenario.memoryBytes / scenario.regionBytes) + CHANGES_SPARE;
  return Math.max(CHANGES_LEAST, Math.min(all, unfinished));
}

/** Changes that a request may become: each move in chunks, or region by region as a reserve refills. */
function changesMost(scenario: Scenario, strategy: Strategy, change: ScenarioChange): number {
  const waitsForRegions = strategy.handover === 'reserve' && strategy.reserve?.shortfall === 'wait';
  const chunkBytes = waitsForRegions ? scenario.regionBytes : (change.chunkBytes ?? strategy.chunkBytes);
  const pieces = (move: Move): number => {
    const bytes = move.kind === 'amount' ? Math.abs(move.bytes) : move.range.bytes;
    // a range of real memory may come from every VM
    const owners = move.kind === 'real' ? scenario.vms.length + 1 : 1;
    return owners * (chunkBytes === undefined ? 1 : Math.ceil(bytes / chunkBytes) + 1);
  };
  return CHANGES_A_MOVE * sum(change.moves.map(pieces));
}

/** The most that one operation causes is a hand-over of everything at once. */
function eventCapacity(scenario: Scenario): number {
  const events = (EVENTS_A_REGION * scenario.memoryBytes) / scenario.regionBytes;
  return 2 ** Math.ceil(Math.log2(Math.max(EVENTS_LEAST, events)));
}

function swapOptions(swap: ScenarioSwap) {
  return {
    size: swap.bytes,
    ...said({
      device: swap.device,
      readLatency: swap.readLatencyNs,
      writeLatency: swap.writeLatencyNs,
      readBandwidth: swap.readBytesPerSecond,
      writeBandwidth: swap.writeBytesPerSecond,
      queue: swap.queue,
      store: swap.path === undefined ? undefined : fileSwapStore(swap.path),
    }),
  };
}

function reserveOptions(scenario: Scenario, strategy: Strategy) {
  const { refillBytesPerSecond, shortfall } = strategy.reserve ?? {};
  return { memory: reserveBytesOf(scenario, strategy), ...said({ refill: refillBytesPerSecond, shortfall }) };
}

/** The strategy's word goes before the VM's. */
export function earlyReleaseOf(vm: ScenarioVm, strategy: Strategy): EarlyReleaseForm | null {
  const { earlyRelease = vm.earlyRelease } = strategy;
  return earlyRelease ?? null;
}

export function watchesAccesses({ vms }: Scenario, strategy: Strategy): boolean {
  return vms.some((vm) => earlyReleaseOf(vm, strategy) !== null);
}

export function vmOptions(vm: ScenarioVm, strategy: Strategy, addressSpaceBytes: number): VmOptions {
  const earlyRelease = earlyReleaseOf(vm, strategy);
  return {
    name: vm.name,
    memory: vm.memoryBytes,
    addressSpace: addressSpaceBytes,
    eviction: vm.eviction,
    ...said({
      replicas: vm.replicas?.count,
      compare: vm.replicas && comparePolicy(vm.replicas),
      seek: vm.seek,
      evictBatch: vm.evictBatch,
      release: strategy.release ?? vm.release,
      earlyRelease: earlyRelease === null ? undefined : { ...said(earlyRelease), when: earlyRelease.when.map(conditionOf) },
    }),
  };
}

function conditionOf({ statistic, comparison, constant, perBorrowedRegion }: ReleaseCondition) {
  return { statistic, comparison, constant, ...said({ perBorrowedRegion }) };
}

/** What a request says itself: what the change says goes before the strategy; what only rights know is left out for the baselines. */
export function requestOptions(change: ScenarioChange, strategy: Strategy) {
  const { shortfall, selection, declaration } = change;
  const isRights = strategy.handover === 'rights';
  return {
    shortfall,
    ...said({
      order: change.order ?? strategy.order,
      chunk: change.chunkBytes ?? strategy.chunkBytes,
      sameVmOnceAtATime: change.sameVmOnceAtATime ?? strategy.sameVmOnceAtATime,
      selection: selection && said(selection),
      useRight: isRights ? change.useRight : undefined,
      declaration: isRights && declaration !== undefined ? said(declaration) : undefined,
    }),
  };
}
