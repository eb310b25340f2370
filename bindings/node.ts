// The entry for Node: the module comes from the package's files, SHA-256 from the platform, and there are real files to swap to.
import { hasherSet } from './engine/hash.ts';
import { hasherNode } from './engine/hash-node.ts';
import { sourceNode } from './engine/load-node.ts';
import { moduleSourceSet } from './engine/source.ts';
import { fileImage } from './image/file.ts';
import { fileSwapStore } from './swap/file.ts';
import { fileImageSet } from './vmm/image-description.ts';
import { fileStoreSet } from './vmm/stores.ts';
import { workersSet } from './vmm/spawn.ts';
import { workersNode } from './vmm/spawn-node.ts';

moduleSourceSet(sourceNode);
hasherSet(hasherNode);
fileStoreSet(fileSwapStore);
fileImageSet(fileImage);
workersSet(workersNode);

export * from './names.ts';
export { fileImage } from './image/file.ts';
export { fileSwapStore } from './swap/file.ts';
export { openTrace } from './trace/file.ts';
export type { FileSwapOptions } from './swap/file.ts';
