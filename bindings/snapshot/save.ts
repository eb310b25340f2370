import { pagesChanged } from '../changed-pages.ts';
import type { Core } from '../engine/core.ts';
import { checkFields } from '../options.ts';
import { PROTECTION_CODES } from '../page-control.ts';
import type { SignalOption } from '../signal.ts';
import type { Snapshot } from '../snapshot.ts';
import { CONTENT_BYTES, CONTENT_ZERO, containerClose, containerOpen } from './container.ts';
import { snapshotIdentity } from './identity.ts';
import { Pace } from './pace.ts';
import { PageBuffer, protectionRuns, runsExtend } from './page-content.ts';
import type { PageRun } from './page-content.ts';

export interface SaveOptions extends SignalOption {
  /** A snapshot of the same VM, which must be there with the same contents when this one is loaded: only what differs from it is saved. */
  readonly base?: Snapshot;
}

/** A snapshot as a container. */
export async function snapshotSave(core: Core, snapshot: Snapshot, options: SaveOptions): Promise<Uint8Array<ArrayBuffer>> {
  checkFields('options', options, ['base', 'signal']);
  const { pageBytes } = core;
  const pace = new Pace(options.signal);
  const base = options.base === undefined ? null : snapshot.vm.holders.checkSnapshot('options.base', options.base);
  const content = await contentRuns(core, snapshot, base, pace);
  const container = containerOpen({
    pageBytes,
    pages: snapshot.addressSpaceBytes / pageBytes,
    content,
    protection: protectionRuns(core, snapshot).map((run) => ({ ...run, kind: PROTECTION_CODES[run.kind] })),
    state: snapshot.state,
    base: base === null ? null : await snapshotIdentity(core, base, pace),
  });
  let at = container.pagesAt;
  for (const { first, pages, kind } of content) {
    for (let page = first; kind === CONTENT_BYTES && page < first + pages; page += 1) {
      snapshot.peek(page * pageBytes, container.bytes.subarray(at, at + pageBytes));
      at += pageBytes;
      await pace.done(pageBytes);
    }
  }
  await containerClose(container, pace);
  return container.bytes;
}

/** The pages that have to be in the container. */
async function contentRuns(core: Core, snapshot: Snapshot, base: Snapshot | null, pace: Pace): Promise<readonly PageRun<number>[]> {
  const { pageBytes } = core;
  const runs: PageRun<number>[] = [];
  const [now, before] = [new PageBuffer(pageBytes), new PageBuffer(pageBytes)];
  for (const page of pagesChanged(core, snapshot, base)) {
    snapshot.peek(page * pageBytes, now.bytes);
    base?.peek(page * pageBytes, before.bytes);
    if (!now.equals(before)) runsExtend(runs, page, now.isZero ? CONTENT_ZERO : CONTENT_BYTES);
    await pace.done(pageBytes);
  }
  return runs;
}
