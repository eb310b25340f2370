import { createHash } from 'node:crypto';
import type { Hasher } from './hash.ts';

export function hasherNode(): Hasher {
  const hash = createHash('sha256');
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => hash.digest('hex'),
  };
}
