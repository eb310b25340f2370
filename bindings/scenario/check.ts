import type { ExpandCriterionName } from '../policy/expand-criteria.ts';
import { checkAmounts } from './check-amounts.ts';
import { type CheckLimits, framesLeast, movePath, type Path, type Refuse } from './check-shared.ts';
import { lockstepProblem } from './lockstep-form.ts';
import { EARLY_RELEASE_DEFAULT } from './matrix.ts';
import type { SelectionForm } from './policies.ts';
import { type ScenarioProblem, pathShown, problemOfValue, valueAt } from './problem.ts';
import { reserveBytesOf } from './reserve.ts';
import { bytesShown } from './shown.ts';
import type { AddressRange, Move, Scenario, ScenarioChange, ScenarioVm, Strategy } from './types.ts';

/** Of the record that holds a reserve's memory. */
const RESERVE_NAME = 'reserve';
const ADDRESS_SPACE_BYTES_MAX = 2 ** 32;

/** What one field demands of another. `input` is the scenario as it was written, for the messages. Empty when the scenario can be started. */
export function checkScenario(scenario: Scenario, input: unknown, limits: CheckLimits): readonly ScenarioProblem[] {
  const problems: ScenarioProblem[] = [];
  const seen = new Set<string>();
  const refuse: Refuse = (path, allowed) => {
    const problem = problemOfValue(pathShown(path), valueAt(input, path), allowed);
    if (seen.has(problem.field)) return; // a change that is repeated stands in the file once
    seen.add(problem.field);
    problems.push(problem);
  };
  checkRegion(scenario, limits, refuse);
  if (problems.length > 0) return problems; // everything else is counted in regions
  checkPool(scenario, limits, refuse);
  scenario.vms.forEach((vm, index) => checkVm(scenario, vm, ['vms', index], limits, refuse));
  checkNames(scenario.vms, 'vms', refuse);
  checkNames(scenario.strategies, 'strategies', refuse);
  checkReserveName(scenario, refuse);
  for (const change of scenario.changes) checkChange(scenario, change, ['changes', change.index], refuse);
  scenario.strategies.forEach((strategy, index) =>
    checkStrategy(scenario, strategy, ['strategies', index], reservePath(input, index), refuse),
  );
  checkWatch(scenario, input, refuse);
  if (problems.length === 0) checkAmounts(scenario, limits, (index) => reservePath(input, index), refuse);
  return problems;
}

function checkRegion({ regionBytes }: Scenario, { pageBytes }: CheckLimits, refuse: Refuse): void {
  if (Number.isInteger(Math.log2(regionBytes)) && regionBytes >= pageBytes) return;
  refuse(['region'], `it must be a power of two, at least one page of ${bytesShown(pageBytes)}`);
}

function checkPool(scenario: Scenario, limits: CheckLimits, refuse: Refuse): void {
  const { memoryBytes, moduleBytes, regionBytes, swap } = scenario;
  if (memoryBytes % regionBytes !== 0) refuse(['memory'], multipleOfRegion(scenario));
  if (moduleBytes !== undefined && moduleBytes % regionBytes !== 0) refuse(['modules'], multipleOfRegion(scenario));
  if (swap.bytes % limits.pageBytes !== 0) refuse(['swap', 'size'], `it must be a multiple of the page of ${bytesShown(limits.pageBytes)}`);
  if (swap.store === 'linear' && swap.path !== undefined) refuse(['swap', 'path'], 'it is for "store": "file" only');
  if (swap.store === 'file' && swap.path === undefined) refuse(['swap', 'path'], '"store": "file" needs the path of a file to make');
  const total = scenario.vms.reduce((sum, vm) => sum + vm.memoryBytes, 0);
  if (total > memoryBytes) refuse(['memory'], `the VMs start with ${bytesShown(total)} together, so it must be at least that`);
}

function multipleOfRegion(scenario: Scenario): string {
  return `it must be a multiple of region, which is ${bytesShown(scenario.regionBytes)}`;
}

function checkVm(scenario: Scenario, vm: ScenarioVm, path: Path, limits: CheckLimits, refuse: Refuse): void {
  const frames = framesLeast(vm);
  const least = frames * limits.pageBytes;
  if (vm.memoryBytes % scenario.regionBytes !== 0) refuse([...path, 'memory'], multipleOfRegion(scenario));
  if (vm.memoryBytes < least)
    refuse(
      [...path, 'memory'],
      `${vm.replicas === undefined ? 'a VM' : 'a VM of replicas'} needs at least ${frames} pages, ${bytesShown(least)}`,
    );
  if (vm.replicas !== undefined && vm.eviction === 'farthest')
    refuse([...path, 'eviction'], 'replicas come to an access at different times: "farthest" is for a VM without "replicas"');
  const problem = vm.replicas === undefined ? null : lockstepProblem(vm.replicas);
  if (problem !== null) refuse([...path, ...problem.path], problem.allowed);
  const space = vm.addressSpaceBytes;
  if (space !== undefined && (space % limits.pageBytes !== 0 || space > ADDRESS_SPACE_BYTES_MAX)) {
    refuse(
      [...path, 'addressSpace'],
      `it must be a multiple of the page of ${bytesShown(limits.pageBytes)}, at most ${bytesShown(ADDRESS_SPACE_BYTES_MAX)}`,
    );
  }
}

function checkNames(items: readonly { readonly name: string }[], list: string, refuse: Refuse): void {
  const seen = new Map<string, number>();
  items.forEach(({ name }, index) => {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, index);
    else refuse([list, index, 'name'], `${list}[${first}] already has that name, and each name may stand once`);
  });
}

function checkReserveName({ vms, strategies }: Scenario, refuse: Refuse): void {
  const index = vms.findIndex(({ name }) => name === RESERVE_NAME);
  const strategy = strategies.find(({ handover }) => handover === 'reserve');
  if (index >= 0 && strategy !== undefined)
    refuse(['vms', index, 'name'], `the memory that the strategy "${strategy.name}" holds back has that name`);
}

function checkChange(scenario: Scenario, change: ScenarioChange, path: Path, refuse: Refuse): void {
  const names = scenario.vms.map((vm) => vm.name);
  const allowed = `there is no such VM; the VMs are ${names.map((name) => `"${name}"`).join(', ')}`;
  if ('vm' in change.when && !names.includes(change.when.vm)) refuse([...path, 'when', 'vm'], allowed);
  if (change.moves.length === 0) refuse([...path, 'reconfigure'], 'it must name at least one VM');
  checkChunk(scenario, change.chunkBytes, [...path, 'chunk'], refuse);
  checkModules(scenario, change.selection, [...path, 'selection', 'expand'], refuse);
  checkOverlaps(change, path, refuse);
  change.moves.forEach((move, index) => {
    const where = movePath(change, move, index, path);
    if (move.vm !== null && !names.includes(move.vm)) refuse(change.isList ? [...where, 'vm'] : where, allowed);
    else if (move.kind !== 'amount') checkRange(scenario, move, [...where, move.kind], refuse);
    else if (move.bytes % scenario.regionBytes !== 0) refuse(change.isList ? [...where, 'change'] : where, multipleOfRegion(scenario));
  });
}

function checkRange(scenario: Scenario, move: Move & { readonly range: AddressRange }, path: Path, refuse: Refuse): void {
  const { fromBytes, bytes } = move.range;
  if (fromBytes % scenario.regionBytes !== 0) refuse([...path, 'from'], multipleOfRegion(scenario));
  else if (bytes % scenario.regionBytes !== 0) refuse([...path, 'bytes'], multipleOfRegion(scenario));
  else if (move.kind === 'real' && fromBytes + bytes > scenario.memoryBytes)
    refuse([...path, 'bytes'], `it would end at ${bytesShown(fromBytes + bytes)}, and memory is ${bytesShown(scenario.memoryBytes)}`);
}

/** A range named twice in one change: of real memory, or of one VM's addresses that all go or all come. */
function checkOverlaps(change: ScenarioChange, path: Path, refuse: Refuse): void {
  const ends = new Map<string, { readonly bytes: number; readonly field: string }>();
  const ranges = change.moves.flatMap((move, index) => {
    if (move.kind === 'amount') return [];
    const where = [...movePath(change, move, index, path), move.kind];
    return [{ ...move.range, where, of: move.kind === 'real' ? move.kind : `${move.kind} ${move.vm}` }];
  });
  for (const { fromBytes, bytes, where, of } of ranges.sort((a, b) => a.fromBytes - b.fromBytes)) {
    const before = ends.get(of);
    if (before !== undefined && fromBytes < before.bytes) refuse(where, `a part of it is in ${before.field} already`);
    const end = fromBytes + bytes;
    if (before === undefined || end > before.bytes) ends.set(of, { bytes: end, field: pathShown(where) });
  }
}

const OF_MODULES: readonly ExpandCriterionName[] = ['spreadModules', 'packModule'];

/** Of the file as a whole, of a strategy, of a change. */
function checkModules({ moduleBytes }: Scenario, selection: SelectionForm | undefined, path: Path, refuse: Refuse): void {
  const needsModules = selection?.expand?.some((name) => OF_MODULES.includes(name)) === true;
  if (needsModules && moduleBytes === undefined) refuse(path, 'a criterion of memory modules needs their size, "modules"');
}

function checkChunk(scenario: Scenario, chunkBytes: number | undefined, path: Path, refuse: Refuse): void {
  if (chunkBytes !== undefined && chunkBytes % scenario.regionBytes !== 0) refuse(path, multipleOfRegion(scenario));
}

/** Watching without a condition needs the one that is built in. */
function checkWatch({ strategies }: Scenario, input: unknown, refuse: Refuse): void {
  const watch = valueAt(input, ['earlyRelease']);
  if (typeof watch !== 'object' || watch === null || 'when' in watch) return;
  if (strategies.some(({ earlyRelease }) => earlyRelease?.when === EARLY_RELEASE_DEFAULT.when)) return;
  refuse(['earlyRelease', 'when'], 'a condition is needed (option --early-release), unless the built-in strategy "earlyRelease" is run');
}

/** Where the size of a strategy's reserve stands: in the strategy, or at the top of the file for all of them. */
function reservePath(input: unknown, index: number): Path {
  const own = ['strategies', index, 'reserve'];
  return [...(valueAt(input, own) === undefined ? ['reserve'] : own), 'memory'];
}

function checkStrategy(scenario: Scenario, strategy: Strategy, path: Path, reserve: Path, refuse: Refuse): void {
  checkChunk(scenario, strategy.chunkBytes, [...path, 'chunk'], refuse);
  checkModules(scenario, strategy.selection, [...path, 'selection', 'expand'], refuse);
  if (strategy.handover !== 'reserve') return;
  const bytes = reserveBytesOf(scenario, strategy);
  if (bytes % scenario.regionBytes !== 0) refuse(reserve, multipleOfRegion(scenario));
  else if (bytes === 0) refuse(reserve, 'no change takes anything away, so it has to be said how much is held in reserve');
}
