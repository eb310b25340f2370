// What the tests of the figures share: machines as the figures draw them, and what happens written down in a line each.
import { formatRights } from '../../bindings/node.ts';
import type { Engine, EventMap, EventName, Vm } from '../../bindings/node.ts';
import { PAGE_BYTES, REGION_BYTES } from './engines.ts';

export const REGION_PAGES = REGION_BYTES / PAGE_BYTES;

/** Makes a VM the user of all that it manages: a word in each page, its address + 1. */
export function useAll(vm: Vm): void {
  for (let address = 0; address < vm.managedBytes; address += PAGE_BYTES) vm.replica.memory.store32(address, address + 1);
}

/** The machine address of a region in its manager. */
export function addressOf(engine: Engine, region: number): number {
  const address = engine.inspect().regions[region]!.managerAddress;
  if (address === null) throw new Error(`region ${region} has no manager`);
  return address;
}

/** Its manager touches each of the regions. */
export function touchRegions(engine: Engine, vm: Vm, regions: readonly number[]): void {
  for (const region of regions) vm.touch(addressOf(engine, region));
}

/** The rights table as the figures draw it. */
export function drawn(engine: Engine): string {
  return formatRights(engine.inspect());
}

/** A drawing: columns side by side, each as wide as its widest text. */
export function drawing(...lines: readonly string[]): string {
  const rows = lines.map((line) => line.trim().split(/\s+/));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

type Told = Exclude<EventName, 'lost' | 'report' | 'reserve'>;

/** Writes down from now on, in order, the events of these names: name, VM, then region or page, kind of change, pages written, as far as there are. */
export function eventsNote(engine: Engine, names: readonly Told[]): string[] {
  const lines: string[] = [];
  for (const name of names) engine.on(name, (event) => lines.push(lineOf(event)));
  return lines;
}

function lineOf(event: EventMap[Told]): string {
  const parts: (string | number)[] = [event.type, event.vm.name];
  if ('region' in event) parts.push(event.region);
  if ('page' in event) parts.push(event.page);
  if ('change' in event && event.change !== undefined) parts.push(event.change.kind);
  if ('pagesWritten' in event) parts.push(event.pagesWritten);
  return parts.join(' ');
}
