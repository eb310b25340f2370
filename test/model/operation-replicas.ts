/** Operations on replicas and snapshots as plain data. Both are numbered together, in the order in which they were made. */
import type { ComparePolicy } from './world.ts';

export type ReplicaOperation =
  | { readonly op: 'fork'; readonly replica: number }
  | { readonly op: 'snapshot'; readonly replica: number }
  /** A replica of the VM without pages. */
  | { readonly op: 'empty'; readonly vm: number }
  /** The replica has no pages any more. */
  | { readonly op: 'clear'; readonly replica: number }
  | { readonly op: 'restore'; readonly replica: number; readonly from: number }
  | { readonly op: 'replicaDispose'; readonly replica: number }
  /** Pages at or above `from` that two have not in common; `b` null: all that `a` has. */
  | { readonly op: 'changed'; readonly a: number; readonly b: number | null; readonly from: number; readonly most: number }
  | { readonly op: 'quota'; readonly replica: number; readonly pages: number }
  | { readonly op: 'step'; readonly replica: number; readonly isInStep: boolean }
  | ({ readonly op: 'compareBy'; readonly vm: number } & ComparePolicy)
  /** Replicas in step; equal pages become one. */
  | { readonly op: 'compare'; readonly vm: number }
  /** The first page from `from` on in which replicas in step differ. */
  | { readonly op: 'difference'; readonly vm: number; readonly from: number }
  /** Pages of a replica become those of another, or of a snapshot. */
  | { readonly op: 'take'; readonly replica: number; readonly from: number; readonly page: number; readonly pages: number }
  /** Pages become those of an image. */
  | { readonly op: 'image'; readonly replica: number; readonly page: number; readonly pages: number; readonly slot: number }
  | { readonly op: 'sharing'; readonly vm: number }
  | { readonly op: 'scan'; readonly vm: number }
  | { readonly op: 'scrub'; readonly vm: number }
  /** A bit of a page in a frame changes, and nobody has stored to it. */
  | { readonly op: 'flip'; readonly replica: number; readonly address: number; readonly bit: number };
