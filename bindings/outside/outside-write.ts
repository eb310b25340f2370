/** `waiting`: the VM's replicas are apart; it is carried out when they meet. */
export type OutsideWriteState = 'waiting' | 'done' | 'failed';

/** A write from outside: what has become of it. */
export class OutsideWrite {
  readonly writer: string;
  readonly address: number;
  /** How many. */
  readonly bytes: number;
  #state: OutsideWriteState = 'waiting';
  #error: Error | undefined;
  #promise: { readonly done: Promise<void>; readonly settle: () => void } | undefined;

  /** @internal */
  constructor(writer: string, address: number, bytes: number) {
    this.writer = writer;
    this.address = address;
    this.bytes = bytes;
  }

  get state(): OutsideWriteState {
    return this.#state;
  }
  /** Why it failed; undefined unless it did. */
  get error(): Error | undefined {
    return this.#error;
  }

  /** Resolves when it is done; rejects, with what `error` says, when it has failed: nothing of it was written then. */
  get done(): Promise<void> {
    if (this.#promise === undefined) {
      let settle: () => void = () => undefined;
      const done = new Promise<void>((resolve, reject) => {
        settle = () => {
          if (this.#state === 'done') resolve();
          else if (this.#state === 'failed') reject(this.#error!);
        };
      });
      settle();
      this.#promise = { done, settle };
    }
    return this.#promise.done;
  }

  /** @internal Carries it out now; what it throws is kept. */
  carryOut(action: () => void): void {
    try {
      action();
      this.#state = 'done';
    } catch (error) {
      this.#error = error instanceof Error ? error : new Error(String(error));
      this.#state = 'failed';
    }
    this.#promise?.settle();
  }
}
