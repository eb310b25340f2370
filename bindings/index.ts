// The public names, one by one. This entry is the one for browsers and bundlers; node.ts and inline.ts add to it.
import { sourceWeb } from './engine/load-web.ts';
import { moduleSourceSet } from './engine/source.ts';
import { workersSet } from './vmm/spawn.ts';
import { workersWeb } from './vmm/spawn-web.ts';

moduleSourceSet(sourceWeb);
workersSet(workersWeb);

export * from './names.ts';
