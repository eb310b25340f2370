import {
  CHANGE_ABANDONED,
  CHANGE_CANCELLED,
  CHANGE_GRANT_NS,
  CHANGE_GRANTED,
  CHANGE_KIND,
  CHANGE_OUTS_AFTER,
  CHANGE_OUTS_BEFORE,
  CHANGE_PENDING,
  CHANGE_REDUCE,
  CHANGE_REGIONS,
  CHANGE_REQUEST_NS,
  CHANGE_SERIAL,
  CHANGE_SETTLED,
  CHANGE_SETTLED_NS,
  CHANGE_STATE,
  CHANGE_SUPERSEDED,
} from '../assembly/shared/layout.ts';
import type { EngineParts } from './engine-parts.ts';
import { ChangeForgottenError, InvariantError } from './errors.ts';
import type { EventMap } from './events/event-map.ts';
import { waitAbortable } from './signal.ts';
import type { SignalOption } from './signal.ts';
import { operatorOnly } from './request-options.ts';
import type { Vm } from './vm.ts';

export type ChangeKind = 'reduce' | 'expand';
/** `granted`: the management rights have moved, some use rights have yet to follow. The other three are ends. */
export type ChangeState = 'granted' | 'settled' | 'abandoned' | 'cancelled';

/** A change as plain data. Times are durations since the request, on the virtual clock. */
export interface ChangeReport {
  readonly vm: string;
  readonly kind: ChangeKind;
  readonly state: ChangeState;
  readonly regions: number;
  /** Regions that have yet to follow. */
  readonly pending: number;
  /** Regions that were reassigned before they followed. */
  readonly superseded: number;
  readonly grantNs: number;
  /** null: not settled, or never going to. */
  readonly settledNs: number | null;
  /** Pages of the moved regions written because of this change. */
  readonly pageOutsBeforeGrant: number;
  readonly pageOutsAfterGrant: number;
}

/** One region of a change that followed, or was superseded. */
export type RegionReport = EventMap['follow'] | EventMap['superseded'];

const STATES: Readonly<Record<number, ChangeState>> = {
  [CHANGE_GRANTED]: 'granted',
  [CHANGE_SETTLED]: 'settled',
  [CHANGE_ABANDONED]: 'abandoned',
  [CHANGE_CANCELLED]: 'cancelled',
};

/** Somebody waits for the end of a change. */
interface Wait {
  readonly promise: Promise<ChangeState>;
  readonly resolve: (state: ChangeState) => void;
}

/**
 * One VM's part of a request: a reduction or an expansion. It reads the engine's own record, which is kept while the change is unfinished and until
 * `maxChanges` later ones need the room; a change that somebody waited for keeps its last state for good.
 */
export class Change {
  readonly vm: Vm;
  // few fields: granting is a matter of nanoseconds, and making this object is part of it
  readonly #parts: EngineParts;
  readonly #handle: number;
  readonly #serial: number;
  #last: ChangeReport | undefined;
  #wait: Wait | undefined;

  /** @internal */
  constructor(parts: EngineParts, vm: Vm, handle: number) {
    this.vm = vm;
    this.#parts = parts;
    this.#handle = handle;
    this.#serial = parts.core.changeWord(handle, CHANGE_SERIAL);
  }

  get kind(): ChangeKind {
    return this.report().kind;
  }
  get state(): ChangeState {
    return this.#last?.state ?? this.#stateNow();
  }
  get regions(): number {
    return this.report().regions;
  }
  get pending(): number {
    return this.report().pending;
  }
  get superseded(): number {
    return this.report().superseded;
  }
  get grantNs(): number {
    return this.report().grantNs;
  }
  get settledNs(): number | null {
    return this.report().settledNs;
  }
  get pageOutsBeforeGrant(): number {
    return this.report().pageOutsBeforeGrant;
  }
  get pageOutsAfterGrant(): number {
    return this.report().pageOutsAfterGrant;
  }

  /** Everything about the change, now. */
  report(): ChangeReport {
    return this.#last ?? this.#read();
  }

  /** Resolves when the change has ended, with the way it did: 'settled', 'abandoned' or 'cancelled'. It never rejects. */
  get settled(): Promise<ChangeState> {
    this.#wait ??= this.#waitMake();
    return this.#wait.promise;
  }

  /** `settled`, unless `signal` aborts the wait first: then it rejects with the signal's reason. The change goes on. */
  whenSettled(options: SignalOption = {}): Promise<ChangeState> {
    return waitAbortable(this.settled, options.signal);
  }

  /** One report for each region that follows or is superseded from now on; ends with the change. */
  async *regionReports(options: SignalOption = {}): AsyncGenerator<RegionReport, void, void> {
    if (this.state !== 'granted') return;
    const waiting: RegionReport[] = [];
    let wake = (): void => undefined;
    const note = (event: RegionReport): void => {
      if (event.change !== this) return;
      waiting.push(event);
      wake();
    };
    const offs = [this.#parts.events.on('follow', note), this.#parts.events.on('superseded', note)];
    const end = { reached: false };
    void this.settled.then(() => {
      end.reached = true;
      wake();
    });
    try {
      for (;;) {
        for (let report = waiting.shift(); report !== undefined; report = waiting.shift()) yield report;
        if (end.reached) return;
        await waitAbortable(new Promise<void>((resolve) => (wake = resolve)), options.signal);
      }
    } finally {
      for (const off of offs) off();
    }
  }

  /**
   * Takes back what has not followed yet: regions of a reduction that are still without manager return; regions of an expansion that its VM manages
   * and does not use lose their manager. ChangeFinishedError when there is nothing left to cancel; OperatorOnlyError on an engine that only its owner changes.
   */
  cancel(): void {
    if (this.#parts.rights.isOperatorOnly) throw operatorOnly('change.cancel');
    this.cancelNow();
  }

  /** @internal Also on an engine that only its owner changes. */
  cancelNow(): void {
    const { core, reserve } = this.#parts;
    core.begin('change.cancel');
    this.#check();
    const takeBack = this.kind === 'reduce' ? reserve?.takeBackOf(this) : undefined;
    try {
      core.require(core.exports.changeCancel(this.#handle));
      takeBack?.();
    } finally {
      core.end();
    }
  }

  /** @internal The engine says that the change has ended. */
  ended(): void {
    if (this.#last !== undefined) return;
    this.#last = this.#read();
    this.#wait?.resolve(this.#last.state);
  }

  /** @internal The engine itself ends, and abandons what has not settled; what is known stays readable. */
  freeze(): void {
    if (this.#last !== undefined || !this.#isRemembered()) return;
    const last = this.#read();
    this.#last = last.state === 'granted' ? { ...last, state: 'abandoned', superseded: last.superseded + last.pending, pending: 0 } : last;
    this.#wait?.resolve(this.#last.state);
  }

  /** @internal Neither ended nor forgotten. */
  get isOpen(): boolean {
    return this.#last === undefined && this.#isRemembered() && this.#stateNow() === 'granted';
  }

  /** @internal */
  get handle(): number {
    return this.#handle;
  }

  #waitMake(): Wait {
    const { state } = this;
    if (state !== 'granted') {
      this.#last ??= this.#read();
      return { promise: Promise.resolve(state), resolve: () => undefined };
    }
    this.#parts.events.await(this);
    let resolve: Wait['resolve'] = () => undefined;
    const promise = new Promise<ChangeState>((resolver) => (resolve = resolver));
    return { promise, resolve };
  }

  /** The record still speaks of this change. */
  #isRemembered(): boolean {
    return this.#parts.core.changeWord(this.#handle, CHANGE_SERIAL) === this.#serial;
  }

  #check(): void {
    this.#parts.core.check();
    if (this.#isRemembered()) return;
    throw new ChangeForgottenError(
      'The engine has forgotten this change: it had ended, and its record went to a later one. Read report() in time, await change.settled, or create the engine with a larger maxChanges.',
      { change: this.#handle },
    );
  }

  #stateNow(): ChangeState {
    this.#check();
    const code = this.#parts.core.changeWord(this.#handle, CHANGE_STATE);
    const state = STATES[code];
    if (state === undefined)
      throw new InvariantError(`A change is in state ${code}, which does not exist. This is a bug; please report it.`, { state: code });
    return state;
  }

  #read(): ChangeReport {
    const state = this.#stateNow();
    const core = this.#parts.core;
    const handle = this.#handle;
    const requestNs = core.changeNumber(handle, CHANGE_REQUEST_NS);
    const since = (offset: number): number => Math.max(0, core.changeNumber(handle, offset) - requestNs);
    return {
      vm: this.vm.name,
      kind: core.changeWord(handle, CHANGE_KIND) === CHANGE_REDUCE ? 'reduce' : 'expand',
      state,
      regions: core.changeWord(handle, CHANGE_REGIONS),
      pending: core.changeWord(handle, CHANGE_PENDING),
      superseded: core.changeWord(handle, CHANGE_SUPERSEDED),
      grantNs: since(CHANGE_GRANT_NS),
      settledNs: state === 'settled' ? since(CHANGE_SETTLED_NS) : null,
      pageOutsBeforeGrant: core.changeWord(handle, CHANGE_OUTS_BEFORE),
      pageOutsAfterGrant: core.changeWord(handle, CHANGE_OUTS_AFTER),
    };
  }
}
