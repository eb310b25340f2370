/** Memory traces for the model: lackey text as arrays of records, and what a record does to a replica. */
import { createHash } from 'node:crypto';
import { accessCount, accessPages, peek } from './access.ts';
import type { Replica, World } from './world.ts';

export interface TraceRecord {
  readonly kind: 'I' | 'L' | 'S' | 'M';
  readonly address: bigint;
  readonly size: number;
}

/** What stands in a digest, whatever the engine's page size. */
const DIGEST_BLOCK_BYTES = 4096n;

export function lackeyParse(text: string): TraceRecord[] {
  const line = /^(I | [LSM]) +([0-9a-f]+),(\d+)$/i;
  return text.split('\n').flatMap((row) => {
    const [, kind, address, size] = line.exec(row.trimEnd()) ?? [];
    if (!kind || !address || !size) return [];
    return [{ kind: kind.trim() as TraceRecord['kind'], address: BigInt(`0x${address}`), size: Number(size) }];
  });
}

/** Numbers of the aligned blocks of `blockBytes` that a record touches, ascending. */
function blocksOf(record: TraceRecord, blockBytes: bigint): bigint[] {
  const blocks: bigint[] = [];
  for (let block = record.address / blockBytes; block * blockBytes < record.address + BigInt(record.size); block++) blocks.push(block);
  return blocks;
}

/** Traced addresses are sparse: each traced page is mapped to a page of the replica, in the order of first touch. */
export interface TracePlayer {
  readonly trace: readonly TraceRecord[];
  readonly pageOfTraced: ReadonlyMap<bigint, number>;
  /** For each record: page of the replica -> number of the visit that uses it next. */
  readonly nextUses: readonly ReadonlyMap<number, number>[];
  position: number;
  /** L, S and M records so far. */
  dataRecords: number;
}

export function tracePlayer(trace: readonly TraceRecord[], pageBytes: number): TracePlayer {
  const pageOfTraced = new Map<bigint, number>();
  const visits: { record: number; page: number }[] = [];
  trace.forEach((record, index) => {
    for (const block of blocksOf(record, BigInt(pageBytes))) {
      const page = pageOfTraced.get(block) ?? pageOfTraced.size;
      pageOfTraced.set(block, page);
      visits.push({ record: index, page });
    }
  });
  const nextUses = trace.map(() => new Map<number, number>());
  visits.forEach((visit, index) => {
    const next = visits.findIndex((later, place) => place > index && later.page === visit.page);
    nextUses[visit.record]?.set(visit.page, next < 0 ? Infinity : next);
  });
  return { trace, pageOfTraced, nextUses, position: 0, dataRecords: 0 };
}

/** Carries out the next record: one access, whatever pages it touches. True: it waited for I/O. */
export function traceStep(world: World, replica: Replica, player: TracePlayer): boolean {
  const record = player.trace[player.position];
  if (!record) throw new Error('model: the trace is at its end');
  const { pageBytes } = world.options;
  const pageOf = (address: bigint): number => player.pageOfTraced.get(address / BigInt(pageBytes)) ?? 0;
  const stores = record.kind === 'S' || record.kind === 'M';
  const nextUses = player.nextUses[player.position];
  const numbers = blocksOf(record, BigInt(pageBytes)).map((block) => pageOf(block * BigInt(pageBytes)));
  accessCount(world, replica);
  const startNs = replica.vm.timeNs;
  accessPages(world, replica, numbers, stores, (page) => nextUses?.get(page) ?? Infinity);
  for (let offset = 0; stores && offset < record.size; offset++) {
    const address = record.address + BigInt(offset);
    const page = replica.pages.get(pageOf(address));
    if (page) page.bytes[Number(address % BigInt(pageBytes))] = Number((BigInt(player.dataRecords) + address) & 0xffn);
  }
  if (record.kind !== 'I') player.dataRecords++;
  player.position++;
  return replica.vm.timeNs > startNs;
}

/** SHA-256 over the aligned 4 KiB blocks that the trace touches, whole, in ascending order of their traced addresses. */
export function traceDigest(world: World, replica: Replica, player: TracePlayer): string {
  const { pageBytes } = world.options;
  const blocks = new Set(player.trace.flatMap((record) => blocksOf(record, DIGEST_BLOCK_BYTES)));
  const hash = createHash('sha256');
  for (const block of [...blocks].sort((a, b) => (a < b ? -1 : 1))) {
    const content = Uint8Array.from({ length: Number(DIGEST_BLOCK_BYTES) }, (_, offset) => {
      const address = block * DIGEST_BLOCK_BYTES + BigInt(offset);
      const page = player.pageOfTraced.get(address / BigInt(pageBytes));
      return page === undefined ? 0 : (peek(world, replica, page)[Number(address % BigInt(pageBytes))] ?? 0);
    });
    hash.update(content);
  }
  return hash.digest('hex');
}
