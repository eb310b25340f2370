import { pause, throwIfAborted } from '../signal.ts';

/** A pause after every so many bytes. */
const PAUSE_BYTES = 2 ** 23;

/** Long work in pieces: the host gets its turn between them, and may abort. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #bytes = 0;

  constructor(signal: AbortSignal | undefined) {
    throwIfAborted(signal);
    this.#signal = signal;
  }

  /** So many bytes were dealt with. */
  async done(bytes: number): Promise<void> {
    this.#bytes += bytes;
    if (this.#bytes < PAUSE_BYTES) return;
    this.#bytes = 0;
    await pause();
    throwIfAborted(this.#signal);
  }
}
