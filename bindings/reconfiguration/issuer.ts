import {
  CB_REGION_MANAGER,
  CHANGE_GRANT_NS,
  CHANGE_REGIONS,
  FLAG_BEST_EFFORT,
  SLOT_BY_POLICY,
  VM_MANAGED,
} from '../../assembly/shared/layout.ts';
import type { Change } from '../change.ts';
import type { EngineParts } from '../engine-parts.ts';
import { requestCut, wantedRegions } from './change-request.ts';
import type { ChangeRequest } from './change-request.ts';
import type { CheckedReconfigureOptions } from './options.ts';
import type { PlannedPicks } from './picks-plan.ts';
import type { Issued, Issuer } from './sequence.ts';

/** What the issuer needs besides the engine. */
export interface IssuerContext {
  /** When the whole request was made: times of its changes count from there. */
  readonly requestNs: number;
  readonly picks: PlannedPicks;
  /** Regions without manager that reconfigurations which began before are going to hand out. */
  claimed(): number;
  /** Who is told of what is issued and answered. */
  readonly told: { issuedNote(issued: Issued): void; answeredNote(issued: Issued): void };
}

/** Issues requests to the VMs of one engine: 1130 to 1230-i (JP 2009-26117A [0414-0415]). */
export class EngineIssuer implements Issuer {
  readonly #parts: EngineParts;
  readonly #options: CheckedReconfigureOptions;
  readonly #context: IssuerContext;

  constructor(parts: EngineParts, options: CheckedReconfigureOptions, context: IssuerContext) {
    this.#parts = parts;
    this.#options = options;
    this.#context = context;
  }

  mayIssue(request: ChangeRequest, timeNs: number, heldBack: number): boolean {
    const { core, reserve } = this.#parts;
    if (request.kind === 'reduce') return reserve === undefined || !reserve.waits || reserve.unusedAt(timeNs) > 0;
    const { wanted } = request;
    const there = core.vmWord(0, VM_MANAGED) - heldBack - this.#context.claimed();
    if (wantedRegions(wanted) > there) return false;
    const list = wanted.by === 'list' ? wanted.list : this.#plannedPicks(request, timeNs);
    return list === undefined || this.#isManagedBy(list, 0);
  }

  issue(request: ChangeRequest, timeNs: number, round: number): { readonly issued: Issued; readonly rest: ChangeRequest | null } {
    if (request.vm.isDisposed) throw request.vm.disposed();
    const [now, rest] = this.#parted(request, timeNs);
    const { core } = this.#parts;
    const change = now.kind === 'reduce' ? this.#reduce(now, timeNs) : this.#expand(now, timeNs);
    const { handle } = change;
    core.changeRequestSet(handle, this.#context.requestNs);
    const issued: Issued = {
      change,
      kind: now.kind,
      regions: core.changeWord(handle, CHANGE_REGIONS),
      round,
      issueNs: timeNs,
      answerNs: core.changeNumber(handle, CHANGE_GRANT_NS),
    };
    this.#context.told.issuedNote(issued);
    return { issued, rest };
  }

  answered(issued: Issued): void {
    this.#context.told.answeredNote(issued);
  }

  laterNs(timeNs: number): number | null {
    const { reserve } = this.#parts;
    return reserve?.waits === true ? reserve.laterNs(timeNs) : null;
  }

  /** Under 'reserve' only so much is given up as the pool can hand over now ([0074-0077]). */
  #parted(request: ChangeRequest, timeNs: number): readonly [now: ChangeRequest, rest: ChangeRequest | null] {
    const { reserve } = this.#parts;
    if (request.kind === 'expand' || reserve?.waits !== true) return [request, null];
    const unused = reserve.unusedAt(timeNs);
    return unused === 0 || wantedRegions(request.wanted) <= unused ? [request, null] : requestCut(request, unused);
  }

  #reduce(request: ChangeRequest, timeNs: number): Change {
    const { vm, wanted } = request;
    const { reduceFlags: flags, release } = this.#options;
    if (wanted.by === 'list') return vm.requests.reduceAt(wanted.list, SLOT_BY_POLICY, flags, timeNs);
    if (wanted.by === 'slots') return vm.requests.reduceAt(wanted.regions, wanted.first, flags, timeNs);
    const picks = this.#plannedPicks(request, timeNs);
    const regions = picks !== undefined && this.#isManagedBy(picks, vm.handle) ? picks : wanted.regions;
    return vm.requests.reduceAt(regions, SLOT_BY_POLICY, flags, timeNs, release);
  }

  #expand(request: ChangeRequest, timeNs: number): Change {
    const { vm, wanted } = request;
    const { expandFlags: flags, expand } = this.#options;
    if (wanted.by === 'slots') return vm.requests.expandRangeAt(wanted.regions, wanted.first, flags, timeNs);
    if (wanted.by === 'list') return vm.requests.expandAt(this.#listNow(wanted.list), flags, timeNs, timeNs);
    const picks = this.#plannedPicks(request, timeNs);
    const regions = picks !== undefined && this.#isManagedBy(picks, 0) ? picks : wanted.regions;
    return vm.requests.expandAt(regions, flags, timeNs, timeNs, expand);
  }

  /** Best effort: those that can be had now. */
  #listNow(list: readonly number[]): readonly number[] {
    return (this.#options.expandFlags & FLAG_BEST_EFFORT) === 0 ? list : list.filter((region) => this.#isManagedBy([region], 0));
  }

  /** Choices that were made beforehand hold at the time of the request; later the policy is asked again. */
  #plannedPicks(request: ChangeRequest, timeNs: number): readonly number[] | undefined {
    return timeNs === this.#context.requestNs ? this.#context.picks.get(request) : undefined;
  }

  #isManagedBy(regions: readonly number[], handle: number): boolean {
    const { core } = this.#parts;
    return regions.every((region) => core.columnWord(CB_REGION_MANAGER, region + 1) === handle);
  }
}
