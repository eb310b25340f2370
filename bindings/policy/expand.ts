import { FLAG_BEST_EFFORT } from '../../assembly/shared/layout.ts';

/** What a request does that cannot be had in full: fail and change nothing, or take what there is. */
export type Shortfall = 'reject' | 'bestEffort';

export const SHORTFALLS: Readonly<Record<Shortfall, number>> = { reject: 0, bestEffort: FLAG_BEST_EFFORT };
