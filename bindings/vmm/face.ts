import type { FirstReplica, Reference } from './protocol.ts';
import type { Session } from './session.ts';

/** What a face of one of the VMM's objects keeps to itself. */
export const FACE = Symbol('usufruct.face');

/** An object of a VMM as its users hold it. */
export interface Face {
  readonly [FACE]: {
    readonly session: Session;
    readonly reference: Reference | FirstReplica;
    /** Takes the facts that came along with a later message about the object. */
    readonly told?: (facts: unknown) => void;
  };
}
