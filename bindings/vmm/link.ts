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

/** The VMM in this thread: no message, no copy but that of options. */
export function linkHere(service: VmmService): Link {
  return {
    start: async (options) => (await service.start(options)).value,
    request: async (request) => (await service.request(request)).value,
    release: (releases) => service.release(releases),
    close: () => Promise.resolve(),
  };
}
