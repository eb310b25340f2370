import { InvalidOptionError } from '../errors.ts';
import type { FileSwapOptions } from '../swap/file-options.ts';
import { memorySwapStore } from '../swap/memory.ts';
import type { SwapStore } from '../swap/store.ts';

/** The stores of this package as plain data: host buffers, or a file (Node only). */
export type StoreDescription = 'memory' | ({ readonly file: string } & FileSwapOptions);

type FileStoreMake = (path: string, options: FileSwapOptions) => SwapStore;

let fileStore: FileStoreMake | undefined;

/** Called once by the entries for Node. */
export function fileStoreSet(make: FileStoreMake): void {
  fileStore = make;
}

/** The store that is described; anything else is left for the engine to judge. */
export function storeOf(described: unknown): unknown {
  if (described === 'memory') return memorySwapStore();
  if (typeof described !== 'object' || described === null || !('file' in described)) return described;
  const { file, ...options } = described as { readonly file: string } & FileSwapOptions;
  if (fileStore === undefined) {
    throw new InvalidOptionError(
      'swap.store.file',
      file,
      "a store that is available here: 'linear', 'memory' (there are files in Node only)",
    );
  }
  return fileStore(file, options);
}
