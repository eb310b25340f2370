import { REPLICA_PAGES } from '../../assembly/shared/layout.ts';
import { pagesChanged } from '../changed-pages.ts';
import type { Core } from '../engine/core.ts';
import { pagesWalk } from '../engine/page-walk.ts';
import type { PageHolder } from '../page-holder.ts';
import type { Protection } from '../page-control.ts';

/** Pages in a row that have something in common. */
export interface PageRun<Kind> {
  readonly first: number;
  readonly pages: number;
  readonly kind: Kind;
}

/** Adds a page behind the others: to the last run if it goes on there. */
export function runsExtend<Kind>(runs: PageRun<Kind>[], page: number, kind: Kind): void {
  const last = runs[runs.length - 1];
  const goesOn = last !== undefined && last.first + last.pages === page && last.kind === kind;
  if (goesOn) runs[runs.length - 1] = { ...last, pages: last.pages + 1 };
  else runs.push({ first: page, pages: 1, kind });
}

/** One page's bytes, that can be looked at quickly. */
export class PageBuffer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly #words: Uint32Array<ArrayBuffer>;

  constructor(pageBytes: number) {
    this.bytes = new Uint8Array(pageBytes);
    this.#words = new Uint32Array(this.bytes.buffer);
  }

  get isZero(): boolean {
    const words = this.#words;
    for (let index = 0; index < words.length; index += 1) if (words[index] !== 0) return false;
    return true;
  }

  equals(other: PageBuffer): boolean {
    const [words, others] = [this.#words, other.#words];
    for (let index = 0; index < words.length; index += 1) if (words[index] !== others[index]) return false;
    return true;
  }
}

/** The pages of a holder that are not all zero, but for some, one after the other, in one buffer that is used again. */
export function* pagesFilled(
  core: Core,
  holder: PageHolder,
  except: ReadonlySet<number> = new Set(),
): Generator<readonly [page: number, bytes: Uint8Array<ArrayBuffer>]> {
  const buffer = new PageBuffer(core.pageBytes);
  for (const page of pagesChanged(core, holder, null)) {
    if (except.has(page)) continue;
    holder.peek(page * core.pageBytes, buffer.bytes);
    if (!buffer.isZero) yield [page, buffer.bytes];
  }
}

/** What of an address space is protected, ascending. */
export function protectionRuns(core: Core, holder: PageHolder): readonly PageRun<Exclude<Protection, 'readWrite'>>[] {
  const runs: PageRun<Exclude<Protection, 'readWrite'>>[] = [];
  for (const { page, protection } of pagesWalk(core, holder.handle, 0, core.replicaWord(holder.handle, REPLICA_PAGES))) {
    if (protection !== 'readWrite') runsExtend(runs, page, protection);
  }
  return runs;
}
