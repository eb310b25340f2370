/** What can be seen of the plain model. */
import { informationOf, summaryOf } from './information.ts';
import { holderWords, Numbering, rightText, stampRanks, summaryText, type ChangeView, type View, type VmView } from './operation.ts';
import { keepsSummary, type Change, type Page, type Region, type Replica, type Vm, type World } from './world.ts';

export function modelView(world: World, replicas: readonly Replica[]): View {
  const numbering = new Numbering();
  return {
    regions: world.regions.map(
      ({ manager, managerSlot, user, userSlot }) =>
        `${rightText(manager?.name ?? null, managerSlot)} ${rightText(user?.name ?? null, userSlot)}`,
    ),
    vms: world.vms.map((vm) => (vm.live ? vmView(world, vm) : null)),
    changes: world.changes.map(changeView),
    places: replicas.map((replica) => (replica.live ? places(replica) : null)),
    entries: replicas.map((replica) => (replica.live ? entries(replica, numbering) : null)),
    holders: replicas.map(({ live, isSnapshot, isInStep, quota, taken }) => {
      return live ? holderWords(isSnapshot, isInStep, quota, taken) : null;
    }),
    slotsUsed: world.slots.filter((slot) => slot !== null).length,
    summaries: summaries(world),
    statistics: keepsSummary(world.options, 'statistics') ? world.regions.map(statisticsText) : null,
  };
}

function vmView(world: World, vm: Vm): VmView {
  const {
    timeNs,
    accesses,
    faults,
    pageIns,
    pageOuts,
    evictions,
    takeOvers,
    copies,
    earlyReleases,
    earlyReleasesFailed,
    pagesMoved,
    merges,
  } = vm;
  return {
    managed: world.regions.filter((region) => region.manager === vm).length,
    used: world.regions.filter((region) => region.user === vm).length,
    usable: world.regions.filter((region) => region.manager === vm || region.user === vm).length,
    resident: world.frames.filter((page) => page?.vm === vm).length,
    timeNs,
    accesses,
    faults,
    pageIns,
    pageOuts,
    evictions,
    takeOvers,
    copies,
    earlyReleases,
    earlyReleasesFailed,
    pagesMoved,
    merges,
    information: informationOf(world, vm),
  };
}

function summaries(world: World): string[] {
  const kept = world.regions.map((region) => summaryOf(world, region));
  const users = world.regions.map(({ user }) => user?.name ?? null);
  const stamps = kept.map(({ stamp }) => stamp);
  const ranks = stampRanks(
    users,
    stamps.map((stamp) => stamp ?? 0),
  );
  return kept.map(({ free, cache, stamp, nextUse }, region) =>
    summaryText(free, cache, stamp === null ? null : (ranks[region] ?? 0), nextUse),
  );
}

function statisticsText({ statistics }: Region): string {
  if (!statistics) return '';
  const { reduction: _reduction, ...figures } = statistics;
  return Object.entries(figures)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, figure]) => `${name} ${figure}`)
    .join(', ');
}

function changeView(change: Change): ChangeView {
  const { state, kind, regions, pending, superseded, pageOutsBeforeGrant, pageOutsAfterGrant, requestNs } = change;
  return {
    state,
    kind,
    regions,
    pending,
    superseded,
    pageOutsBeforeGrant,
    pageOutsAfterGrant,
    grantNs: change.grantNs - requestNs,
    settledNs: change.settledNs === null ? null : change.settledNs - requestNs,
  };
}

function placeOf(page: Page | undefined): string {
  if (page && page.frame !== null) return `f${page.frame}`;
  return page && page.slot !== null ? `s${page.slot}` : '';
}

function places(replica: Replica): string[] {
  return Array.from({ length: replica.vm.spacePages }, (_, number) => placeOf(replica.pages.get(number)));
}

function entries(replica: Replica, numbering: Numbering): string[] {
  const sorted = [...replica.pages].sort(([a], [b]) => a - b);
  return sorted.map(([number, page]) => `${number}: ${numbering.of(page)}`);
}
