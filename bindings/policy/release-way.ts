/**
 * What happens to pages of a region that a VM releases. `pageOut`: they go to swap (Fig. 8 S304). `moveFirst`: as many as find room go to free frames of
 * memory that the VM manages, the others to swap.
 */
export type ReleaseWay = 'pageOut' | 'moveFirst';

/** Whether pages move first. */
export const RELEASE_WAYS: Readonly<Record<ReleaseWay, boolean>> = { pageOut: false, moveFirst: true };
