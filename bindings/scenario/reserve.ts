import type { Scenario, ScenarioVm, Strategy } from './types.ts';

/** How much a strategy holds in reserve: what it says, or as much as the largest change takes away. */
export function reserveBytesOf(scenario: Scenario, strategy: Strategy): number {
  const said = strategy.reserve?.memoryBytes;
  if (said !== undefined) return said;
  const given = scenario.changes.map(({ moves }) =>
    moves.reduce((sum, move) => {
      if (move.kind === 'amount') return sum + Math.max(0, -move.bytes);
      return sum + (move.kind === 'take' ? 0 : move.range.bytes);
    }, 0),
  );
  return Math.max(0, ...given);
}

/**
 * The VMs' first memory beside a reserve: the machine stays as large as it is, so what is not without manager anyway comes from the VMs, in proportion to
 * what they start with, in whole regions.
 */
export function vmsBesideReserve(scenario: Scenario, reserveBytes: number): readonly ScenarioVm[] {
  const { memoryBytes, regionBytes, vms } = scenario;
  const total = vms.reduce((sum, vm) => sum + vm.memoryBytes, 0);
  const left = Math.min(total, memoryBytes - reserveBytes);
  if (left === total) return vms;
  const smaller = vms.map((vm) => Math.floor((vm.memoryBytes * left) / total / regionBytes) * regionBytes);
  let over = left - smaller.reduce((sum, bytes) => sum + bytes, 0);
  return vms.map((vm, index) => {
    const more = over >= regionBytes ? regionBytes : 0; // what rounding left, to the first ones
    over -= more;
    return { ...vm, memoryBytes: smaller[index]! + more };
  });
}
