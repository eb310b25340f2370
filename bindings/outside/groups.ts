import type { Core } from '../engine/core.ts';
import { replicaPage, replicaRoot, replicaTaken } from '../engine/replica-roots.ts';
import type { Replica } from '../replica.ts';
import type { CheckedPiece } from './writer.ts';

/**
 * Replicas with one page table that get the same pieces: the first one writes, and when all is written the others take its table over. One of them, or else a
 * snapshot, keeps the table as it was until then.
 */
export class WriteGroup {
  readonly pieces: ReadonlySet<CheckedPiece>;
  readonly #core: Core;
  readonly #members: readonly Replica[];
  readonly #takenBack: () => void;
  #snapshot = 0;

  constructor(core: Core, members: readonly Replica[], pieces: readonly CheckedPiece[]) {
    this.#core = core;
    this.#members = members;
    this.pieces = new Set(pieces);
    this.#takenBack = replicaTaken(core, this.writer.handle);
  }

  get writer(): Replica {
    return this.#members[0]!;
  }
  get isSingle(): boolean {
    return this.#members.length === 1;
  }

  /** Before the first write. Errors: TABLES_FULL, TOO_LITTLE_LEFT. */
  keep(): void {
    if (this.isSingle) this.#snapshot = this.#core.requireIndex(this.#core.exports.replicaSnapshot(this.writer.handle));
  }

  /** All is written: the others have it too. */
  settle(): void {
    for (const member of this.#members.slice(1)) this.#restore(member.handle, this.writer.handle);
  }

  /** Something failed: the writer's table is as it was. */
  undo(): void {
    const kept = this.isSingle ? this.#snapshot : this.#members[1]!.handle;
    if (kept === 0) return;
    this.#restore(this.writer.handle, kept);
    this.#takenBack();
  }

  /** The snapshot goes. */
  end(): void {
    if (this.#snapshot !== 0) this.#core.require(this.#core.exports.replicaDispose(this.#snapshot));
    this.#snapshot = 0;
  }

  #restore(replica: number, from: number): void {
    this.#core.require(this.#core.exports.replicaRestore(replica, from));
  }
}

export function groupsMake(core: Core, pieces: readonly CheckedPiece[]): readonly WriteGroup[] {
  const piecesOf = new Map<Replica, number[]>();
  pieces.forEach(({ replicas, bytes }, index) => {
    if (bytes.length === 0) return;
    for (const replica of replicas) {
      const indexes = piecesOf.get(replica);
      if (indexes === undefined) piecesOf.set(replica, [index]);
      else indexes.push(index);
    }
  });
  const members = new Map<string, { replicas: Replica[]; indexes: readonly number[] }>();
  for (const [replica, indexes] of piecesOf) {
    const key = `${replicaRoot(core, replica.handle)}:${indexes.join()}`;
    const known = members.get(key);
    if (known === undefined) members.set(key, { replicas: [replica], indexes });
    else known.replicas.push(replica);
  }
  return [...members.values()].map(
    ({ replicas, indexes }) =>
      new WriteGroup(
        core,
        replicas,
        indexes.map((index) => pieces[index]!),
      ),
  );
}

/** Writers that share page `page`, the first of each set first. */
export function sharersOf(core: Core, writers: readonly Replica[], page: number): readonly (readonly Replica[])[] {
  const sets = new Map<number, Replica[]>();
  for (const writer of writers) {
    const object = replicaPage(core, writer.handle, page);
    const set = sets.get(object);
    if (set === undefined) sets.set(object, [writer]);
    else set.push(writer);
  }
  return [...sets.values()];
}
