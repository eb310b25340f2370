// An engine whose real memory is as drawn: which VM manages and which uses each region.
import type { Criterion, Engine, EngineOptions, Vm } from '../../bindings/node.ts';
import type { Build } from './builds.ts';
import { engineMake, REGION_BYTES } from './engines.ts';

export interface DrawnEngine {
  readonly engine: Engine;
  /** By capital letter. */
  readonly vms: Readonly<Record<string, Vm>>;
}

/** Only these regions. */
export const only =
  (regions: readonly number[]): Criterion =>
  (candidates) =>
    candidates.map(({ region }) => (regions.includes(region) ? 0 : Infinity));

/**
 * A character a region: a capital letter for the VM that manages and uses it, a small one for a VM that only uses it, nobody being its manager, `.` for
 * nobody. Each VM's machine addresses ascend with its regions.
 */
export async function engineDrawn(build: Build, memory: string, options: Partial<EngineOptions> = {}): Promise<DrawnEngine> {
  const rows = Array.from(memory.replaceAll(' ', ''));
  const engine = await engineMake(build, { regions: rows.length, ...options });
  const vms: Record<string, Vm> = {};
  for (const name of [...new Set(rows)].map((row) => row.toUpperCase()).filter((row) => row !== '.')) {
    vms[name] ??= vmDrawn(engine, rows, name);
  }
  for (const [name, vm] of Object.entries(vms)) giveUp(vm, rows, name);
  return { engine, vms };
}

function vmDrawn(engine: Engine, rows: readonly string[], name: string): Vm {
  const regions = rows.flatMap((row, region) => (row.toUpperCase() === name ? [region] : []));
  const vm = engine.createVm({ name, memory: regions.length * REGION_BYTES, selection: only(regions) });
  regions.forEach((_, slot) => vm.touch(slot * REGION_BYTES));
  return vm;
}

function giveUp(vm: Vm, rows: readonly string[], name: string): void {
  const regions = rows.flatMap((row, region) => (row === name.toLowerCase() ? [region] : []));
  if (regions.length > 0) vm.reduce(regions.length * REGION_BYTES, { selection: only(regions) });
}

/** The drawing of an engine's rights, as engineDrawn takes it; a region that one manages and another uses: `?`. */
export function drawingOf(engine: Engine): string {
  return engine
    .inspect()
    .regions.map(({ manager, user }) => {
      if (manager === null) return user?.toLowerCase() ?? '.';
      return user === null || user === manager ? manager : '?';
    })
    .join('');
}

/** Regions of which the VM is the manager, by machine address: in the order in which it got them, unless it had holes. */
export function regionsOf(engine: Engine, vm: Vm): number[] {
  return engine
    .inspect()
    .regions.filter(({ manager }) => manager === vm.name)
    .sort((a, b) => a.managerAddress! - b.managerAddress!)
    .map(({ region }) => region);
}
