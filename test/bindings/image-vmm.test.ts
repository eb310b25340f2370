// Images and writes from outside through a VMM: the same here and in a worker.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { moduleExport } from '../../bindings/node.ts';
import type { Vmm } from '../../bindings/node.ts';
import { expectBytes, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';
import { PLACES, rejectionOf, vmmMake } from '../support/vmm.ts';

const [build] = shipped;
const folder = mkdtempSync(join(tmpdir(), 'usufruct-image-vmm-'));
afterAll(() => rmSync(folder, { recursive: true }));
const content = Uint8Array.from({ length: 5 * PAGE + 7 }, (_, index) => (index * 3 + (index >> 12)) & 0xff);
const path = join(folder, 'guest.img');
writeFileSync(path, content);
const script = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

describe.each(PLACES)('a VMM, %s', (where) => {
  let vmm: Vmm;
  afterEach(() => vmm.dispose());

  test.each([
    ['bytes', content],
    ['a file', { file: path }],
    ['a source of a module', moduleExport(script('export const source = { bytes: 20487, read: (offset, into) => { for (let i = 0; i < into.length; i += 1) into[i] = (offset + i) * 3 + ((offset + i) >> 12); return into.length; } }'), 'source')], // prettier-ignore
  ])('an image of %s', async (_name, source) => {
    vmm = await vmmMake(where, build!);
    const image = await vmm.image(source);
    expect([image.bytes, image.pages]).toEqual([content.length, 6]);
    const vm = await vmm.createVm({ memory: 4 * REGION, addressSpace: 64 * PAGE, image, replicas: 3 });
    expectBytes(await vm.memory.read(PAGE, 100), content.subarray(PAGE, PAGE + 100));
    expect(await image.figures()).toEqual({ pagesRead: 1, pagesUsed: 6 });
    await vm.replica.mapImage(image, 10 * PAGE);
    expectBytes(await vm.memory.read(10 * PAGE, content.length), content);
    expect(await rejectionOf(image.dispose())).toMatchObject({ code: 'IMAGE_IN_USE' });
    await vm.dispose();
    await image.dispose();
    expect(await rejectionOf(vmm.createVm({ memory: 4 * REGION, image }))).toMatchObject({ code: 'DISPOSED' });
    await vmm.validate();
  });

  test('no such file', async () => {
    vmm = await vmmMake(where, build!);
    expect(await rejectionOf(vmm.image({ file: join(folder, 'missing') }))).toMatchObject({ code: 'IMAGE_SOURCE_FAILED' });
    expect(await rejectionOf(vmm.image(new Uint8Array(0)))).toMatchObject({ code: 'INVALID_OPTION' });
  });

  test('writes from outside, by a writer whose process is a module', async () => {
    vmm = await vmmMake(where, build!);
    const shifted = moduleExport(script('export const shifted = ({ address, bytes }) => [{ address: address + 4, bytes }];'), 'shifted'); // prettier-ignore
    const vm = await vmm.createVm({ memory: 4 * REGION, addressSpace: 64 * PAGE, replicas: 3, writers: { dma: shifted } });
    await vm.write(0, Uint8Array.of(1, 2, 3, 4));
    await vm.write(0, Uint8Array.of(9), { writer: 'dma' });
    for (const replica of await vm.replicas()) expect([...(await replica.memory.read(0, 5))]).toEqual([1, 2, 3, 4, 9]);
    expect((await vm.figures()).residentPages).toBe(1);
    expect(await rejectionOf(vm.write(0, Uint8Array.of(9), { writer: 'disk' }))).toMatchObject({ code: 'INVALID_OPTION' });
    await vmm.validate();
  });
});
