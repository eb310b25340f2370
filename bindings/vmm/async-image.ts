import { DISPOSE_ASYNC } from '../dispose.ts';
import { FACE } from './face.ts';
import type { Face } from './face.ts';
import type { AnswerOf } from './operations.ts';
import type { Reference } from './protocol.ts';
import type { Session } from './session.ts';

/** An image of a VMM: what class Image says. */
export class AsyncImage implements Face {
  readonly bytes: number;
  readonly pages: number;
  readonly #face: Face[typeof FACE];

  /** @internal */
  constructor(session: Session, reference: Reference) {
    const { bytes, pages } = reference.facts as { readonly bytes: number; readonly pages: number };
    this.bytes = bytes;
    this.pages = pages;
    this.#face = { session, reference };
  }

  /** For the VMM itself. */
  get [FACE](): Face[typeof FACE] {
    return this.#face;
  }

  /** Pages read so far, and pages that still need it. */
  figures(): Promise<AnswerOf<'image', 'figures'>> {
    const { session, reference } = this.#face;
    return session.ask('image', reference, 'figures', []);
  }

  dispose(): Promise<void> {
    const { session, reference } = this.#face;
    return session.ask('image', reference, 'dispose', []);
  }

  [DISPOSE_ASYNC](): Promise<void> {
    return this.dispose();
  }
}
