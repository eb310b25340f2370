import type { Change } from '../change.ts';
import type { Engine } from '../engine.ts';
import type { EventMap } from '../events/event-map.ts';

/** How the regions of a request followed: durations since the request. */
export interface FollowFigures {
  /** How many have. */
  readonly regions: number;
  readonly firstVirtualNs: number;
  readonly medianVirtualNs: number;
  readonly lastVirtualNs: number;
}

/** Notes when each region of each change followed. */
export class Follows {
  readonly #timesNs = new Map<Change, number[]>();
  readonly #off: () => void;

  /** `onTaken` is told of each region that a VM took into use. */
  constructor(engine: Engine, onTaken: (event: EventMap['follow']) => void) {
    this.#off = engine.on('follow', (event) => {
      const { change, timeNs } = event;
      const times = this.#timesNs.get(change);
      if (times === undefined) this.#timesNs.set(change, [timeNs]);
      else times.push(timeNs);
      if (change.kind === 'expand') onTaken(event);
    });
  }

  /** Of all these changes together; null when nothing of them followed. */
  figures(changes: readonly Change[], requestNs: number): FollowFigures | null {
    const times = changes.flatMap((change) => this.#timesNs.get(change) ?? []).sort((a, b) => a - b);
    if (times.length === 0) return null;
    const since = (place: number): number => Math.max(0, times[place]! - requestNs);
    return {
      regions: times.length,
      firstVirtualNs: since(0),
      medianVirtualNs: since(Math.ceil(times.length / 2) - 1),
      lastVirtualNs: since(times.length - 1),
    };
  }

  dispose(): void {
    this.#off();
  }
}
