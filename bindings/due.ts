/** Something that the virtual clock brings, again and again: the sweeps of a VM, the refill of a reserve. */
export interface DueTask {
  /** When it has something to do next, on the virtual clock; null: nothing for now. It may change at any time. */
  readonly dueNs: number | null;
  /** Does what was due at `timeNs`. Before anything that can fail, `dueNs` is moved on: a failure ends the advance, the next one goes on behind it. */
  carryOut(timeNs: number): void;
}

/** What an engine has to do at times of the virtual clock. There are few: one a VM at most, and one of the engine. */
export class DueList {
  readonly #tasks = new Set<DueTask>();

  add(task: DueTask): void {
    this.#tasks.add(task);
  }

  remove(task: DueTask): void {
    this.#tasks.delete(task);
  }

  /** The earliest time at which something is due; null: nothing is. */
  get dueNs(): number | null {
    return this.#earliest()?.dueNs ?? null;
  }

  /** Carries out everything that is due up to `untilNs`, in order of time; at the same time in the order of joining. How many there were. */
  advance(untilNs: number): number {
    for (let count = 0; ; count += 1) {
      const task = this.#earliest();
      const dueNs = task?.dueNs ?? null;
      if (task === undefined || dueNs === null || dueNs > untilNs) return count;
      task.carryOut(dueNs);
    }
  }

  #earliest(): DueTask | undefined {
    let earliest: DueTask | undefined;
    let earliestNs = Infinity;
    for (const task of this.#tasks) {
      const { dueNs } = task;
      if (dueNs === null || dueNs >= earliestNs) continue;
      earliest = task;
      earliestNs = dueNs;
    }
    return earliest;
  }
}
