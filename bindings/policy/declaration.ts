import { FLAG_CAPACITY_NOW, FLAG_EVACUATE, FLAG_READ_ONLY } from '../../assembly/shared/layout.ts';

/**
 * When a region counts no longer in the giver's total: once it has released it, or at the declaration already, so that programs stop being started
 * (JP 2009-26117A Fig. 16 S703, [0381]).
 */
export type DeclaredCapacity = 'atRelease' | 'atDeclaration';

/**
 * What an access of the giver to a region that it has given up does to the page. `unchanged`: nothing. `evacuate`: the page moves into memory that the VM
 * manages ([0396]). `readOnly`: a store does that, a load nothing ([0094], [0397]).
 */
export type DeclaredAccess = 'unchanged' | 'evacuate' | 'readOnly';

/** What changes at the declaration already, and not only at the release (4th embodiment). */
export interface Declaration {
  readonly capacity?: DeclaredCapacity;
  readonly access?: DeclaredAccess;
}

export const DECLARED_CAPACITIES: Readonly<Record<DeclaredCapacity, number>> = { atRelease: 0, atDeclaration: FLAG_CAPACITY_NOW };

export const DECLARED_ACCESSES: Readonly<Record<DeclaredAccess, number>> = {
  unchanged: 0,
  evacuate: FLAG_EVACUATE,
  readOnly: FLAG_READ_ONLY,
};
