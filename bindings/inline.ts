// The entry that carries the modules along, for bundlers that leave files behind.
import { sourceInline } from './engine/load-inline.ts';
import { moduleSourceSet } from './engine/source.ts';

moduleSourceSet(sourceInline);

export * from './names.ts';
