// What the figures of US 9,063,868 B2 start from: two replicas, pages 0x11 and 0x12, and rows as the figures print them.
import type { Engine, PageTableRow, Replica, Vm } from '../../bindings/node.ts';
import type { Build } from './builds.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES } from './engines.ts';

/** Logical addresses 0x00011 and 0x00012, less the twelve bits within a page. */
export const PAGE_11 = 0x11;
export const PAGE_12 = 0x12;

/** Physical addresses of the figures. */
const NAMES_AT_START = ['80001', '80002'];
const NAME_OF_COPY = '80005';

export interface Drawn {
  readonly engine: Engine;
  readonly vm: Vm;
  readonly first: Replica;
  readonly second: Replica;
  /** Rows 'VMID logical physical share inhibit' with the addresses of the figures; a frame that was not there at the start is 80005. */
  rows(): readonly string[];
  /** Pages in frames: each frame in use once. */
  frames(): number;
}

/** The state of Fig. 4A: every page has one frame for all, and page 0x12 differs from page 0x11. */
export async function drawnMake(build: Build, compare: Parameters<Vm['compareBy']>[0] = {}, replicas = 2): Promise<Drawn> {
  const engine = await engineMake(build, { regions: 16, slots: 64, maxReplicas: 16, compareOnWrite: true });
  const vm = engine.createVm({ memory: 12 * REGION_BYTES, addressSpace: 64 * PAGE_BYTES, replicas });
  for (const page of [PAGE_11, PAGE_12]) vm.write(page * PAGE_BYTES, Uint8Array.of(page));
  vm.compareBy(compare);
  const atStart = new Map(
    [...vm.pageTable()].map(({ logicalPage, physicalPage }) => [physicalPage, NAMES_AT_START[logicalPage - PAGE_11]]),
  );
  const nameOf = (frame: number | null): string => atStart.get(frame) ?? NAME_OF_COPY;
  const printed = ({ vmId, logicalPage, physicalPage, share, writeInhibit }: PageTableRow): string =>
    `${vmId} ${logicalPage.toString(16)} ${nameOf(physicalPage)} ${share} ${writeInhibit}`;
  const [first, second] = vm.replicas as [Replica, Replica];
  return {
    engine,
    vm,
    first,
    second,
    rows: () => [...vm.pageTable()].map(printed),
    frames: () => vm.information().residentBytes / PAGE_BYTES,
  };
}

/** One byte of page 0x12, the one that the figures write. */
export const ADDRESS = PAGE_12 * PAGE_BYTES + 8;
