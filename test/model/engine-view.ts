/** What can be seen of the compiled engine, read from its tables. */
import * as layout from '../../assembly/shared/layout.ts';
import { eachEntry, replicaRecord } from '../support/raw-pages.ts';
import type { RawEngine } from '../support/raw.ts';
import { regionRow, regionStatistics, regionSummary } from '../support/raw-regions.ts';
import { STATES, STATISTICS } from './engine-names.ts';
import type { Information } from './information.ts';
import { holderWords, Numbering, rightText, stampRanks, summaryText, type ChangeView, type View, type VmView } from './operation.ts';
import type { EvictionPolicy } from './world.ts';

export interface VmEntry {
  readonly handle: number;
  readonly eviction: EvictionPolicy;
  live: boolean;
}

export interface ReplicaEntry {
  readonly handle: number;
  readonly vm: number;
  readonly pages: number;
  live: boolean;
}

export interface Entries {
  readonly vms: readonly VmEntry[];
  readonly replicas: readonly ReplicaEntry[];
  readonly changes: readonly number[];
}

export function engineView(raw: RawEngine, entries: Entries): View {
  const { vms, replicas, changes } = entries;
  const vmNumber = (handle: number): number | null => (handle === 0 ? null : vms.findIndex((vm) => vm.live && vm.handle === handle));
  const rows = Array.from({ length: raw.word(layout.CB_REGIONS) }, (_, region) => regionRow(raw, region));
  const numbering = new Numbering();
  const users = rows.map(({ user }) => vmNumber(user));
  return {
    regions: rows.map(({ manager, managerSlot, userSlot }, region) => {
      return `${rightText(vmNumber(manager), managerSlot - 1)} ${rightText(users[region] ?? null, userSlot - 1)}`;
    }),
    vms: vms.map(({ handle, live }) => (live ? vmView(raw, handle) : null)),
    changes: changes.map((handle) => changeView(raw, raw.changeRecord(handle))),
    places: replicas.map(({ live, handle, pages }) => (live ? Array.from({ length: pages }, (_, page) => raw.place(handle, page)) : null)),
    entries: replicas.map(({ live, handle }) => (live ? entriesOf(raw, handle, numbering) : null)),
    holders: replicas.map(({ live, handle }) => (live ? holderText(raw, handle) : null)),
    slotsUsed: raw.slotsUsed(),
    summaries: summaries(raw, entries, users),
    statistics: regionStatistics(raw, 0) === null ? null : users.map((_, region) => statisticsText(raw, region)),
  };
}

function entriesOf(raw: RawEngine, replica: number, numbering: Numbering): string[] {
  const entries: string[] = [];
  eachEntry(raw, replica, (page, object) => entries.push(`${page}: ${numbering.of(object)}`));
  return entries;
}

function holderText(raw: RawEngine, replica: number): string {
  const word = (offset: number): number => raw.wordAt(replicaRecord(raw, replica) + offset);
  const isSnapshot = word(layout.REPLICA_IS_SNAPSHOT) === 1;
  return holderWords(isSnapshot, word(layout.REPLICA_IN_STEP) === 1, word(layout.REPLICA_QUOTA), word(layout.REPLICA_TAKEN));
}

function vmView(raw: RawEngine, handle: number): VmView {
  const record = raw.vmRecord(handle);
  const word = (offset: number): number => raw.wordAt(record + offset);
  const number = (offset: number): number => raw.numberAt(record + offset);
  return {
    managed: word(layout.VM_MANAGED),
    used: word(layout.VM_USED),
    usable: word(layout.VM_MANAGED) + word(layout.VM_USED) - word(layout.VM_OWN),
    resident: word(layout.VM_RESIDENT),
    timeNs: number(layout.VM_TIME_NS),
    accesses: number(layout.VM_ACCESSES),
    faults: number(layout.VM_FAULTS),
    pageIns: number(layout.VM_PAGE_INS),
    pageOuts: number(layout.VM_PAGE_OUTS),
    evictions: number(layout.VM_EVICTIONS),
    takeOvers: number(layout.VM_TAKE_OVERS),
    copies: number(layout.VM_COPIES),
    earlyReleases: number(layout.VM_EARLY_RELEASES),
    earlyReleasesFailed: number(layout.VM_EARLY_RELEASES_FAILED),
    pagesMoved: number(layout.VM_PAGES_MOVED),
    merges: number(layout.VM_MERGES),
    information: information(raw, handle),
  };
}

function information(raw: RawEngine, handle: number): Information {
  const status = raw.exports.vmInformation(handle);
  if (status !== 0) throw new Error(`vmInformation answered ${status}`);
  return {
    total: raw.information(layout.INFORMATION_TOTAL),
    free: raw.information(layout.INFORMATION_FREE),
    resident: raw.information(layout.INFORMATION_RESIDENT),
    dirty: raw.information(layout.INFORMATION_DIRTY),
    swapCached: raw.information(layout.INFORMATION_SWAP_CACHED),
    discardable: raw.information(layout.INFORMATION_DISCARDABLE),
    locked: raw.information(layout.INFORMATION_LOCKED),
    borrowed: raw.information(layout.INFORMATION_BORROWED),
    out: raw.information(layout.INFORMATION_OUT),
  };
}

function changeView(raw: RawEngine, record: number): ChangeView {
  const word = (offset: number): number => raw.wordAt(record + offset);
  const number = (offset: number): number => raw.numberAt(record + offset);
  const state = STATES[word(layout.CHANGE_STATE)];
  if (state === undefined) throw new Error(`a change in state ${word(layout.CHANGE_STATE)}`);
  return {
    state,
    kind: word(layout.CHANGE_KIND) === layout.CHANGE_REDUCE ? 'reduce' : 'expand',
    regions: word(layout.CHANGE_REGIONS),
    pending: word(layout.CHANGE_PENDING),
    superseded: word(layout.CHANGE_SUPERSEDED),
    pageOutsBeforeGrant: word(layout.CHANGE_OUTS_BEFORE),
    pageOutsAfterGrant: word(layout.CHANGE_OUTS_AFTER),
    grantNs: number(layout.CHANGE_GRANT_NS) - number(layout.CHANGE_REQUEST_NS),
    settledNs: state === 'settled' ? number(layout.CHANGE_SETTLED_NS) - number(layout.CHANGE_REQUEST_NS) : null,
  };
}

/** The sum of next uses counts only where the user's eviction looks at it. */
function summaries(raw: RawEngine, { vms }: Entries, users: readonly (number | null)[]): string[] {
  const kept = users.map((_, region) => regionSummary(raw, region));
  const ranks = stampRanks(
    users,
    kept.map(({ stamp }) => stamp ?? 0),
  );
  return kept.map(({ free, cache, stamp, nextUse }, region) => {
    const isFarthest = vms[users[region] ?? -1]?.eviction === 'farthest';
    return summaryText(free, cache, stamp === null ? null : (ranks[region] ?? 0), isFarthest ? nextUse : null);
  });
}

export function statisticsOf(raw: RawEngine, region: number): Record<keyof typeof STATISTICS, number> {
  const record = regionStatistics(raw, region);
  if (record === null) throw new Error('no statistics are kept');
  return Object.fromEntries(Object.entries(STATISTICS).map(([name, offset]) => [name, raw.numberAt(record + offset)])) as Record<
    keyof typeof STATISTICS,
    number
  >;
}

function statisticsText(raw: RawEngine, region: number): string {
  const figures = Object.entries(statisticsOf(raw, region));
  const isStarted = raw.wordAt((regionStatistics(raw, region) ?? 0) + layout.STATISTICS_STARTED) !== 0;
  if (isStarted) return figures.map(([name, figure]) => `${name} ${figure}`).join(', ');
  if (figures.some(([, figure]) => figure !== 0)) throw new Error(`region ${region} has figures that nobody began`);
  return '';
}
