import {
  ADVICE_DISCARDABLE,
  ADVICE_LOCKED,
  ADVICE_NORMAL,
  ADVICE_UNUSED,
  ADVICE_WILL_NEED,
  PROTECTION_NONE,
  PROTECTION_READ,
  PROTECTION_READ_WRITE,
} from '../assembly/shared/layout.ts';

/**
 * What a guest says of its pages: `unused` reads zero at once; `discardable` reads the old content until dropped, then zero; `willNeed` comes in now;
 * `locked` binds the VM's own eviction; `normal` takes `locked` and `discardable` back.
 */
export type Advice = 'normal' | 'unused' | 'discardable' | 'willNeed' | 'locked';
export type Protection = 'none' | 'read' | 'readWrite';

export const ADVICE_CODES: Readonly<Record<Advice, number>> = {
  normal: ADVICE_NORMAL,
  unused: ADVICE_UNUSED,
  discardable: ADVICE_DISCARDABLE,
  willNeed: ADVICE_WILL_NEED,
  locked: ADVICE_LOCKED,
};
export const PROTECTION_CODES: Readonly<Record<Protection, number>> = {
  none: PROTECTION_NONE,
  read: PROTECTION_READ,
  readWrite: PROTECTION_READ_WRITE,
};
