import { EXPAND_LOWEST, EXPAND_OWN_FIRST, FLAG_BEST_EFFORT } from '../../assembly/shared/layout.ts';

/** Which regions without manager an expansion gets (S108): the lowest ones, or first those that the asker still uses. */
export type ExpandSelection = 'lowest' | 'ownFirst';

export const EXPAND_SELECTIONS: Readonly<Record<ExpandSelection, number>> = { lowest: EXPAND_LOWEST, ownFirst: EXPAND_OWN_FIRST };

/** What a request does that cannot be had in full: fail and change nothing, or take what there is. */
export type Shortfall = 'reject' | 'bestEffort';

export const SHORTFALLS: Readonly<Record<Shortfall, number>> = { reject: 0, bestEffort: FLAG_BEST_EFFORT };
