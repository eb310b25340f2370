// A real file as an image: read page by page when pages are touched, never whole.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fileImage } from '../../bindings/node.ts';
import { engineMake, expectBytes, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped, thrownBy } from '../support/engines.ts';

const folder = mkdtempSync(join(tmpdir(), 'usufruct-image-'));
afterAll(() => rmSync(folder, { recursive: true }));

const PAGES = 1200;
/** 4.7 MiB, and a last page that is not full. */
const content = new Uint8Array(PAGES * PAGE - 1000);
for (let index = 0; index < content.length; index += 1) content[index] = (index * 11 + (index >> 12) * 3) & 0xff;
const path = join(folder, 'guest.img');
writeFileSync(path, content);

describe.each(shipped)('$name', (build) => {
  test('a few touches of a file of several MiB read a few pages', async () => {
    const engine = await engineMake(build, { regions: 12, slots: 16, tables: { pageObjects: 4096, nodes: 512 } });
    const source = fileImage(path);
    let bytes = 0;
    const image = engine.image({
      bytes: source.bytes,
      read(offset, into) {
        const count = source.read(offset, into);
        bytes += count;
        return count;
      },
      close: () => source.close?.(),
    });
    const vm = engine.createVm({ memory: 12 * REGION, addressSpace: 2 ** 26, image, replicas: 3 });
    expect([image.pages, image.pagesRead, bytes]).toEqual([PAGES, 0, 0]);
    for (const page of [0, 17, 600, PAGES - 1, 17]) {
      for (const { memory } of vm.replicas) {
        expectBytes(memory.read(page * PAGE, 64), content.subarray(page * PAGE, page * PAGE + 64));
      }
    }
    expect([image.pagesRead, bytes]).toEqual([4, 4 * PAGE - 1000]);
    expect(vm.replica.memory.load8(PAGES * PAGE - 1), 'behind the end of the file').toBe(0);
    // the whole of it, through 48 frames, without a page of swap
    for (let page = 0; page < PAGES; page += 1) vm.replica.memory.load8(page * PAGE);
    expect(vm.counters.pageOuts).toBe(0);
    expect(vm.residentPages).toBeLessThanOrEqual(48);
    expectBytes(vm.replica.peek(0, new Uint8Array(content.length)), content);
    engine.validate();
    engine.dispose();
    expect(thrownBy(() => source.read(0, new Uint8Array(1)))).toMatchObject({ code: 'IMAGE_SOURCE_FAILED' });
  });
});

test('no such file', () => {
  const missing = join(folder, 'missing.img');
  expect(thrownBy(() => fileImage(missing))).toMatchObject({
    code: 'IMAGE_SOURCE_FAILED',
    details: { path: missing },
    cause: { code: 'ENOENT' },
  });
});

test.each(['', 5, undefined])('%s is no path', (value) => {
  expect(thrownBy(() => fileImage(value as string))).toMatchObject({ code: 'INVALID_OPTION' });
});

test('a folder cannot be read', async () => {
  const [build] = shipped;
  const engine = await engineMake(build!);
  const vm = engine.createVm({ memory: REGION, image: engine.image(fileImage(folder)) });
  expect(thrownBy(() => vm.replica.memory.load8(0))).toMatchObject({ code: 'IMAGE_READ_FAILED', cause: { code: 'IMAGE_SOURCE_FAILED' } });
  engine.dispose();
});

test('a file that is cut while it is in use: typed errors, and the engine goes on', async () => {
  const [build] = shipped;
  const short = join(folder, 'cut.img');
  writeFileSync(short, content.subarray(0, 8 * PAGE));
  const engine = await engineMake(build!);
  const vm = engine.createVm({ memory: 4 * REGION, image: engine.image(fileImage(short)) });
  expect(vm.replica.memory.load8(PAGE)).toBe(content[PAGE]);
  truncateSync(short, 3 * PAGE);
  const error = thrownBy(() => vm.replica.memory.load8(5 * PAGE));
  expect(error).toMatchObject({ code: 'IMAGE_READ_FAILED', cause: { code: 'IMAGE_SOURCE_FAILED', details: { offset: 5 * PAGE } } });
  expect(vm.replica.memory.load8(2 * PAGE)).toBe(content[2 * PAGE]);
  vm.replica.memory.store8(20 * PAGE, 1);
  engine.validate();
  engine.dispose();
});
