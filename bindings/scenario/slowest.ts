/** How long the slowest accesses took: one number is kept for each access that waited for I/O; all others took the same. */
export class SlowestAccesses {
  #waitsNs = new Float64Array(1024);
  #count = 0;

  /** An access waited `ns`, on top of what each access costs. */
  add(ns: number): void {
    if (this.#count === this.#waitsNs.length) {
      const longer = new Float64Array(this.#count * 2);
      longer.set(this.#waitsNs);
      this.#waitsNs = longer;
    }
    this.#waitsNs[this.#count] = ns;
    this.#count += 1;
  }

  /** Mean over the slowest 1/`share` of `accesses` (rounded up), and the slowest. */
  summary(accesses: number, accessNs: number, share = 100): { readonly meanNs: number; readonly worstNs: number } {
    if (accesses === 0) return { meanNs: 0, worstNs: 0 };
    const waitsNs = this.#waitsNs.slice(0, this.#count).sort().reverse();
    const chosen = Math.ceil(accesses / share);
    let sumNs = 0;
    for (const waitNs of waitsNs.subarray(0, chosen)) sumNs += waitNs;
    return { meanNs: accessNs + sumNs / chosen, worstNs: accessNs + (waitsNs[0] ?? 0) };
  }
}
