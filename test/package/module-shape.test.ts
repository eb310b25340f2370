// The shape of the compiled modules: nothing in them would be written twice when several instances share one memory.
import { beforeAll, describe, expect, test } from 'vitest';
import { buildBytes, buildModule, builds } from '../support/builds.ts';
import { methodsOf } from '../support/engine-interface.ts';
import { readVarint, SECTION, sectionsOf } from '../support/wasm-sections.ts';

/** A module with a memory, a function, a start function and a data segment, by hand. */
// prettier-ignore
const FORBIDDEN = new Uint8Array([
  0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00,
  0x01, 0x04, 0x01, 0x60, 0x00, 0x00, // types: () -> ()
  0x03, 0x02, 0x01, 0x00, // one function
  0x05, 0x03, 0x01, 0x00, 0x01, // a memory of one page
  0x08, 0x01, 0x00, // start: function 0
  0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b, // its body
  0x0b, 0x07, 0x01, 0x00, 0x41, 0x00, 0x0b, 0x01, 0x2a, // data: 42 at address 0
]);

const sectionIds = (bytes: Uint8Array): number[] => sectionsOf(bytes).map(({ id }) => id);

test('the walk sees a start function and a data segment where they are', () => {
  expect(WebAssembly.validate(FORBIDDEN)).toBe(true);
  expect(sectionIds(FORBIDDEN)).toEqual([SECTION.type, SECTION.function, SECTION.memory, SECTION.start, SECTION.code, SECTION.data]);
});

describe.each(builds.filter(({ target }) => target !== 'debug'))('$name', (build) => {
  let bytes: Uint8Array<ArrayBuffer>;
  let module: WebAssembly.Module;
  beforeAll(() => {
    bytes = buildBytes(build);
    module = buildModule(build);
  });

  test('has no data segment, no start function, no table and no memory of its own', () => {
    const ids = sectionIds(bytes);
    expect(ids).toContain(SECTION.code);
    for (const id of [SECTION.start, SECTION.data, SECTION.dataCount, SECTION.element, SECTION.table, SECTION.memory])
      expect(ids).not.toContain(id);
  });

  test('has no mutable global: each instance would have its own', () => {
    const globals = sectionsOf(bytes).find(({ id }) => id === SECTION.global);
    expect(globals === undefined ? 0 : readVarint(globals.payload, 0).value).toBe(0);
  });

  test('has no names and no source map in it', () => {
    expect(WebAssembly.Module.customSections(module, 'name')).toEqual([]);
    expect(WebAssembly.Module.customSections(module, 'sourceMappingURL')).toEqual([]);
  });
});

describe.each(builds)('$name', (build) => {
  test('imports the memory and the calls on the host, and nothing else', () => {
    const imports = WebAssembly.Module.imports(buildModule(build));
    expect(imports.filter(({ kind }) => kind === 'memory').map(({ name }) => name)).toEqual(['memory']);
    const functions = imports.filter(({ kind }) => kind === 'function').map(({ name }) => name);
    expect(functions.sort()).toEqual(methodsOf('EngineImports'));
    expect(imports).toHaveLength(functions.length + 1);
  });

  test('exports the functions of the boundary, no allocator, and nothing else', () => {
    const exports = WebAssembly.Module.exports(buildModule(build));
    expect(exports.map(({ name }) => name).sort()).toEqual(methodsOf('EngineExports'));
    expect(exports.every(({ kind }) => kind === 'function')).toBe(true);
  });

  test(`is compiled for pages of ${build.pageKib} KiB and a memory that is ${build.shared ? 'shared' : 'not shared'}`, () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65_536, shared: build.shared });
    const host: Record<string, Record<string, WebAssembly.ImportValue>> = {};
    for (const { module, name, kind } of WebAssembly.Module.imports(buildModule(build))) {
      (host[module] ??= {})[name] = kind === 'memory' ? memory : () => 0;
    }
    const { exports } = new WebAssembly.Instance(buildModule(build), host);
    expect(1 << (exports['pageShift'] as () => number)()).toBe(build.pageBytes);
  });
});

test('the boundary has names to compare with', () => {
  expect(methodsOf('EngineImports')).toEqual(['releaseJudge', 'swapRead', 'swapWrite']);
  expect(methodsOf('EngineExports')).toContain('rightsReduce');
});
