/** Images: pages of a replica whose contents the host has. */
import { STATUS_ADDRESS_OUT_OF_RANGE, STATUS_BAD_OPTION } from '../../assembly/shared/status.ts';
import { ModelFailure } from './failure.ts';
import { pageCreate } from './pages.ts';
import type { Replica } from './world.ts';

/** Untouched pages of a replica become those of an image, from a slot on. */
export function imageMap(replica: Replica, first: number, pages: number, slot: number): void {
  if (first + pages > replica.vm.spacePages) throw new ModelFailure(STATUS_ADDRESS_OUT_OF_RANGE, `page ${first}`);
  const numbers = Array.from({ length: pages }, (_, index) => first + index);
  const touched = numbers.find((number) => replica.pages.has(number));
  if (touched !== undefined) throw new ModelFailure(STATUS_BAD_OPTION, `page ${touched}`);
  for (const [index, number] of numbers.entries()) replica.pages.set(number, { ...pageCreate(replica, number), slot: slot + index });
}
