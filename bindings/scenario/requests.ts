import type { Change } from '../change.ts';
import type { Engine } from '../engine.ts';
import type { MachineRange } from '../machine-range.ts';
import type { Move as EngineMove } from '../reconfiguration/moves.ts';
import type { Reconfiguration } from '../reconfiguration/reconfiguration.ts';
import { reconfigurationAt } from '../reconfiguration/request.ts';
import type { Processor, Scheduler } from '../scheduler.ts';
import type { Vm } from '../vm.ts';
import { requestOptions } from './engine-form.ts';
import type { FollowFigures, Follows } from './follows.ts';
import type { Guest } from './guest.ts';
import type { Holders } from './holders.ts';
import type { ReconfigurationResult } from './result.ts';
import type { AddressRange, Move, Scenario, ScenarioChange, Strategy } from './types.ts';

export interface RequestsOptions {
  readonly scenario: Scenario;
  readonly strategy: Strategy;
  readonly engine: Engine;
  readonly guests: readonly Guest[];
  readonly scheduler: Scheduler<Processor>;
  readonly holders: Holders;
  readonly follows: Follows;
}

export interface Request {
  /** How long it was held back because an earlier one had not been granted. */
  readonly heldNs: number;
  readonly requestNs: number;
  readonly reconfiguration: Reconfiguration;
}

/** A run's changes of memory: requested when they are due, carried on when the virtual clock has come to their next step. */
export class Requests {
  readonly all: Request[] = [];
  readonly #options: RequestsOptions;
  /** Changes whose time has come, held back until the earlier ones are granted. */
  readonly #held: { readonly change: ScenarioChange; readonly dueNs: number }[] = [];
  readonly #remembered = new Set<Change>();
  /** What of the engine is appointed already. */
  #appointedNs: number | null = null;

  constructor(options: RequestsOptions) {
    this.#options = options;
    for (const change of options.scenario.changes) this.#appoint(change);
    this.#appointEngine();
  }

  #appoint(change: ScenarioChange): void {
    const { scheduler } = this.#options;
    const { when } = change;
    const carryOut = (timeNs: number): void => this.#due(change, timeNs);
    if (!('vm' in when)) {
      scheduler.appoint({ due: { timeNs: when.virtualNs }, carryOut });
      return;
    }
    const { processor } = this.#guestOf(when.vm);
    scheduler.appoint({ due: { processor, position: Math.floor(when.progress * processor.length) }, carryOut });
  }

  get #isOpen(): boolean {
    return this.all.some(({ reconfiguration }) => reconfiguration.isOpen);
  }

  #due(change: ScenarioChange, timeNs: number): void {
    if (change.afterGrant && (this.#held.length > 0 || this.#isOpen)) this.#held.push({ change, dueNs: timeNs });
    else this.#request(change, timeNs, 0);
  }

  /** One change at a time: the next one only if this one was granted at once. */
  #releaseHeld(timeNs: number): void {
    while (this.#held.length > 0 && !this.#isOpen) {
      const { change, dueNs } = this.#held.shift()!;
      const requestNs = Math.max(dueNs, timeNs);
      this.#request(change, requestNs, requestNs - dueNs);
    }
  }

  #request(change: ScenarioChange, requestNs: number, heldNs: number): void {
    const { engine, strategy } = this.#options;
    const moves = change.moves.map((move) => this.#moveOf(move));
    this.#aside(requestNs, () => {
      const reconfiguration = reconfigurationAt(engine, requestNs, moves, requestOptions(change, strategy));
      this.all.push({ heldNs, requestNs, reconfiguration });
      this.#went(reconfiguration);
    });
  }

  /** What falls due later (expansions after the page-outs of `eager`, further chunks) is appointed for its time. */
  #went(reconfiguration: Reconfiguration): void {
    this.#remember(reconfiguration);
    const { dueNs } = reconfiguration;
    if (dueNs === null) return;
    this.#options.scheduler.appoint({
      due: { timeNs: dueNs },
      carryOut: () => {
        this.#aside(dueNs, () => {
          reconfiguration.step();
          this.#went(reconfiguration);
        });
        this.#releaseHeld(dueNs);
      },
    });
  }

  /** A change that somebody waits for keeps its last state when its record goes to another one. */
  #remember(reconfiguration: Reconfiguration): void {
    for (const change of reconfiguration.changes) {
      if (this.#remembered.has(change)) continue;
      this.#remembered.add(change);
      void change.settled;
    }
  }

  /** Does something beside the processors: what it takes into use costs no access anything. */
  #aside(timeNs: number, work: () => void): void {
    this.#options.holders.during(timeNs, work);
    for (const { waits } of this.#options.guests) waits.forgetTaken(null);
    this.#appointEngine();
  }

  /** Sweeps of release conditions, the refill of a reserve: whatever the engine has to do at a time. Sweeps end with the traces. */
  #appointEngine(): void {
    const { engine, guests, scheduler, strategy } = this.#options;
    const isOver = guests.every(({ processor }) => processor.position >= processor.length);
    if (isOver) for (const guest of guests) guest.rest?.();
    const { dueNs } = engine;
    if (dueNs === null || dueNs === this.#appointedNs || (isOver && strategy.handover !== 'reserve')) return;
    this.#appointedNs = dueNs;
    scheduler.appoint({
      due: { timeNs: dueNs },
      carryOut: (timeNs) => {
        if (this.#appointedNs !== timeNs) return; // an earlier one took its place
        this.#appointedNs = null;
        this.#aside(timeNs, () => void engine.advance(timeNs));
        this.#releaseHeld(timeNs);
      },
    });
  }

  #moveOf(move: Move): EngineMove {
    if (move.kind === 'real') return { vm: move.vm === null ? null : this.#vmOf(move.vm), real: rangeOf(move.range) };
    const vm = this.#vmOf(move.vm);
    if (move.kind === 'amount') return { vm, change: move.bytes };
    return move.kind === 'give' ? { vm, give: rangeOf(move.range) } : { vm, take: rangeOf(move.range) };
  }

  #vmOf(name: string): Vm {
    return this.#guestOf(name).vm;
  }

  #guestOf(name: string): Guest {
    return this.#options.guests.find((guest) => guest.vm.name === name)!;
  }

  /** One a request, in their order. */
  results(): readonly ReconfigurationResult[] {
    return this.all.map((request) => this.#result(request));
  }

  #result({ heldNs, requestNs, reconfiguration }: Request): ReconfigurationResult {
    const { regions, grantNs, settledNs, pageOutsBeforeGrant, pageOutsAfterGrant, changes } = reconfiguration;
    const { follows, scenario } = this.#options;
    const followed = (kind: 'reduce' | 'expand'): FollowFigures | null =>
      follows.figures(
        changes.filter((change) => change.kind === kind),
        requestNs,
      );
    return {
      requestVirtualNs: requestNs,
      heldVirtualNs: heldNs,
      regions,
      grantVirtualNs: grantNs,
      settledVirtualNs: settledNs,
      pageOutsBeforeGrant,
      pageOutsAfterGrant,
      released: followed('reduce'),
      taken: followed('expand'),
      changes: changes.map((change) => {
        const report = change.report();
        return {
          vm: report.vm,
          bytes: (report.kind === 'reduce' ? -1 : 1) * report.regions * scenario.regionBytes,
          state: report.state,
          grantVirtualNs: report.grantNs,
          settledVirtualNs: report.settledNs,
          pageOutsBeforeGrant: report.pageOutsBeforeGrant,
          pageOutsAfterGrant: report.pageOutsAfterGrant,
          superseded: report.superseded,
        };
      }),
    };
  }
}

function rangeOf({ fromBytes, bytes }: AddressRange): MachineRange {
  return { from: fromBytes, bytes };
}
