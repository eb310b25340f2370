/** Memory traces for the model: lackey text as arrays of records, and what a record does to a replica. */
import { createHash } from 'node:crypto';
import { accessCount, accessPages, peek } from './access.ts';
import { ModelFailure } from './failure.ts';
import { storeCompare } from './on-write.ts';
import { note, type Replica, type World } from './world.ts';

export interface TraceRecord {
  readonly kind: 'I' | 'L' | 'S' | 'M';
  readonly address: bigint;
  readonly size: number;
}

export function lackeyParse(text: string): TraceRecord[] {
  const line = /^(I | [LSM]) +([0-9a-f]+),(\d+)$/i;
  return text.split('\n').flatMap((row) => {
    const [, kind, address, size] = line.exec(row.trimEnd()) ?? [];
    if (!kind || !address || !size) return [];
    return [{ kind: kind.trim() as TraceRecord['kind'], address: BigInt(`0x${address}`), size: Number(size) }];
  });
}

/** A traced address space is sparse: it is mapped in units, in the order of their first touch, whatever the engine's page size. */
const UNIT_BYTES = 4096;

export interface TracePlayer {
  readonly trace: readonly TraceRecord[];
  /** Number of a traced unit -> number of the unit in the replica. */
  readonly units: ReadonlyMap<bigint, number>;
  /** Do L records store too? */
  readonly loadsStore: boolean;
  readonly pageBytes: number;
  /** For each record: page of the replica -> number of the record that visits it next. */
  readonly nextUses: readonly ReadonlyMap<number, number>[];
  position: number;
  /** L, S and M records so far. */
  dataRecords: number;
}

/** Each byte's traced address. */
function addressesOf(record: TraceRecord): bigint[] {
  return Array.from({ length: record.size }, (_, offset) => record.address + BigInt(offset));
}

function unitOf(address: bigint): bigint {
  return address / BigInt(UNIT_BYTES);
}

/** Where a traced byte is in the replica. */
function placeOf(units: ReadonlyMap<bigint, number>, address: bigint): number {
  const unit = units.get(unitOf(address));
  if (unit === undefined) throw new Error(`model: address ${address} is not of this trace`);
  return unit * UNIT_BYTES + Number(address % BigInt(UNIT_BYTES));
}

/** The pages of the replica that a record visits: in the order of its bytes, each once. */
function pagesOf(units: ReadonlyMap<bigint, number>, record: TraceRecord, pageBytes: number): number[] {
  return [...new Set(addressesOf(record).map((address) => Math.floor(placeOf(units, address) / pageBytes)))];
}

export function tracePlayer(trace: readonly TraceRecord[], pageBytes: number, loadsStore: boolean): TracePlayer {
  const units = new Map<bigint, number>();
  for (const unit of trace.flatMap((record) => addressesOf(record).map(unitOf))) if (!units.has(unit)) units.set(unit, units.size);
  const visits = trace.map((record) => pagesOf(units, record, pageBytes));
  const nextUses = visits.map((pages, index) => {
    const next = (page: number): number => visits.findIndex((later, place) => place > index && later.includes(page));
    return new Map(pages.map((page) => [page, next(page) < 0 ? Infinity : next(page)]));
  });
  return { trace, units, loadsStore, pageBytes, nextUses, position: 0, dataRecords: 0 };
}

/** Pages of address space that a player needs. */
export function tracePages(player: TracePlayer): number {
  return Math.max(1, Math.ceil((player.units.size * UNIT_BYTES) / player.pageBytes));
}

/** The fault at which a record fails is not counted: it will be when the record is tried again. */
function faultsCounted<Result>(replica: Replica, work: () => Result): Result {
  try {
    return work();
  } catch (failure) {
    if (failure instanceof ModelFailure && failure.isInFault) replica.vm.faults--;
    throw failure;
  }
}

/**
 * Carries out the next record: one access. Up to two pages are had together before a byte changes; more (pages smaller than the record) one after
 * the other. True: it waited for I/O. `isRetry`: it failed before, and has been counted.
 */
export function traceStep(world: World, replica: Replica, player: TracePlayer, isRetry = false): boolean {
  const { trace, units, pageBytes, position } = player;
  const record = trace[position];
  if (!record) throw new Error('model: the trace is at its end');
  const stores = record.kind === 'S' || record.kind === 'M' || (record.kind === 'L' && player.loadsStore);
  const pages = pagesOf(units, record, pageBytes);
  if (!isRetry) accessCount(world, replica);
  noteShape(world, record, pages.length);
  const startNs = replica.vm.timeNs;
  const bytesIn = (page: number): number =>
    addressesOf(record).filter((address) => Math.floor(placeOf(units, address) / pageBytes) === page).length;
  for (const together of pages.length <= 2 ? [pages] : pages.map((page) => [page])) {
    const parts = together.map((page) => ({ page, bytes: bytesIn(page) }));
    const nextUse = (page: number): number => player.nextUses[position]?.get(page) ?? Infinity;
    const all = faultsCounted(replica, () => accessPages(world, replica, parts, stores, nextUse));
    if (!stores) continue;
    storeContents(replica, player, record, together);
    storeCompare(world, replica, all);
  }
  if (record.kind !== 'I') player.dataRecords++;
  player.position++;
  return replica.vm.timeNs > startNs;
}

function noteShape(world: World, record: TraceRecord, pages: number): void {
  const isCrossing = unitOf(record.address) !== unitOf(record.address + BigInt(record.size - 1));
  if (isCrossing) note(world, pages === 1 ? 'a record with two parts in one page' : 'a record with two parts in two pages');
  if (pages > 2) note(world, 'a record of more than two pages');
}

/** The n-th data record stores at each of its byte addresses A the byte (n + A) & 0xff. */
function storeContents(replica: Replica, player: TracePlayer, record: TraceRecord, pages: readonly number[]): void {
  for (const address of addressesOf(record)) {
    const place = placeOf(player.units, address);
    const number = Math.floor(place / player.pageBytes);
    const page = pages.includes(number) ? replica.pages.get(number) : undefined;
    if (page) page.bytes[place % player.pageBytes] = Number((BigInt(player.dataRecords) + address) & 0xffn);
  }
}

/** SHA-256 over the traced units, whole, in ascending order of their traced addresses. */
export function traceDigest(world: World, replica: Replica, player: TracePlayer): string {
  const hash = createHash('sha256');
  for (const unit of [...player.units.keys()].sort((a, b) => (a < b ? -1 : 1))) {
    const start = placeOf(player.units, unit * BigInt(UNIT_BYTES));
    for (let at = start; at < start + UNIT_BYTES;) {
      const offset = at % player.pageBytes;
      const length = Math.min(player.pageBytes - offset, start + UNIT_BYTES - at);
      hash.update(peek(world, replica, Math.floor(at / player.pageBytes)).subarray(offset, offset + length));
      at += length;
    }
  }
  return hash.digest('hex');
}
