/** How many pages a replica may take. */
import { STATUS_QUOTA_EXCEEDED } from '../../assembly/shared/status.ts';
import { ModelFailure } from './failure.ts';
import { note, type Page, type Replica, type World } from './world.ts';

export function quotaSet(replica: Replica, pages: number): void {
  replica.quota = pages;
  replica.taken = 0;
}

/** Held by this replica alone; a page of zeros takes nothing. */
function isTaken(page: Page): boolean {
  return page.references === 1 && (page.frame !== null || page.slot !== null);
}

/** A page is about to be made for the replica. At the quota, what it holds alone is counted first. */
export function quotaAsk(world: World, replica: Replica, number: number): void {
  if (replica.quota === 0 || replica.taken < replica.quota) return;
  replica.taken = [...replica.pages.values()].filter(isTaken).length;
  if (replica.taken >= replica.quota) throw new ModelFailure(STATUS_QUOTA_EXCEEDED, `page ${number}`);
  note(world, 'a quota with room again after counting');
}

/** It was made. */
export function quotaCount(replica: Replica): void {
  if (replica.quota > 0) replica.taken++;
}
