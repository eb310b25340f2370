// What both ends of a payload learn from its records, so that most of them need not be told: a graph of nodes, one for each place in the traced code
// that fetches, loads or stores. A node knows which node came after it the last two times, and two ways to guess the address of its next record.
// The compiled decoder (assembly/player/decode.ts) does the same in its cursor; shared/trace-format.ts draws a node. Addresses are linear, as i32.
import {
  FINDER_BUCKETS,
  FINDER_FACTOR,
  FINDER_SHIFT,
  KIND_FETCH,
  NODES_MOST,
  NODE_DEPTH_MOST,
  TRACE_KIND_BITS,
  TRACE_KIND_MASK,
} from '../../assembly/shared/trace-format.ts';

/** Number of "no node", and of the start. */
export const NODE_NONE = 0;

/** Kind and size in one number. */
export function shapeOf(kind: number, size: number): number {
  return kind | (size << TRACE_KIND_BITS);
}

function bucketOf(key: number): number {
  return Math.imul(key, FINDER_FACTOR) >>> FINDER_SHIFT;
}

export class Predictor {
  readonly shapes = new Uint16Array(NODES_MOST);
  readonly next = new Uint16Array(NODES_MOST);
  readonly other = new Uint16Array(NODES_MOST);
  readonly last = new Int32Array(NODES_MOST);
  readonly #byDistance = new Uint8Array(NODES_MOST);
  readonly #stride = new Int32Array(NODES_MOST);
  readonly #distance = new Int32Array(NODES_MOST);
  readonly #seen = new Int32Array(NODES_MOST);
  readonly #depth = new Uint8Array(NODES_MOST);
  readonly #finder = new Uint16Array(FINDER_BUCKETS);
  #taken = 1;

  /** The node of the record before. */
  here = NODE_NONE;
  lastData = 0;
  lastFetch = 0;
  fetchSize = 0;

  /** Forgets everything: the start of a payload. */
  reset(): void {
    this.#forget();
    this.lastData = 0;
    this.lastFetch = 0;
    this.fetchSize = 0;
  }

  #forget(): void {
    this.#finder.fill(NODE_NONE);
    this.#taken = 1;
    this.next[NODE_NONE] = NODE_NONE;
    this.other[NODE_NONE] = NODE_NONE;
    this.here = NODE_NONE;
  }

  /** The address that `node` foresees for its next record. */
  guess(node: number): number {
    return this.#byDistance[node] !== 0 ? this.#byDistanceGuess(node) : this.#byStrideGuess(node);
  }

  /** The address that it foresees less. */
  otherGuess(node: number): number {
    return this.#byDistance[node] !== 0 ? this.#byStrideGuess(node) : this.#byDistanceGuess(node);
  }

  #byStrideGuess(node: number): number {
    return (this.last[node]! + this.#stride[node]!) | 0;
  }

  #byDistanceGuess(node: number): number {
    return (this.lastData + this.#distance[node]!) | 0;
  }

  /** Moves on to the successor that came last. */
  enterNext(): number {
    return (this.here = this.next[this.here]!);
  }

  /** Moves on to the other successor. */
  enterOther(): number {
    return this.#enter(this.other[this.here]!);
  }

  /** Moves on to the node of an unforeseen fetch. */
  enterFetch(size: number, address: number): number {
    const shape = shapeOf(KIND_FETCH, size);
    const found = this.#find(address, shape);
    if (found !== NODE_NONE && this.last[found] === address) return this.#enter(found);
    return this.#enter(this.#makeFindable(address, shape, address, 0));
  }

  /** Moves on to the node of an unforeseen data record. */
  enterData(shape: number, address: number): number {
    const next = this.next[this.here]!;
    if (next !== NODE_NONE && this.shapes[next] === shape) return this.#enter(next);
    const other = this.other[this.here]!;
    if (other !== NODE_NONE && this.shapes[other] === shape) return this.#enter(other);
    const depth = this.#depth[this.here]! + 1;
    if (depth <= NODE_DEPTH_MOST) return this.#enter(this.#make(shape, address, depth));
    const found = this.#find(shape, shape);
    return this.#enter(found === NODE_NONE ? this.#makeFindable(shape, shape, address, NODE_DEPTH_MOST) : found);
  }

  /** The node of this shape that was made for a key last, as far as its bucket was not taken since. */
  #find(key: number, shape: number): number {
    const node = this.#finder[bucketOf(key)]!;
    return this.shapes[node] === shape ? node : NODE_NONE;
  }

  #makeFindable(key: number, shape: number, address: number, depth: number): number {
    const node = this.#make(shape, address, depth);
    this.#finder[bucketOf(key)] = node;
    return node;
  }

  #make(shape: number, address: number, depth: number): number {
    const node = this.#taken++;
    this.shapes[node] = shape;
    this.next[node] = NODE_NONE;
    this.other[node] = NODE_NONE;
    this.last[node] = address;
    this.#byDistance[node] = 0;
    this.#stride[node] = 0;
    this.#distance[node] = address - this.lastData;
    this.#seen[node] = 0;
    this.#depth[node] = depth;
    return node;
  }

  #enter(node: number): number {
    const here = this.here;
    const next = this.next[here]!;
    if (next !== node) {
      this.other[here] = next;
      this.next[here] = node;
    }
    return (this.here = node);
  }

  /** Learns from a record at the node entered last. */
  learn(address: number): void {
    const node = this.here;
    const shape = this.shapes[node]!;
    if ((shape & TRACE_KIND_MASK) === KIND_FETCH) {
      this.lastFetch = address;
      this.fetchSize = shape >> TRACE_KIND_BITS;
      return;
    }
    const step = (address - this.last[node]!) | 0;
    const distance = (address - this.lastData) | 0;
    const distanceRight = distance === this.#distance[node];
    if ((step === this.#stride[node]) !== distanceRight) this.#byDistance[node] = distanceRight ? 1 : 0;
    if (step === this.#seen[node]) this.#stride[node] = step;
    this.last[node] = address;
    this.#distance[node] = distance;
    this.#seen[node] = step;
    this.lastData = address;
  }

  /** After each record that was told by a token: when all nodes are taken, starts to learn anew. */
  tokenEnd(): void {
    if (this.#taken === NODES_MOST) this.#forget();
  }
}
