// What only a VMM in a worker has: what cannot cross, workers that do not start, workers that die, a process that may end.
import { execFile } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { CannotCrossError, memorySwapStore, moduleExport, WorkerFailedError } from '../../bindings/node.ts';
import type { Vmm, VmmOptions, WorkerLike } from '../../bindings/node.ts';
import { PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';
import { rejectionOf, vmmMake, WORKER } from '../support/vmm.ts';
import type { VmmMakeOptions } from '../support/vmm.ts';

const [build] = shipped;
const ENTRY = pathToFileURL(fileURLToPath(new URL('../../dist/bindings/node.js', import.meta.url))).href;
const script = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

const started: Vmm[] = [];
const make = async (options: VmmMakeOptions = {}): Promise<Vmm> => {
  const vmm = await vmmMake('worker', build!, options);
  started.push(vmm);
  return vmm;
};
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(started.splice(0).map((vmm) => vmm.dispose()));
});

describe('what cannot cross', () => {
  const size = 4 * PAGE_BYTES;

  test.each<[string, Partial<VmmOptions>, string]>([
    ['a store', { swap: { size, store: memorySwapStore() } }, 'swap.store.attach'],
    ['a store with a class', { swap: { size, store: new (class { attach() {} read() {} write() {} close() {} })() } }, 'swap.store'], // prettier-ignore
    ['a policy', { selection: { expand: ['lowest', () => []] } }, 'selection.expand[1]'],
    ['a condition of a first VM', { vms: [{ memory: REGION_BYTES, earlyRelease: { when: () => true } }] }, 'vms[0].earlyRelease.when'],
  ])('%s: said at once, with what to do', async (_, options, field) => {
    const error = await rejectionOf(make(options));
    expect(error).toBeInstanceOf(CannotCrossError);
    expect(error).toMatchObject({ code: 'CANNOT_CROSS', details: { field } });
    expect((error as Error).message).toMatch(/moduleExport\(url, name\).*'memory' or \{ file: path \}.*where: 'here'/);
  });

  test('a policy in a request, a function that is to run, a program’s answer', async () => {
    const vmm = await make();
    const vm = await vmm.createVm({ memory: 2 * REGION_BYTES });
    const select = vm.expand(REGION_BYTES, { selection: () => [] });
    await expect(select).rejects.toMatchObject({ code: 'CANNOT_CROSS', details: { field: 'vm.expand: argument [1].selection' } });
    await expect(vmm.run(() => 1)).rejects.toMatchObject({ code: 'CANNOT_CROSS' });
    await expect(vm.memory.store8(0, (() => 1) as never)).rejects.toMatchObject({ code: 'CANNOT_CROSS' });
    const answer = vmm.run(moduleExport(script('export default () => () => 1'), 'default'));
    await expect(answer).rejects.toMatchObject({ code: 'CANNOT_CROSS', cause: { name: 'DataCloneError' } });
    const circle: { self?: unknown } = {};
    circle.self = circle;
    await expect(vm.expand(circle as never)).rejects.toMatchObject({ code: 'CANNOT_CROSS' });
    expect(await vm.memory.load8(0)).toBe(0);
  });
});

describe('a worker that does not start', () => {
  test.each<[string, NonNullable<VmmOptions['worker']>, RegExp]>([
    ['no such file', new URL('./no-such-worker.js', WORKER), /it threw: Cannot find module/],
    ['no script', new URL(script('export const = 1')), /it threw: /],
    ['one that throws', new URL(script('throw new Error("not today")')), /it threw: not today/],
    ['one that ends', new URL(script('process.exit(3)')), /it ended with status 3/],
    ['a relative path', './worker.js', /it threw: Cannot find module|could not be started/],
    ['a maker that throws', () => { throw new Error('no threads left'); }, /could not be started: no threads left/], // prettier-ignore
  ])('%s', async (_, worker, message) => {
    const error = await rejectionOf(make({ worker }));
    expect(error).toBeInstanceOf(WorkerFailedError);
    expect(error).toMatchObject({ code: 'WORKER_FAILED' });
    expect((error as WorkerFailedError).details['reason']).toMatch(message);
  });

  test.each([1, {}, () => undefined, () => ({ postMessage: () => undefined })])('%o instead of a worker', async (worker) => {
    await expect(make({ worker: worker as never })).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { field: 'worker' } });
  });

  test('one that says nothing', async () => {
    vi.useFakeTimers();
    const terminated = vi.fn();
    const silent: WorkerLike = { postMessage: vi.fn(), addEventListener: vi.fn(), terminate: terminated };
    const start = rejectionOf(make({ worker: () => silent }));
    await vi.advanceTimersByTimeAsync(31_000);
    expect(await start).toMatchObject({ code: 'WORKER_FAILED', details: { reason: expect.stringContaining('within 30 s') as string } });
    expect(terminated).toHaveBeenCalled();
  });

  test('one that says nothing to somebody who does not wait', async () => {
    const silent: WorkerLike = { postMessage: vi.fn(), addEventListener: vi.fn(), terminate: vi.fn() };
    const reason = new Error('too slow');
    const controller = new AbortController();
    const start = rejectionOf(make({ worker: () => silent, signal: controller.signal }));
    await vi.waitFor(() => expect(silent.addEventListener).toHaveBeenCalled());
    controller.abort(reason);
    expect(await start).toBe(reason);
  });
});

describe('a worker that dies', () => {
  const deaths: readonly (readonly [string, string, RegExp])[] = [
    ['by process.exit', 'export default () => process.exit(7)', /ended with status 7/],
    [
      'by an error outside any request',
      'export default () => new Promise(() => { setTimeout(() => { throw new Error("late"); }); })',
      /it threw: late/,
    ],
  ];

  test.each(deaths)('%s: all that waits hears of it, and all that comes', async (_, text, reason) => {
    const vmm = await make({ vms: [{ name: 'a', memory: 4 * REGION_BYTES }] });
    const [a] = await vmm.vms();
    await a!.memory.fill(0, 4 * REGION_BYTES, 1);
    const { settled } = await a!.reduce(REGION_BYTES);
    const failures = await Promise.all([settled, vmm.run(moduleExport(script(text), 'default')), a!.memory.load8(0)].map(rejectionOf));
    for (const failure of failures) {
      expect(failure).toBeInstanceOf(WorkerFailedError);
      expect((failure as WorkerFailedError).details['reason']).toMatch(reason);
    }
    expect(await rejectionOf(vmm.inspect())).toBe(failures[0]);
    await vmm.dispose();
    await expect(vmm.inspect()).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  test('one of the other kind: errors and messages that cannot be read', async () => {
    const listeners = new Map<string, (event: unknown) => void>();
    const web: WorkerLike = {
      postMessage: () => undefined,
      addEventListener: (type, listener) => void listeners.set(type, listener),
      terminate: () => undefined,
    };
    const start = async (event: string, value: object): Promise<unknown> => {
      const failed = rejectionOf(make({ worker: () => web }));
      await vi.waitFor(() => expect(listeners.size).toBe(3));
      listeners.get(event)!({ preventDefault: () => undefined, ...value });
      listeners.clear();
      return failed;
    };
    expect(await start('error', {})).toMatchObject({ details: { reason: 'its script could not be loaded' } });
    const cause = new Error('why');
    expect(await start('error', { message: 'Uncaught', error: cause })).toMatchObject({ details: { reason: 'it threw: Uncaught' }, cause });
    expect(await start('messageerror', {})).toMatchObject({ details: { reason: 'a message of it could not be read' } });
  });
});

test('an endless loop ends with the worker', async () => {
  const vmm = await make({ vms: [{ memory: REGION_BYTES }] });
  const loop = rejectionOf(vmm.run(moduleExport(script('export default () => { for (;;); }'), 'default')));
  const waits = vmm.dispose();
  await vmm.dispose({ now: true });
  await waits;
  expect(await loop).toMatchObject({ code: 'DISPOSED' });
});

describe('the process (Node)', () => {
  const run = (text: string) =>
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', `import { Vmm } from '${ENTRY}';\n${text}`]);
  const options = `{ where: 'worker', memory: '1MiB', vms: [{ memory: '512KiB' }] }`;

  test('stays while somebody waits for an answer, and may end when nobody does', async () => {
    const text = `const vmm = await Vmm.start(${options}); const [vm] = await vmm.vms(); await vm.memory.store8(0, 5);
      const waited = await new Promise((resolve) => setTimeout(resolve, 20)).then(() => vm.memory.load8(0)); console.log(waited, vmm.isShared);`;
    expect(await run(text)).toEqual({ stdout: '5 true\n', stderr: '' });
  });

  test('an error that nobody catches ends it', async () => {
    const error = await rejectionOf(run(`const vmm = await Vmm.start(${options}); await vmm.createVm({ memory: 1 });`));
    expect(error).toMatchObject({ code: 1, stderr: expect.stringContaining('INVALID_OPTION') as string });
  });
});
