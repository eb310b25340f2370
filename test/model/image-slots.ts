/** Slots of images: their contents never change and are the host's, their numbers are above those of swap. */
import { IMAGE_SLOT_FIRST } from '../../assembly/shared/layout.ts';

export function isImageSlot(slot: number): boolean {
  return slot >= IMAGE_SLOT_FIRST;
}

/** What the host has there: few different contents, some of them zero, so that others are equal now and then. */
const IMAGE_CONTENTS = [1, 0, 2, 1, 3] as const;

export function imageBytes(pageBytes: number, slot: number): Uint8Array {
  return new Uint8Array(pageBytes).fill(IMAGE_CONTENTS[(slot - IMAGE_SLOT_FIRST) % IMAGE_CONTENTS.length] ?? 0);
}
