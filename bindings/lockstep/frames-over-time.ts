/** Frames in use, summed over virtual time. */
export class FramesOverTime {
  #frames = 0;
  #timeNs: number | null = null;
  #frameNs = 0;
  #most = 0;

  /** So many are in use from a time on; a time that is not later than the last one corrects the number. */
  note(timeNs: number, frames: number): void {
    if (this.#timeNs === null) this.#timeNs = timeNs;
    if (timeNs > this.#timeNs) {
      this.#frameNs += this.#frames * (timeNs - this.#timeNs);
      this.#timeNs = timeNs;
    }
    this.#frames = frames;
    this.#most = Math.max(this.#most, frames);
  }

  /** frame x ns. */
  get frameNs(): number {
    return this.#frameNs;
  }
  get most(): number {
    return this.#most;
  }
}
