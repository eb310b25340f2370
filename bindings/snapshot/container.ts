/*  A snapshot as bytes, little endian. Version 1:
    0       8         12          16      20            24                28        32             36      40     72      80
    ├ magic ┼ version ┼ pageBytes ┼ pages ┼ contentRuns ┼ protectionRuns ┼ state ┼ contentPages ┼ hasBase ┼ base ┼ bytes ┤
    80 ................................................................................................................ bytes
    ├ contentRuns x run ┼ protectionRuns x run ┼ state ┼ contentPages x pageBytes ┼ SHA-256 of all before it, 32 bytes ┤
    run: first, pages, kind: CONTENT_… or PROTECTION_… ; ascending, apart. pages: of the address space. state: its bytes + 1, 0: none.
    base: the identity (identity.ts) of the snapshot that pages are taken from which are in no content run; zeros where there is none. */
import { PROTECTION_NONE, PROTECTION_READ } from '../../assembly/shared/layout.ts';
import { hasherMake } from '../engine/hash.ts';
import { SnapshotCorruptError, SnapshotMismatchError } from '../errors.ts';
import type { Pace } from './pace.ts';
import type { PageRun } from './page-content.ts';

const MAGIC = new TextEncoder().encode('UFSNAP\r\n');
export const VERSION = 1;
const VERSION_AT = MAGIC.length;
const PAGE_BYTES_AT = VERSION_AT + 4;
const PAGES_AT = PAGE_BYTES_AT + 4;
const CONTENT_RUNS_AT = PAGES_AT + 4;
const PROTECTION_RUNS_AT = CONTENT_RUNS_AT + 4;
const STATE_AT = PROTECTION_RUNS_AT + 4;
const CONTENT_PAGES_AT = STATE_AT + 4;
const HAS_BASE_AT = CONTENT_PAGES_AT + 4;
const BASE_AT = HAS_BASE_AT + 4;
const HASH_BYTES = 32;
const BYTES_AT = BASE_AT + HASH_BYTES;
const HEADER_BYTES = BYTES_AT + 8;
const RUN_BYTES = 12;
const CHUNK_BYTES = 2 ** 20;

export const CONTENT_ZERO = 0; // pages of zeros where the base has others
export const CONTENT_BYTES = 1; // pages whose bytes stand in the container

/** What a container says, but for the bytes of its pages. */
export interface SnapshotHead {
  readonly pageBytes: number;
  readonly pages: number;
  readonly content: readonly PageRun<number>[];
  readonly protection: readonly PageRun<number>[];
  readonly state: Uint8Array | null;
  /** The identity of its base, hex; null: it stands for itself. */
  readonly base: string | null;
}

/** A container with room for its pages, which come in the order of the content runs. */
export interface OpenContainer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly pagesAt: number;
}

export function containerOpen({ pageBytes, pages, content, protection, state, base }: SnapshotHead): OpenContainer {
  const contentPages = pagesOf(content, CONTENT_BYTES);
  const stateAt = HEADER_BYTES + (content.length + protection.length) * RUN_BYTES;
  const pagesAt = stateAt + (state?.length ?? 0);
  const bytes = new Uint8Array(pagesAt + contentPages * pageBytes + HASH_BYTES);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(VERSION_AT, VERSION, true);
  view.setUint32(PAGE_BYTES_AT, pageBytes, true);
  view.setUint32(PAGES_AT, pages, true);
  view.setUint32(CONTENT_RUNS_AT, content.length, true);
  view.setUint32(PROTECTION_RUNS_AT, protection.length, true);
  view.setUint32(STATE_AT, state === null ? 0 : state.length + 1, true);
  view.setUint32(CONTENT_PAGES_AT, contentPages, true);
  view.setUint32(HAS_BASE_AT, base === null ? 0 : 1, true);
  if (base !== null) bytes.set(bytesOfHex(base), BASE_AT);
  view.setBigUint64(BYTES_AT, BigInt(bytes.length), true);
  [...content, ...protection].forEach(({ first, pages: count, kind }, index) => {
    [first, count, kind].forEach((value, word) => view.setUint32(HEADER_BYTES + index * RUN_BYTES + word * 4, value, true));
  });
  if (state !== null) bytes.set(state, stateAt);
  return { bytes, pagesAt };
}

/** The last thing: the checksum. */
export async function containerClose({ bytes }: OpenContainer, pace: Pace): Promise<void> {
  bytes.set(bytesOfHex(await checksum(bytes, pace)), bytes.length - HASH_BYTES);
}

/** What an address space must have for a container to be loaded there. */
export interface Fitting {
  readonly pageBytes: number;
  readonly pages: number;
}

/** Reads and checks a container. `pagesAt`: where its pages begin. */
export async function containerRead(
  bytes: Uint8Array,
  fitting: Fitting,
  pace: Pace,
): Promise<{ readonly head: SnapshotHead; readonly pagesAt: number }> {
  const word = headerRead(bytes, fitting);
  const stateBytes = Math.max(0, word(STATE_AT) - 1);
  const stateAt = HEADER_BYTES + (word(CONTENT_RUNS_AT) + word(PROTECTION_RUNS_AT)) * RUN_BYTES;
  const pagesAt = stateAt + stateBytes;
  const expectedBytes = pagesAt + word(CONTENT_PAGES_AT) * word(PAGE_BYTES_AT) + HASH_BYTES;
  if (bytes.length !== expectedBytes) throw lengthError(bytes.length, expectedBytes);
  const found = await checksum(bytes, pace);
  const expected = hexOf(bytes.subarray(bytes.length - HASH_BYTES));
  if (found !== expected) {
    throw new SnapshotCorruptError(
      `The saved snapshot is damaged: its ${bytes.length} bytes have the checksum ${found}, not ${expected}. Load another copy of it.`,
      { reason: 'checksum', found, expected },
    );
  }
  const contentRuns = word(CONTENT_RUNS_AT);
  const content = runsRead(word, 0, contentRuns, fitting.pages, [CONTENT_ZERO, CONTENT_BYTES]);
  const protection = runsRead(word, contentRuns, word(PROTECTION_RUNS_AT), fitting.pages, [PROTECTION_READ, PROTECTION_NONE]);
  if (pagesOf(content, CONTENT_BYTES) !== word(CONTENT_PAGES_AT)) throw runError(0, 'its runs and its pages do not agree');
  const state = word(STATE_AT) === 0 ? null : bytes.slice(stateAt, pagesAt);
  const base = word(HAS_BASE_AT) === 0 ? null : hexOf(bytes.subarray(BASE_AT, BASE_AT + HASH_BYTES));
  return { head: { ...fitting, content, protection, state, base }, pagesAt };
}

/** The words of a container whose header can be read and fits. */
function headerRead(bytes: Uint8Array, { pageBytes, pages }: Fitting): (at: number) => number {
  if (MAGIC.some((byte, index) => index < bytes.length && bytes[index] !== byte) || bytes.length === 0) {
    throw new SnapshotCorruptError('These bytes are not a saved snapshot: they do not begin as one.', {
      reason: 'magic',
      bytes: bytes.length,
    });
  }
  if (bytes.length < HEADER_BYTES) throw lengthError(bytes.length, HEADER_BYTES);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const word = (at: number): number => view.getUint32(at, true);
  const mismatch = (field: string, found: number, expected: number, advice: string): SnapshotMismatchError =>
    new SnapshotMismatchError(`The saved snapshot has ${field} ${found}; here it is ${expected}. ${advice}`, { field, found, expected });
  if (word(VERSION_AT) !== VERSION) throw mismatch('version', word(VERSION_AT), VERSION, 'Load it with the release that saved it.');
  if (word(PAGE_BYTES_AT) !== pageBytes)
    throw mismatch('pageBytes', word(PAGE_BYTES_AT), pageBytes, 'Load it with a build of the same page size.');
  if (word(PAGES_AT) !== pages) {
    const [found, expected] = [word(PAGES_AT) * pageBytes, pages * pageBytes];
    throw mismatch('addressSpace', found, expected, 'Load it into a VM with the same address space.');
  }
  const length = view.getBigUint64(BYTES_AT, true);
  if (length !== BigInt(bytes.length)) throw lengthError(bytes.length, Number(length));
  return word;
}

function runsRead(
  word: (at: number) => number,
  from: number,
  count: number,
  pages: number,
  kinds: readonly number[],
): readonly PageRun<number>[] {
  const runs: PageRun<number>[] = [];
  let least = 0;
  for (let index = 0; index < count; index += 1) {
    const at = HEADER_BYTES + (from + index) * RUN_BYTES;
    const run = { first: word(at), pages: word(at + 4), kind: word(at + 8) };
    const fits = run.first >= least && run.pages > 0 && run.first + run.pages <= pages && kinds.includes(run.kind);
    if (!fits) throw runError(from + index, `run ${from + index} (page ${run.first}, ${run.pages} pages, kind ${run.kind}) cannot be`);
    least = run.first + run.pages;
    runs.push(run);
  }
  return runs;
}

function lengthError(bytes: number, expectedBytes: number): SnapshotCorruptError {
  return new SnapshotCorruptError(
    `The saved snapshot is damaged: it has ${bytes} bytes and should have ${expectedBytes}. Load another copy of it.`,
    {
      reason: 'length',
      bytes,
      expectedBytes,
    },
  );
}

function runError(run: number, what: string): SnapshotCorruptError {
  return new SnapshotCorruptError(`The saved snapshot is damaged: ${what}. Load another copy of it.`, { reason: 'run', run });
}

async function checksum(bytes: Uint8Array, pace: Pace): Promise<string> {
  const hasher = hasherMake();
  const end = bytes.length - HASH_BYTES;
  for (let at = 0; at < end; at += CHUNK_BYTES) {
    const chunk = bytes.subarray(at, Math.min(at + CHUNK_BYTES, end));
    hasher.update(chunk);
    await pace.done(chunk.length);
  }
  return hasher.hex();
}

export function pagesOf(runs: readonly PageRun<number>[], kind: number): number {
  return runs.reduce((sum, run) => (run.kind === kind ? sum + run.pages : sum), 0);
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, index) => Number.parseInt(hex.slice(index * 2, index * 2 + 2), 16));
}
