import { FLAG_MANAGER_PREFERRED } from '../../assembly/shared/layout.ts';

/**
 * Who keeps the use right of a region that is given up while another VM uses it (S104). `presentUser`: that VM (1st embodiment, Fig. 7 S201-S204), which
 * favours the reuse of data. `managerPreferred`: the giver takes it first, with a page-out (2nd embodiment, JP 2009-26117A Fig. 12 S501-S504, [0337]),
 * which favours the latest configuration.
 */
export type UseRight = 'presentUser' | 'managerPreferred';

export const USE_RIGHTS: Readonly<Record<UseRight, number>> = { presentUser: 0, managerPreferred: FLAG_MANAGER_PREFERRED };
