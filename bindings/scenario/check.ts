import { type ScenarioProblem, pathShown, problemOfValue, valueAt } from './problem.ts';
import { bytesShown } from './shown.ts';
import type { Scenario, ScenarioChange, ScenarioVm } from './types.ts';

/** What depends on the compiled module: sizes are multiples of its page. */
export interface CheckLimits {
  readonly pageBytes: number;
}

/** A VM always manages at least this many frames. */
const FRAMES_LEAST = 2;
const ADDRESS_SPACE_BYTES_MAX = 2 ** 32;

type Path = readonly PropertyKey[];
/** Notes that the value at `path` of the input is not what is allowed. */
type Refuse = (path: Path, allowed: string) => void;

/** What one field demands of another. `input` is the scenario as it was written, for the messages. Empty when the scenario can be started. */
export function checkScenario(scenario: Scenario, input: unknown, limits: CheckLimits): readonly ScenarioProblem[] {
  const problems: ScenarioProblem[] = [];
  const refuse: Refuse = (path, allowed) => void problems.push(problemOfValue(pathShown(path), valueAt(input, path), allowed));
  checkRegion(scenario, limits, refuse);
  if (problems.length > 0) return problems; // everything else is counted in regions
  checkPool(scenario, limits, refuse);
  scenario.vms.forEach((vm, index) => checkVm(scenario, vm, ['vms', index], limits, refuse));
  checkNames(scenario, refuse);
  scenario.changes.forEach((change, index) => checkChange(scenario, change, ['changes', index], refuse));
  if (problems.length === 0) checkAmounts(scenario, limits, refuse);
  return problems;
}

function checkRegion({ regionBytes }: Scenario, { pageBytes }: CheckLimits, refuse: Refuse): void {
  if (Number.isInteger(Math.log2(regionBytes)) && regionBytes >= pageBytes) return;
  refuse(['region'], `it must be a power of two, at least one page of ${bytesShown(pageBytes)}`);
}

function checkPool(scenario: Scenario, limits: CheckLimits, refuse: Refuse): void {
  const { memoryBytes, regionBytes, swap } = scenario;
  if (memoryBytes % regionBytes !== 0) refuse(['memory'], multipleOfRegion(scenario));
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
  const least = FRAMES_LEAST * limits.pageBytes;
  if (vm.memoryBytes % scenario.regionBytes !== 0) refuse([...path, 'memory'], multipleOfRegion(scenario));
  if (vm.memoryBytes < least) refuse([...path, 'memory'], `a VM needs at least ${FRAMES_LEAST} pages, ${bytesShown(least)}`);
  const space = vm.addressSpaceBytes;
  if (space !== undefined && (space % limits.pageBytes !== 0 || space > ADDRESS_SPACE_BYTES_MAX)) {
    refuse(
      [...path, 'addressSpace'],
      `it must be a multiple of the page of ${bytesShown(limits.pageBytes)}, at most ${bytesShown(ADDRESS_SPACE_BYTES_MAX)}`,
    );
  }
}

function checkNames(scenario: Scenario, refuse: Refuse): void {
  const seen = new Map<string, number>();
  scenario.vms.forEach((vm, index) => {
    const first = seen.get(vm.name);
    if (first === undefined) seen.set(vm.name, index);
    else refuse(['vms', index, 'name'], `vms[${first}] already has that name, and each name may stand once`);
  });
}

function checkChange(scenario: Scenario, change: ScenarioChange, path: Path, refuse: Refuse): void {
  const names = scenario.vms.map((vm) => vm.name);
  const allowed = `there is no such VM; the VMs are ${names.map((name) => `"${name}"`).join(', ')}`;
  if ('vm' in change.when && !names.includes(change.when.vm)) refuse([...path, 'when', 'vm'], allowed);
  if (change.moves.length === 0) refuse([...path, 'reconfigure'], 'it must name at least one VM');
  for (const move of change.moves) {
    const where = [...path, 'reconfigure', move.vm];
    if (!names.includes(move.vm)) refuse(where, allowed);
    else if (move.bytes % scenario.regionBytes !== 0) refuse(where, multipleOfRegion(scenario));
  }
}

/**
 * Whether the reductions and expansions match what exists. Where the order of the changes is known (all by the progress of one VM, or all by time) they
 * are followed exactly; else each is checked alone against the most it could find, and what is left to the order fails in the run.
 */
function checkAmounts(scenario: Scenario, limits: CheckLimits, refuse: Refuse): void {
  const { changes } = scenario;
  const order = orderKnown(changes);
  if (order !== null) {
    const book = new Book(scenario, limits);
    for (const index of order) book.follow(changes[index]!, ['changes', index], refuse);
    return;
  }
  changes.forEach((change, index) => {
    const book = new Book(scenario, limits);
    for (const other of changes) if (other !== change) book.addMost(other);
    book.follow(change, ['changes', index], refuse);
  });
}

/** Indices of the changes in the order they will fall due, or null where that, or how much moves, depends on the run. */
function orderKnown(changes: readonly ScenarioChange[]): readonly number[] | null {
  const keys = new Set(changes.map(({ when }) => ('vm' in when ? `vm ${when.vm}` : 'time')));
  if (keys.size > 1 || changes.some((change) => change.shortfall === 'bestEffort')) return null;
  const place = ({ when }: ScenarioChange): number => ('vm' in when ? when.progress : when.virtualNs);
  return changes.map((_, index) => index).sort((a, b) => place(changes[a]!) - place(changes[b]!) || a - b);
}

/** Who would manage how much. */
class Book {
  readonly #managed: Map<string, number>;
  readonly #leastBytes: number;
  #free: number;

  constructor(scenario: Scenario, limits: CheckLimits) {
    this.#managed = new Map(scenario.vms.map((vm) => [vm.name, vm.memoryBytes]));
    this.#free = scenario.memoryBytes - scenario.vms.reduce((sum, vm) => sum + vm.memoryBytes, 0);
    this.#leastBytes = FRAMES_LEAST * limits.pageBytes;
  }

  /** Counts what `change` could bring to others, and nothing that it takes. */
  addMost(change: ScenarioChange): void {
    for (const move of change.moves) {
      if (move.bytes > 0) this.#managed.set(move.vm, this.#managed.get(move.vm)! + move.bytes);
      else this.#free -= move.bytes;
    }
  }

  /** Reductions first, then expansions, as the engine does. */
  follow(change: ScenarioChange, path: Path, refuse: Refuse): void {
    if (change.shortfall === 'bestEffort') return;
    const reductionsFirst = [...change.moves].sort((a, b) => Number(a.bytes > 0) - Number(b.bytes > 0));
    for (const move of reductionsFirst) {
      const has = this.#managed.get(move.vm)!;
      const where = [...path, 'reconfigure', move.vm];
      if (move.bytes < 0 && has + move.bytes < this.#leastBytes) {
        refuse(where, `the VM manages ${bytesShown(has)} by then and must keep at least ${bytesShown(this.#leastBytes)}`);
      } else if (move.bytes > this.#free) {
        refuse(where, `only ${bytesShown(this.#free)} without manager are left for this VM by then`);
      } else {
        this.#managed.set(move.vm, has + move.bytes);
        this.#free -= move.bytes;
      }
    }
  }
}
