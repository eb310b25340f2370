import { Sha256 } from './sha256.ts';

/** A SHA-256 in progress. */
export interface Hasher {
  update(bytes: Uint8Array<ArrayBufferLike>): void;
  hex(): string;
}

let maker: () => Hasher = () => new Sha256();

/** Where the platform has a faster one, its entry of the package plugs it in. */
export function hasherSet(make: () => Hasher): void {
  maker = make;
}

export function hasherMake(): Hasher {
  return maker();
}
