import { type CheckLimits, framesLeast, movePath, type Path, type Refuse } from './check-shared.ts';
import { reserveBytesOf, vmsBesideReserve } from './reserve.ts';
import { bytesShown } from './shown.ts';
import type { Move, Scenario, ScenarioChange } from './types.ts';

/**
 * Whether the reductions and expansions match what exists. Where the order of the changes is known (all by the progress of one VM, or all by time) they
 * are followed exactly; else each is checked alone against the most it could find, and what is left to the order fails in the run.
 */
export function checkAmounts(scenario: Scenario, limits: CheckLimits, reservePath: (strategy: number) => Path, refuse: Refuse): void {
  followAll(scenario, limits, refuse);
  scenario.strategies.forEach((strategy, index) => {
    if (strategy.handover !== 'reserve') return;
    const bytes = reserveBytesOf(scenario, strategy);
    const vms = vmsBesideReserve(scenario, bytes);
    let isPossible = vms.every((vm) => vm.memoryBytes >= framesLeast(vm) * limits.pageBytes);
    if (isPossible) followAll({ ...scenario, memoryBytes: scenario.memoryBytes - bytes, vms }, limits, () => (isPossible = false));
    if (isPossible) return;
    const start = vms.map((vm) => `"${vm.name}" with ${bytesShown(Math.max(0, vm.memoryBytes))}`).join(', ');
    refuse(
      reservePath(index),
      `a reserve of ${bytesShown(bytes)} would leave so little that the changes could not be made: ${start} at the start`,
    );
  });
}

function followAll(scenario: Scenario, limits: CheckLimits, refuse: Refuse): void {
  const { changes } = scenario;
  const book = Book.start(scenario, limits);
  const order = orderKnown(changes);
  if (order !== null) {
    for (const change of order) book.follow(change, refuse);
    return;
  }
  for (const change of changes) book.addMost(change);
  for (const change of changes) book.without(change).follow(change, refuse);
}

/** The changes in the order they will fall due, or null where that, or how much moves, depends on the run. */
function orderKnown(changes: readonly ScenarioChange[]): readonly ScenarioChange[] | null {
  const keys = new Set(changes.map(({ when }) => ('vm' in when ? `vm ${when.vm}` : 'time')));
  if (keys.size > 1 || changes.some((change) => change.shortfall === 'bestEffort' || !isRelative(change))) return null;
  const place = ({ when }: ScenarioChange): number => ('vm' in when ? when.progress : when.virtualNs);
  return [...changes].sort((a, b) => place(a) - place(b));
}

/** What a range of real memory takes from whom depends on the table at that time. */
function isRelative(change: ScenarioChange): boolean {
  return change.moves.every((move) => move.kind !== 'real');
}

/** Bytes that come (+) or go (-). */
function bytesOf(move: Move): number {
  if (move.kind === 'amount') return move.bytes;
  return move.kind === 'give' ? -move.range.bytes : move.range.bytes;
}

/** Who would manage how much. */
class Book {
  readonly #managed: Map<string, number>;
  readonly #leastBytes: ReadonlyMap<string, number>;
  #free: number;

  private constructor(managed: Map<string, number>, free: number, leastBytes: ReadonlyMap<string, number>) {
    this.#managed = managed;
    this.#free = free;
    this.#leastBytes = leastBytes;
  }

  static start({ memoryBytes, vms }: Scenario, { pageBytes }: CheckLimits): Book {
    const free = memoryBytes - vms.reduce((sum, vm) => sum + vm.memoryBytes, 0);
    const leastBytes = new Map(vms.map((vm) => [vm.name, framesLeast(vm) * pageBytes]));
    return new Book(new Map(vms.map((vm) => [vm.name, vm.memoryBytes])), free, leastBytes);
  }

  /** Counts what `change` could bring to others, and nothing that it takes. */
  addMost(change: ScenarioChange, sign: 1 | -1 = 1): void {
    for (const move of change.moves) {
      const bytes = bytesOf(move);
      if (move.kind === 'real') this.#unknown(move.vm, move.range.bytes, sign);
      else if (bytes > 0) this.#managed.set(move.vm, this.#managed.get(move.vm)! + sign * bytes);
      else this.#free -= sign * bytes;
    }
  }

  #unknown(vm: string | null, bytes: number, sign: 1 | -1): void {
    this.#free += sign * bytes;
    if (vm !== null) this.#managed.set(vm, this.#managed.get(vm)! + sign * bytes);
  }

  /** The same, without what `change` could bring. */
  without(change: ScenarioChange): Book {
    const rest = new Book(new Map(this.#managed), this.#free, this.#leastBytes);
    rest.addMost(change, -1);
    return rest;
  }

  /** Reductions first, then expansions, as the engine does. */
  follow(change: ScenarioChange, refuse: Refuse): void {
    if (change.shortfall === 'bestEffort' || !isRelative(change)) return;
    const path: Path = ['changes', change.index];
    const moves = change.moves.map((move, index) => ({ vm: move.vm!, bytes: bytesOf(move), where: movePath(change, move, index, path) }));
    for (const { vm, bytes, where } of moves.sort((a, b) => Number(a.bytes > 0) - Number(b.bytes > 0))) {
      const has = this.#managed.get(vm)!;
      const leastBytes = this.#leastBytes.get(vm)!;
      if (bytes < 0 && has + bytes < leastBytes) {
        refuse(where, `the VM manages ${bytesShown(has)} by then and must keep at least ${bytesShown(leastBytes)}`);
      } else if (bytes > this.#free) {
        refuse(where, `only ${bytesShown(this.#free)} without manager are left for this VM by then`);
      } else {
        this.#managed.set(vm, has + bytes);
        this.#free -= bytes;
      }
    }
  }
}
