// The entry that carries the modules along, for bundlers that leave files behind.
import { sourceInline } from './engine/load-inline.ts';
import { moduleSourceSet } from './engine/source.ts';
import { workersSet } from './vmm/spawn.ts';
import { workersInline } from './vmm/spawn-inline.ts';

moduleSourceSet(sourceInline);
workersSet(workersInline);

export * from './names.ts';
