import { CB_SWEEP_COMPARED, CB_SWEEP_DIFFERENT, CB_SWEEP_MERGED } from '../assembly/shared/layout.ts';
import { bytesAreEqual, byteRangesOf } from './byte-ranges.ts';
import type { ByteRange } from './byte-ranges.ts';
import type { Core } from './engine/core.ts';
import { entryHeld } from './engine/shared-entries.ts';
import type { EngineParts } from './engine-parts.ts';
import type { Replica } from './replica.ts';

/** What a comparison of a VM's replicas in step found and did (US 9,063,868 Figs. 11, 13). */
export interface ReplicaComparison {
  /** Pages that not all of them had as one page. */
  readonly pagesCompared: number;
  /** Areas that became one with an equal one. */
  readonly areasMerged: number;
  /** Pages whose contents differ. */
  readonly pagesDifferent: number;
}

/** A page whose contents differ among the replicas in step. */
export interface PageDifference {
  readonly page: number;
  readonly address: number;
  /** Replicas with the same contents, the largest group first; of groups of one size the one with the earliest replica. The rest are the minority. */
  readonly groups: readonly (readonly Replica[])[];
  /** Where some replica differs from those of the first group, ascending. */
  readonly ranges: readonly ByteRange[];
}

/** A group's replicas, and what their page holds. */
interface Group {
  readonly replicas: Replica[];
  readonly content: Uint8Array<ArrayBufferLike>;
}

/** Compares a VM's replicas in step and merges what is equal. */
export function comparisonMake({ core }: EngineParts, vm: number): ReplicaComparison {
  core.begin('vm.compare');
  try {
    core.require(core.exports.vmCompare(vm));
    return {
      pagesCompared: core.word(CB_SWEEP_COMPARED),
      areasMerged: core.word(CB_SWEEP_MERGED),
      pagesDifferent: core.word(CB_SWEEP_DIFFERENT),
    };
  } finally {
    core.end();
  }
}

/** The pages in which `replicas`, all in step, differ, ascending. */
export function* differencesFind(parts: EngineParts, vm: number, replicas: readonly Replica[]): Generator<PageDifference, void, void> {
  const { core } = parts;
  for (let next = difference(parts, vm, 0); next !== 0; next = difference(parts, vm, next)) {
    const page = next - 1;
    const groups = groupsOf(core, replicas, page);
    yield {
      page,
      address: page * core.pageBytes,
      groups: groups.map((group) => group.replicas),
      ranges: byteRangesOf(
        groups[0]!.content,
        groups.slice(1).map(({ content }) => content),
      ),
    };
  }
}

/** The next page that differs, plus 1, at or above a page; 0: none. */
function difference({ core }: EngineParts, vm: number, from: number): number {
  core.begin('vm.differences');
  try {
    return core.requireIndex(core.exports.vmDifference(vm, from));
  } finally {
    core.end();
  }
}

/** Who has the same area needs no look at its contents. */
function groupsOf(core: Core, replicas: readonly Replica[], page: number): readonly Group[] {
  const groups: Group[] = [];
  const byArea = new Map<number, Group>();
  for (const replica of replicas) {
    const { object } = entryHeld(core, replica.handle, page);
    const known = byArea.get(object);
    if (known !== undefined) {
      known.replicas.push(replica);
      continue;
    }
    const content = replica.peek(page * core.pageBytes, new Uint8Array(core.pageBytes));
    const equal = groups.find((other) => bytesAreEqual(other.content, content));
    const group = equal ?? { replicas: [], content };
    if (equal === undefined) groups.push(group);
    group.replicas.push(replica);
    byArea.set(object, group);
  }
  return groups.sort((a, b) => b.replicas.length - a.replicas.length);
}
