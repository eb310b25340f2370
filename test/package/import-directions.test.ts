import { describe, expect, test } from 'vitest';
import { importsOf, packagesReachable, sourcesUnder, violations, type House } from '../support/imports.ts';

const assembly: House = {
  root: 'assembly',
  layers: [
    ['shared/'],
    ['base/'],
    ['store/'],
    ['paging/'],
    ['swap/'],
    ['regions/', 'replicas/'],
    ['copy'],
    ['access'],
    ['advice', 'memory', 'information'],
    ['player/', 'hart/'],
    ['validate-known', 'validate-holders'],
    ['life', 'validate'],
    ['index'],
  ],
  rest: undefined,
  apart: [5, 9],
  outside: [],
};

const bindings: House = {
  root: 'bindings',
  // swap/store is the interface that the engine calls and users implement; what no layer names is a public class
  layers: [['errors'], ['dispose', 'units', 'swap/store'], ['engine/'], [], ['index', 'node', 'inline'], ['cli/']],
  rest: 3,
  apart: [],
  outside: ['assembly/shared'],
};

const sources = sourcesUnder('assembly', 'bindings');
const sample = (path: string, text: string) => new Map([[path, text]]);

describe('imports point one way', () => {
  test('in assembly/', () => {
    expect(violations(assembly, sources)).toEqual([]);
  });

  test('in bindings/', () => {
    expect(violations(bindings, sources)).toEqual([]);
  });

  test('only what runs everywhere is reachable from the entry for browsers', () => {
    const packages = [...packagesReachable(sources, 'bindings/index.ts').keys()];
    expect(packages).toContain('@assemblyscript/loader');
    expect(packages.filter((name) => name.startsWith('node:'))).toEqual([]);
  });
});

describe('the check itself', () => {
  test('sees every form of import', () => {
    const text = `
      import './a.ts'; import type { B } from './b.ts'; import c, * as d from './c.ts'; export { e } from './e.ts'; export * from './f.ts';
      const g = await import('./g.ts'); type H = import('./h.ts').H; import i = require('./i.ts'); // import './not.ts'
      const text = "import './not.ts'";`;
    expect(importsOf('x.ts', text)).toEqual(['./a.ts', './b.ts', './c.ts', './e.ts', './f.ts', './g.ts', './h.ts', './i.ts']);
  });

  test.each([
    [
      'a lower layer that imports a higher one',
      'assembly/store/frame.ts',
      `import { x } from '../paging/recency.ts';`,
      /paging\/ is above store\//,
    ],
    ['regions that import replicas', 'assembly/regions/grant.ts', `import { x } from '../replicas/fork.ts';`, /side by side/],
    ['replicas that import regions', 'assembly/replicas/fork.ts', `export { x } from '../regions/grant.ts';`, /side by side/],
    ['the player that imports the processor', 'assembly/player/run.ts', `import { x } from '../hart/step.ts';`, /side by side/],
    ['a file that no layer names', 'assembly/misc.ts', `import { x } from './shared/page.ts';`, /belongs to no layer/],
    ['an import of what no layer names', 'assembly/access.ts', `import { x } from './misc.ts';`, /belongs to no layer/],
    ['an import of the bindings', 'assembly/access.ts', `import { x } from '../bindings/errors.ts';`, /outside assembly/],
  ])('refuses %s', (_, path, text, reason) => {
    const found = violations(assembly, sample(path, text));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(reason);
  });

  test.each([
    ['errors that import the engine', 'bindings/errors.ts', `import type { x } from './engine/core.ts';`, /engine\/ is above errors/],
    ['the engine that imports a public class', 'bindings/engine/core.ts', `import { x } from '../vm.ts';`, /vm is above engine\//],
    ['a public class that imports the index', 'bindings/scheduler.ts', `import { x } from './index.ts';`, /index is above scheduler/],
    ['the index that imports the command', 'bindings/node.ts', `const x = import('./cli/main.ts');`, /cli\/ is above node/],
    ['the hot path from the bindings', 'bindings/vm.ts', `import { x } from '../assembly/store/vm.ts';`, /outside bindings/],
  ])('refuses %s', (_, path, text, reason) => {
    const found = violations(bindings, sample(path, text));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(reason);
  });

  test('accepts the right way, the layouts that both sides read, and packages', () => {
    const text = `import { a } from '../errors.ts'; import { b } from '../../assembly/shared/status.ts'; import { c } from 'node:fs'; import { d } from './e.ts';`;
    expect(violations(bindings, sample('bindings/engine/core.ts', text))).toEqual([]);
  });

  test('finds a `node:` module behind several files', () => {
    const house = new Map([
      ['bindings/index.ts', `export { Vm } from './vm.ts';`],
      ['bindings/vm.ts', `import './swap/file.ts'; import './index.ts';`],
      ['bindings/swap/file.ts', `import { openSync } from 'node:fs';`],
    ]);
    expect([...packagesReachable(house, 'bindings/index.ts')]).toEqual([['node:fs', 'bindings/swap/file.ts']]);
  });
});
