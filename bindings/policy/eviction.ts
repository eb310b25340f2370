import { EVICTION_CLOCK, EVICTION_FARTHEST, EVICTION_FIFO, EVICTION_LRU } from '../../assembly/shared/layout.ts';

/** Which of its own pages a VM gives up first. `farthest` needs a program whose future is known, that is a trace; elsewhere it knows no next use. */
export type Eviction = 'lru' | 'fifo' | 'clock' | 'farthest';

export const EVICTIONS: Readonly<Record<Eviction, number>> = {
  lru: EVICTION_LRU,
  fifo: EVICTION_FIFO,
  clock: EVICTION_CLOCK,
  farthest: EVICTION_FARTHEST,
};
