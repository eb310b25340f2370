// Where the module and the memory come from, and what is said when they do not come.
import { afterEach, expect, test, vi } from 'vitest';
import { Engine } from '../../bindings/node.ts';
import { sourceWeb } from '../../bindings/engine/load-web.ts';
import { buildBytes } from '../support/builds.ts';
import { engineMake, PAGE_BYTES, shipped } from '../support/engines.ts';

const [plain, shared] = [shipped.find((build) => !build.shared)!, shipped.find((build) => build.shared)!];
afterEach(() => {
  vi.unstubAllGlobals();
});

test('run from source there is no module beside the scripts: the error says what to do, and its cause what is missing', async () => {
  const made = Engine.create({ memory: '1MiB' });
  await expect(made).rejects.toMatchObject({ code: 'MODULE_LOAD_FAILED', cause: { code: 'ENOENT' } });
  await expect(made).rejects.toThrow(/dist\/wasm/);
});

test('the web source fetches the build that is asked for', async () => {
  const asked: string[] = [];
  vi.stubGlobal('fetch', (url: URL) => {
    asked.push(url.pathname.replace(/.*\//, ''));
    return Promise.resolve(new Response(buildBytes(plain)));
  });
  expect((await sourceWeb(false)).byteLength).toBe(buildBytes(plain).length);
  await sourceWeb(true);
  expect(asked).toEqual(['usufruct.wasm', 'usufruct-shared.wasm']);
});

test('the web source says what the server answered', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('', { status: 404, statusText: 'Not Found' })));
  await expect(sourceWeb(false)).rejects.toThrow(/usufruct\.wasm answered 404 Not Found/);
});

test('shared memory on a page that is not cross-origin isolated', async () => {
  vi.stubGlobal('crossOriginIsolated', false);
  await expect(engineMake(shared)).rejects.toMatchObject({ code: 'SHARED_MEMORY_UNAVAILABLE' });
  vi.stubGlobal('crossOriginIsolated', true);
  expect((await engineMake(shared)).isShared).toBe(true);
});

/** Replaces the platform's WebAssembly.Memory by one that reserves no more than so many of its pages. */
function reservationsLimit(most: number): void {
  const { Memory } = WebAssembly;
  class Limited extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      if ((descriptor.maximum ?? 0) > most) throw new RangeError('could not allocate memory');
      super(descriptor);
    }
  }
  WebAssembly.Memory = Limited;
  restore = () => (WebAssembly.Memory = Memory);
}

let restore: () => void = () => undefined;
afterEach(() => restore());

test('a platform without 4 GiB of address space gives what it has', async () => {
  reservationsLimit(4096);
  const engine = await engineMake(plain);
  const vm = engine.createVm({ memory: engine.regionBytes });
  vm.replica.memory.store32(PAGE_BYTES, 7);
  expect(vm.replica.memory.load32(PAGE_BYTES)).toBe(7);
  await expect(engineMake(plain, { memory: '512MiB', region: '1MiB' })).rejects.toMatchObject({ code: 'ENGINE_TOO_LARGE' });
});

test('a platform that gives none', async () => {
  reservationsLimit(0);
  await expect(engineMake(plain)).rejects.toMatchObject({ code: 'ENGINE_TOO_LARGE', cause: { message: 'could not allocate memory' } });
});
