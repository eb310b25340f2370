/** What is asked for in the middle of something, and done when that is over. */
export class Deferred {
  readonly #canAct: () => boolean;
  readonly #actions: (() => void)[] = [];
  #isActing = false;

  constructor(canAct: () => boolean) {
    this.#canAct = canAct;
  }

  /** Now, or when `carryOut` is called next. */
  add(action: () => void): void {
    this.#actions.push(action);
    this.carryOut();
  }

  /** Does what there is to do, each whatever becomes of the others; what these ask for comes behind them. Fails as the first one that does. */
  carryOut(): void {
    if (this.#isActing) return;
    this.#isActing = true;
    const failures: unknown[] = [];
    while (this.#actions.length > 0 && this.#canAct()) {
      try {
        this.#actions.shift()!();
      } catch (failure) {
        failures.push(failure);
      }
    }
    this.#isActing = false;
    if (failures.length > 0) throw failures[0];
  }
}
