// Values are imported in no circle: what a file needs when it is loaded is there. Types may go round.
import { describe, expect, it } from 'vitest';
import { importsOf, sourcesUnder, type Sources, target } from '../support/imports.ts';

/** With the semicolon that ends it. `import type` and `export type` are gone when the file is loaded. */
const OF_TYPES = /^(?:import|export) type [^;]*? from '[^']*';/gm;

function valueImports(path: string, text: string): readonly string[] {
  return importsOf(path, text.replaceAll(OF_TYPES, '')).flatMap((specifier) => target(path, specifier) ?? []);
}

/** Every way back to a file that is being loaded: the files from it on. */
function circles(sources: Sources): readonly string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, before: readonly string[]): void => {
    if (before.includes(path)) return void found.push([...before.slice(before.indexOf(path)), path].join(' -> '));
    const text = sources.get(path);
    if (text === undefined || done.has(path)) return;
    for (const next of valueImports(path, text)) visit(next, [...before, path]);
    done.add(path);
  };
  for (const path of sources.keys()) visit(path, []);
  return found;
}

describe('circles of imports', () => {
  it('there are none of values in bindings/', () => {
    expect(circles(sourcesUnder('bindings'))).toEqual([]);
  });

  it('the check finds one, and passes over one of types', () => {
    const house = (back: string) =>
      new Map([
        ['b/a.ts', `import { x } from './c.ts'; console.log(x);`],
        ['b/c.ts', back],
      ]);
    expect(circles(house(`import { y } from './a.ts'; console.log(y);`))).toEqual(['b/a.ts -> b/c.ts -> b/a.ts']);
    expect(circles(house(`import type { Y } from './a.ts'; export const y: Y = 1;`))).toEqual([]);
    expect(circles(house(`import { type Y } from './a.ts'; export const y: Y = 1;`))).toEqual(['b/a.ts -> b/c.ts -> b/a.ts']);
  });
});
