/** What is queued: its clock. */
export interface Timed {
  readonly timeNs: number;
}

/** Places of a list by the clocks there, the lowest first; of equal ones the first place (a binary heap: a change costs the logarithm of their number). */
export class LaneQueue {
  readonly #clocks: readonly Timed[];
  /** Places; each is not lower than the one at half its index. */
  readonly #heap: number[] = [];
  /** Where each place is in the heap; absent: it is not queued. */
  readonly #indexes = new Map<number, number>();

  constructor(clocks: readonly Timed[]) {
    this.#clocks = clocks;
  }

  /** Undefined: none is queued. */
  get first(): number | undefined {
    return this.#heap[0];
  }

  /** Queues a place, or queues it anew where its clock has changed. */
  put(place: number): void {
    const index = this.#indexes.get(place) ?? this.#heap.length;
    this.#set(index, place);
    this.#settle(index);
  }

  /** Its clock has changed; nothing happens where it is not queued. */
  moved(place: number): void {
    const index = this.#indexes.get(place);
    if (index !== undefined) this.#settle(index);
  }

  remove(place: number): void {
    const index = this.#indexes.get(place);
    if (index === undefined) return;
    this.#indexes.delete(place);
    const last = this.#heap.pop()!;
    if (last === place) return;
    this.#set(index, last);
    this.#settle(index);
  }

  #set(index: number, place: number): void {
    this.#heap[index] = place;
    this.#indexes.set(place, index);
  }

  #isLower(a: number, b: number): boolean {
    const apartNs = this.#clocks[a]!.timeNs - this.#clocks[b]!.timeNs;
    return apartNs < 0 || (apartNs === 0 && a < b);
  }

  /** Moves what is at an index to where it belongs. */
  #settle(from: number): void {
    const heap = this.#heap;
    const place = heap[from]!;
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!this.#isLower(place, heap[above]!)) break;
      this.#set(index, heap[above]!);
      index = above;
    }
    for (let below = this.#lowerBelow(index); below !== null && this.#isLower(heap[below]!, place); below = this.#lowerBelow(index)) {
      this.#set(index, heap[below]!);
      index = below;
    }
    this.#set(index, place);
  }

  /** The lower of the two below an index; null: there is none. */
  #lowerBelow(index: number): number | null {
    const heap = this.#heap;
    const [left, right] = [2 * index + 1, 2 * index + 2];
    if (left >= heap.length) return null;
    return right < heap.length && this.#isLower(heap[right]!, heap[left]!) ? right : left;
  }
}
