// The public names, one by one. This entry is the one for browsers and bundlers; node.ts and inline.ts add to it.
import { sourceWeb } from './engine/load-web.ts';
import { moduleSourceSet } from './engine/source.ts';

moduleSourceSet(sourceWeb);

export * from './names.ts';
