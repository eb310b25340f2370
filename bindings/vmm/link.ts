import type { Releases, Request, VmmService } from './protocol.ts';

/** How users of a VMM reach it. */
export interface Link {
  /** The value of the answer to `start`. */
  start(options: object): Promise<unknown>;
  request(request: Request): Promise<unknown>;
  release(releases: Releases): void;
  /** The VMM has ended; what still waits is given `reason`. */
  close(reason: Error): Promise<void>;
}

/** To a VMM in this thread, without messages. */
export class LinkHere implements Link {
  readonly #service: VmmService;
  readonly #waiting = new Set<(reason: Error) => void>();

  constructor(service: VmmService) {
    this.#service = service;
  }

  async start(options: object): Promise<unknown> {
    return (await this.#service.start(options)).value;
  }

  request(request: Request): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#service
        .request(request)
        .then(({ value }) => resolve(value), reject)
        .finally(() => this.#waiting.delete(reject));
    });
  }

  release(releases: Releases): void {
    this.#service.release(releases);
  }

  close(reason: Error): Promise<void> {
    for (const reject of this.#waiting) reject(reason);
    return Promise.resolve();
  }
}
