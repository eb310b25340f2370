// Selections over a drawing of real memory, without an engine: for the criteria alone.
import type { Candidate } from '../../bindings/node.ts';
import type { SelectionRequest } from '../../bindings/node.ts';
import { checkExpandSelection, checkReleaseSelection } from '../../bindings/policy/selection.ts';
import { selectionOrder } from '../../bindings/policy/selection-order.ts';

const REGION_BYTES = 2 ** 16;
export const FRAMES_PER_REGION = 16;

interface Drawing {
  /**
   * A character a region: `A` managed by the asker, any other capital by another VM, `.` without manager and user, a small letter without manager and
   * used by that VM (`a`: the asker). Blanks are for the eye.
   */
  readonly memory: string;
  readonly regionsPerModule?: number;
}

/** What the asker is given when it asks for so many regions. */
export function expandIn({ memory, regionsPerModule }: Drawing, regions: number, selection: unknown): number[] {
  const rows = Array.from(memory.replaceAll(' ', ''));
  const perModule = regionsPerModule ?? rows.length;
  const candidates = rows.flatMap((row, region) => (/[A-Z]/.test(row) ? [] : [freeRegion(row, region, perModule)]));
  const request = requestOf('expand', regions, rows, perModule);
  return selectionOrder(candidates, checkExpandSelection('selection', selection).steps, request);
}

function freeRegion(row: string, region: number, regionsPerModule: number): Candidate {
  return {
    region,
    realAddress: region * REGION_BYTES,
    module: Math.floor(region / regionsPerModule),
    machineAddress: null,
    user: row === '.' ? null : row.toUpperCase(),
    isUsedByAsker: row === 'a',
    freeFrames: row === '.' ? FRAMES_PER_REGION : 0,
    cachePages: 0,
    lastUse: 0,
    nextUse: null,
  };
}

/** A region that the asker manages; what is left out is as if it had never been used. */
export interface Held {
  readonly isUsedByAsker?: boolean;
  readonly freeFrames?: number;
  readonly cachePages?: number;
  readonly lastUse?: number;
  readonly nextUse?: number | null;
}

/** What the asker gives up of the regions that it manages, at machine addresses in their order, as their numbers. */
export function releaseFrom(held: readonly Held[], regions: number, selection: unknown): number[] {
  const candidates = held.map((row, region) => heldRegion(row, region)).reverse();
  const request = requestOf('release', regions, new Array<string>(held.length).fill('A'), held.length);
  return selectionOrder(candidates, checkReleaseSelection('selection', selection).steps, request);
}

function heldRegion(row: Held, region: number): Candidate {
  const isUsedByAsker = row.isUsedByAsker ?? true;
  return {
    region,
    realAddress: region * REGION_BYTES,
    module: 0,
    machineAddress: region * REGION_BYTES,
    user: isUsedByAsker ? 'A' : 'B',
    isUsedByAsker,
    freeFrames: row.freeFrames ?? FRAMES_PER_REGION,
    cachePages: row.cachePages ?? 0,
    lastUse: row.lastUse ?? 0,
    nextUse: row.nextUse === undefined ? Infinity : row.nextUse,
  };
}

function requestOf(
  kind: SelectionRequest['kind'],
  regions: number,
  rows: readonly string[],
  regionsPerModule: number,
): SelectionRequest & { readonly own: Uint8Array } {
  return {
    kind,
    vm: 'A',
    regions,
    framesPerRegion: FRAMES_PER_REGION,
    poolRegions: rows.length,
    regionsPerModule,
    own: Uint8Array.from(rows, (row) => (row === 'A' ? 1 : 0)),
  };
}
