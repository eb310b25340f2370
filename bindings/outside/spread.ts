import type { Core } from '../engine/core.ts';
import { rangeStatus } from '../engine/raw-memory.ts';
import { groupsMake, sharersOf } from './groups.ts';
import type { WriteGroup } from './groups.ts';
import type { CheckedPiece } from './writer.ts';

/**
 * Writes pieces into all their replicas, wholly or not at all, and keeps shared what they share: of replicas that have one page, one writes it and the others
 * take it over. While it runs, a page that is written takes one more frame for each different area that the replicas have of it, since what was there is
 * kept until all is written. Errors: those of stores; nothing has been written then.
 */
export function piecesWrite(core: Core, pieces: readonly CheckedPiece[]): void {
  core.begin('vm.write');
  const groups = groupsMake(core, pieces);
  if (groups.length === 0) return;
  groups.forEach((group) => {
    groupCheck(core, group);
  });
  core.held += 1; // who listens may use the engine: not before all is done
  try {
    if (!isOneStore(core, groups)) for (const group of groups) group.keep();
    try {
      for (const piece of pieces) pieceWrite(core, groups, piece);
    } catch (failure) {
      for (const group of groups) group.undo();
      throw undone(failure);
    }
    for (const group of groups) group.settle();
  } finally {
    for (const group of groups) group.end();
    core.held -= 1;
    core.end();
  }
}

/** One replica's store to one page needs nothing kept: it happens or not. */
function isOneStore(core: Core, groups: readonly WriteGroup[]): boolean {
  const [group, ...others] = groups;
  if (group === undefined || others.length > 0 || !group.isSingle || group.pieces.size > 1) return false;
  return [...group.pieces].every(({ address, bytes }) => (address % core.pageBytes) + bytes.length <= core.pageBytes);
}

/** May the group's replicas be written to, wherever the pieces go? */
function groupCheck(core: Core, { writer, pieces }: WriteGroup): void {
  for (const { address, bytes } of pieces) {
    const status = rangeStatus(core, writer.handle, address, bytes.length, true);
    if (status !== 0) throw core.failure(status, { bytesDone: 0 });
  }
}

/** Page by page, so that there is never more than one page more than needed. */
function pieceWrite(core: Core, groups: readonly WriteGroup[], piece: CheckedPiece): void {
  const { address, bytes } = piece;
  const { pageBytes } = core;
  const writers = groups.filter(({ pieces }) => pieces.has(piece)).map(({ writer }) => writer);
  for (let done = 0; done < bytes.length;) {
    const at = address + done;
    const page = Math.floor(at / pageBytes);
    const end = Math.min(bytes.length, (page + 1) * pageBytes - address);
    for (const [first, ...others] of sharersOf(core, writers, page)) {
      first!.memory.write(at, bytes.subarray(done, end));
      for (const other of others) core.require(core.exports.replicaTakePages(other.handle, first!.handle, page, 1));
    }
    done = end;
  }
}

/** The pieces before the failure have been taken back. */
function undone(failure: unknown): unknown {
  const details = (failure as { details?: object }).details;
  if (details !== undefined && 'bytesDone' in details) Object.assign(details, { bytesDone: 0 });
  return failure;
}
