import type { ProgressRow } from './types.ts';

/** The progress table (US 9,063,868 Fig. 8 left): how far the program has come in each replica. */
export class ProgressTable {
  readonly #progress = new Map<number, number>();
  #version = 0;

  /** Another number after each change. */
  get version(): number {
    return this.#version;
  }

  set(vmId: number, progress: number): void {
    if (this.#progress.get(vmId) === progress) return;
    this.#progress.set(vmId, progress);
    this.#version += 1;
  }

  remove(vmId: number): void {
    if (this.#progress.delete(vmId)) this.#version += 1;
  }

  /** 0 for a replica that the table does not have. */
  of(vmId: number): number {
    return this.#progress.get(vmId) ?? 0;
  }

  /** The first of `slowestFirst`; undefined: there is none. */
  slowestOf(vmIds: readonly number[]): number | undefined {
    let slowest: number | undefined;
    let least = Infinity;
    for (const vmId of vmIds) {
      const progress = this.of(vmId);
      if (slowest !== undefined && (progress > least || (progress === least && vmId > slowest))) continue;
      slowest = vmId;
      least = progress;
    }
    return slowest;
  }

  /** The slowest first; of equal ones the one with the lowest number, as the source suggests. */
  slowestFirst(vmIds: readonly number[]): readonly number[] {
    return [...vmIds].sort((a, b) => this.of(a) - this.of(b) || a - b);
  }

  /** By number. */
  rows(): readonly ProgressRow[] {
    return [...this.#progress].sort(([a], [b]) => a - b).map(([vmId, progress]) => ({ vmId, progress }));
  }
}
