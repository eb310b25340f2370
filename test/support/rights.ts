// Two VMs and memory that one of them uses and no longer manages: what the tests of the five embodiments start from.
import { formatRights } from '../../bindings/node.ts';
import type { Engine, EngineOptions, EventMap, EventName, Vm, VmOptions } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from './engines.ts';
import type { Build } from './builds.ts';

export const REGION_PAGES = REGION_BYTES / PAGE_BYTES;
/** Virtual time of a page's way to and from swap. */
export const WRITE_NS = 10_000;
export const READ_NS = 100_000;
export const SLOTS = 64;

const release: Build = shipped[0]!;

/** An engine that keeps statistics, with a swap device that takes its time. */
export function timedEngine(options: Partial<EngineOptions> & { regions?: number } = {}, build: Build = release): Promise<Engine> {
  return engineMake(build, {
    slots: 0,
    swap: { size: SLOTS * PAGE_BYTES, readLatency: READ_NS, writeLatency: WRITE_NS },
    statistics: true,
    ...options,
  });
}

/** Makes a VM the user of all that it manages: page p holds p + 1. */
export function useAll(vm: Vm): void {
  for (let page = 0; page < vm.managedBytes / PAGE_BYTES; page += 1) vm.replica.memory.store32(page * PAGE_BYTES, page + 1);
}

/** Pages hold what useAll left there. */
export function contentWrong(vm: Vm, pages: number): readonly number[] {
  const wrong: number[] = [];
  for (let page = 0; page < pages; page += 1) if (vm.replica.memory.load32(page * PAGE_BYTES) !== page + 1) wrong.push(page);
  return wrong;
}

/** VM a (regions 0-3, all used) has given up its `given` highest regions and goes on using them; b manages and uses region 4. */
export async function borrowing(
  given: number,
  { engine: engineOptions, ...vmOptions }: Partial<VmOptions> & { readonly engine?: Partial<EngineOptions> & { regions?: number } } = {},
): Promise<{ engine: Engine; a: Vm; b: Vm }> {
  const engine = await timedEngine({ regions: 12, ...engineOptions });
  const a = engine.createVm({ name: 'a', memory: 4 * REGION_BYTES, ...vmOptions });
  const b = engine.createVm({ name: 'b', memory: REGION_BYTES });
  useAll(a);
  useAll(b);
  if (given > 0) a.reduce(given * REGION_BYTES);
  return { engine, a, b };
}

/** The rights table, drawn in three lines. */
export function rightsOf(engine: Engine): readonly string[] {
  return formatRights(engine.inspect()).split('\n');
}

/** Everything in the engine's tables, to compare. */
export function stateOf(engine: Engine): string {
  return JSON.stringify([engine.inspect(), engine.vms.map((vm) => [vm.information(), [...engine.pages(vm.replica)]])]);
}

/** Events of some names from now on, as they come. */
export function eventsOf<Name extends EventName>(engine: Engine, ...names: readonly Name[]): readonly EventMap[Name][] {
  const events: EventMap[Name][] = [];
  for (const name of names) engine.on(name, (event) => events.push(event));
  return events;
}
