import { releaseBase64, releaseSharedBase64 } from './inline-modules.js';
import type { ModuleSource } from './source.ts';

/** From the scripts themselves, for bundlers that do not carry files along. */
export const sourceInline: ModuleSource = (shared) => {
  const text = atob(shared ? releaseSharedBase64 : releaseBase64);
  return Promise.resolve(Uint8Array.from(text, (character) => character.charCodeAt(0)));
};
