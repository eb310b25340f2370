// A stream of chunks as bytes that can be looked at ahead and taken by number.

export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #position = 0;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Bytes taken so far. */
  get position(): number {
    return this.#position;
  }

  /** The next `count` bytes, or fewer where the stream ends; they stay to be taken. They hold until the next call. */
  async peek(count: number): Promise<Uint8Array> {
    while (this.#chunk.length - this.#at < count) {
      const next = await this.#chunks.next();
      if (next.done) break;
      const rest = this.#chunk.subarray(this.#at);
      if (rest.length === 0) this.#chunk = next.value;
      else {
        const joined = new Uint8Array(rest.length + next.value.length);
        joined.set(rest);
        joined.set(next.value, rest.length);
        this.#chunk = joined;
      }
      this.#at = 0;
    }
    return this.#chunk.subarray(this.#at, Math.min(this.#chunk.length, this.#at + count));
  }

  /** The next `count` bytes, or fewer where the stream ends. They hold until the next call. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = await this.peek(count);
    this.#at += bytes.length;
    this.#position += bytes.length;
    return bytes;
  }

  /** All that is left, chunk by chunk; then lets go of the source. */
  async *rest(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        if (this.#at < this.#chunk.length) {
          const chunk = this.#chunk.subarray(this.#at);
          this.#at = this.#chunk.length;
          this.#position += chunk.length;
          yield chunk;
        }
        const next = await this.#chunks.next();
        if (next.done) return;
        this.#chunk = next.value;
        this.#at = 0;
      }
    } finally {
      await this.close();
    }
  }

  /** Lets go of the source. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
