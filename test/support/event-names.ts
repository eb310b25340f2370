import type { EventName } from '../../bindings/node.ts';

/** Events of the compiled engine about rights and pages, one a kind of thing that happens. */
export const EVENT_NAMES = [
  'grant',
  'declare',
  'takeOver',
  'use',
  'release',
  'follow',
  'settled',
  'superseded',
  'abandoned',
  'cancelled',
  'pageIn',
  'pageOut',
  'fault',
  'copy',
  'vmCreated',
  'vmDisposed',
] as const satisfies readonly EventName[];
