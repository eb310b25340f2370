/** SHA-256 (FIPS 180-4), piece by piece: the platform's own takes its input in one piece, and an address space may have 4 GiB. */

const BLOCK_BYTES = 64;
const LENGTH_AT = 56;

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of the first 8. */
const [ROUND_CONSTANTS, INITIAL_STATE] = constants();

export class Sha256 {
  readonly #state = Uint32Array.from(INITIAL_STATE);
  readonly #schedule = new Uint32Array(64);
  readonly #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #bytes = 0;

  update(bytes: Uint8Array<ArrayBufferLike>): void {
    this.#bytes += bytes.length;
    let done = 0;
    while (done < bytes.length) {
      const count = Math.min(BLOCK_BYTES - this.#filled, bytes.length - done);
      this.#block.set(bytes.subarray(done, done + count), this.#filled);
      this.#filled += count;
      done += count;
      if (this.#filled === BLOCK_BYTES) this.#compress();
    }
  }

  /** Ends the message; the object is used up. */
  hex(): string {
    const bits = BigInt(this.#bytes) * 8n;
    this.#block.fill(0, this.#filled);
    this.#block[this.#filled] = 0x80;
    if (this.#filled >= LENGTH_AT) {
      this.#compress();
      this.#block.fill(0);
    }
    new DataView(this.#block.buffer).setBigUint64(LENGTH_AT, bits);
    this.#compress();
    return Array.from(this.#state, (word) => word.toString(16).padStart(8, '0')).join('');
  }

  #compress(): void {
    this.#filled = 0;
    const schedule = this.#schedule;
    const block = new DataView(this.#block.buffer);
    for (let index = 0; index < 16; index += 1) schedule[index] = block.getUint32(index * 4);
    for (let index = 16; index < 64; index += 1) {
      const two = schedule[index - 2]!;
      const fifteen = schedule[index - 15]!;
      const high = rotated(two, 17) ^ rotated(two, 19) ^ (two >>> 10);
      const low = rotated(fifteen, 7) ^ rotated(fifteen, 18) ^ (fifteen >>> 3);
      schedule[index] = high + schedule[index - 7]! + low + schedule[index - 16]!;
    }
    rounds(this.#state, schedule);
  }
}

function rounds(state: Uint32Array, schedule: Uint32Array): void {
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number];
  for (let index = 0; index < 64; index += 1) {
    const choice = (e & f) ^ (~e & g);
    const first = (h + (rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25)) + choice + ROUND_CONSTANTS[index]! + schedule[index]!) | 0;
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const second = ((rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22)) + majority) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + first) | 0;
    d = c;
    c = b;
    b = a;
    a = (first + second) | 0;
  }
  [a, b, c, d, e, f, g, h].forEach((value, index) => {
    state[index] = state[index]! + value;
  });
}

function rotated(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function constants(): readonly [Uint32Array, Uint32Array] {
  const primes: number[] = [];
  for (let number = 2; primes.length < 64; number += 1) if (primes.every((prime) => number % prime !== 0)) primes.push(number);
  const fraction = (value: number): number => Math.floor((value % 1) * 2 ** 32);
  return [
    Uint32Array.from(primes, (prime) => fraction(Math.cbrt(prime))),
    Uint32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime))),
  ];
}
