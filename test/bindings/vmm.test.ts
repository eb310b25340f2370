// What a VMM has of its own: starting it, its memory interface, waiting, events, its end. The same here and in a worker.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { DisposedError, InvalidOptionError, moduleExport, SwapStoreError, UsufructError, Vmm } from '../../bindings/node.ts';
import type { VmmOptions, AsyncVm } from '../../bindings/node.ts';
import { PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';
import { PLACES, rejectionOf, vmmMake, vmmOptions } from '../support/vmm.ts';
import type { VmmMakeOptions } from '../support/vmm.ts';

const [build] = shipped;
const script = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

describe.each(PLACES)('a VMM, %s', (where) => {
  const started: Vmm[] = [];
  const make = async (options: VmmMakeOptions = {}): Promise<Vmm> => {
    const vmm = await vmmMake(where, build!, options);
    started.push(vmm);
    return vmm;
  };
  const pair = async (options: VmmMakeOptions = {}): Promise<{ vmm: Vmm; a: AsyncVm; b: AsyncVm }> => {
    const vms = ['a', 'b'].map((name) => ({ name, memory: 4 * REGION_BYTES }));
    const vmm = await make({ vms, regions: 8, ...options });
    const [a, b] = await vmm.vms();
    await a!.memory.fill(0, 4 * REGION_BYTES, 1);
    return { vmm, a: a!, b: b! };
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map((vmm) => vmm.dispose()));
  });

  describe('starting', () => {
    test('[0445] from a stored configuration', async () => {
      const { module, worker, ...stored } = vmmOptions(where, build!, {
        swap: { size: 32 * PAGE_BYTES, store: 'memory', device: 'nvme' },
        vms: [
          { name: 'first', memory: 4 * REGION_BYTES },
          { memory: 2 * REGION_BYTES, eviction: 'fifo' },
        ],
        useRight: 'managerPreferred',
      });
      const read = JSON.parse(JSON.stringify(stored)) as VmmOptions;
      const vmm = await Vmm.start({ ...read, ...(module && { module }), ...(worker && { worker }) });
      started.push(vmm);
      expect(vmm).toMatchObject({ where, pageBytes: PAGE_BYTES, regionBytes: REGION_BYTES, handover: 'rights', isDisposed: false });
      expect(vmm).toMatchObject({ isShared: build!.shared, isOperatorOnly: false });
      expect((await vmm.vms()).map(({ name }) => name)).toEqual(['first', 'vm2']);
      expect(await vmm.figures()).toEqual({ regions: 12, frames: 48, regionsFree: 6, virtualNs: 0, dueNs: null });
      expect((await vmm.inspect()).swap).toMatchObject({ store: 'host', slots: 32 });
    });

    test.each<[object, object]>([
      [{ where: 'there' }, { code: 'INVALID_OPTION', details: { field: 'where' } }],
      [{ memory: 1 }, { code: 'INVALID_OPTION', details: { field: 'memory' } }],
      [{ shared: 1 }, { code: 'INVALID_OPTION', details: { field: 'shared' } }],
      [{ module: 'x' }, { code: 'INVALID_OPTION', details: { field: 'module' } }],
      [{ vms: {} }, { code: 'INVALID_OPTION', details: { field: 'vms' } }],
      [{ vms: [{ memory: 1 }] }, { code: 'INVALID_OPTION', details: { field: 'memory' } }],
      [{ vms: [{ memory: REGION_BYTES }, { memory: '1GiB' }] }, { code: 'NOT_ENOUGH_MEMORY' }],
      [{ threads: 2 }, { code: 'INVALID_OPTION', details: { field: 'options.threads' } }],
      [{ swap: { size: PAGE_BYTES, store: 'tape' } }, { code: 'INVALID_OPTION', details: { field: 'swap.store' } }],
      [{ swap: 'fast' }, { code: 'INVALID_OPTION', details: { field: 'swap' } }],
      [{ memory: '4GiB', region: '1MiB', swap: undefined }, { code: 'ENGINE_TOO_LARGE' }],
    ])('with %o: refused', async (wrong, error) => {
      await expect(Vmm.start({ ...vmmOptions(where, build!), ...wrong })).rejects.toMatchObject(error);
    });

    test.each([undefined, null, 'here', []])('%o instead of options', async (options) => {
      await expect(Vmm.start(options as never)).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { field: 'options' } });
    });

    test('given up by a signal', async () => {
      const reason = new Error('enough');
      expect(await rejectionOf(make({ signal: AbortSignal.abort(reason) }))).toBe(reason);
      const controller = new AbortController();
      const start = make({ signal: controller.signal });
      controller.abort(reason);
      expect(await rejectionOf(start)).toBe(reason);
    });
  });

  describe('swap stores', () => {
    const folder = mkdtempSync(join(tmpdir(), 'usufruct-vmm-'));
    const size = 64 * PAGE_BYTES;
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    test.each<[string, NonNullable<VmmOptions['swap']>]>([
      ['linear', { size }],
      ['memory', { size, store: 'memory' }],
      ['a file', { size, store: { file: join(folder, 'pages'), overwrite: true } }],
      [
        'a user’s, by name',
        { size, store: moduleExport(new URL('../../dist/bindings/swap/memory.js', import.meta.url), 'memorySwapStore', 0) },
      ],
    ])('%s', async (_, swap) => {
      const { vmm, a } = await pair({ swap });
      await a.memory.fill(0, 10 * REGION_BYTES, 7);
      expect(await a.memory.read(10 * REGION_BYTES - 1, 2)).toEqual(Uint8Array.of(7, 0));
      expect((await a.figures()).counters.pageOuts).toBeGreaterThan(0);
      await vmm.dispose();
      expect(existsSync(join(folder, 'pages'))).toBe(false);
    });

    test('a file that exists: the error and its cause arrive whole', async () => {
      const path = join(folder, 'taken');
      writeFileSync(path, 'mine');
      const error = await rejectionOf(make({ swap: { size, store: { file: path } } }));
      expect(error).toBeInstanceOf(SwapStoreError);
      expect(error).toMatchObject({ name: 'SwapStoreError', code: 'SWAP_STORE_FAILED', details: { path }, cause: { code: 'EEXIST' } });
      expect((error as Error).message).toContain(path);
    });

    test('one that fails: the access gets the typed error, with what the store threw', async () => {
      const broken = script(
        `export default { attach() {}, read() {}, write(slot) { throw new RangeError('slot ' + slot + ' is worn out'); }, close() {} };`,
      );
      const { a } = await pair({ swap: { size, store: moduleExport(broken, 'default') } });
      const error = await rejectionOf(a.memory.fill(0, 10 * REGION_BYTES, 7));
      expect(error).toMatchObject({ code: 'SWAP_WRITE_FAILED', details: { vm: 'a' }, cause: { message: 'slot 0 is worn out' } });
      expect((error as Error).cause).toBeInstanceOf(RangeError);
    });
  });

  describe('memory', () => {
    test('every width, both ways', async () => {
      const { a } = await pair();
      const { memory } = a;
      await memory.store8(0, 0xfe);
      await memory.store16(2, -2);
      await memory.store32(4, 0xfffffffe);
      await memory.store64(8, -2n);
      await memory.storeF32(16, 1.5);
      await memory.storeF64(24, -Math.PI);
      expect(await memory.load8(0)).toBe(0xfe);
      expect(await memory.load16(2)).toBe(0xfffe);
      expect(await memory.load32(4)).toBe(0xfffffffe);
      expect(await memory.load64(8)).toBe(2n ** 64n - 2n);
      expect(await memory.loadF32(16)).toBe(1.5);
      expect(await memory.loadF64(24)).toBe(-Math.PI);
    });

    test('what is written is what it was at the call; what is read is the caller’s own', async () => {
      const { a } = await pair();
      const bytes = Uint8Array.of(9, 9, 9, 9);
      const middle = bytes.subarray(1, 3);
      const first = a.memory.write(0, middle);
      bytes.fill(5);
      await first;
      const read = await a.memory.read(0, 4);
      expect(read).toEqual(Uint8Array.of(9, 9, 1, 1));
      read.fill(0);
      expect(await a.memory.read(0, 4)).toEqual(Uint8Array.of(9, 9, 1, 1));
    });

    test('a buffer that is given away', async () => {
      const { a } = await pair();
      const bytes = new Uint8Array(PAGE_BYTES).fill(3);
      await a.memory.write(PAGE_BYTES, bytes, { transfer: true });
      expect(bytes.byteLength).toBe(where === 'worker' ? 0 : PAGE_BYTES);
      expect(await a.memory.load8(2 * PAGE_BYTES - 1)).toBe(3);
    });

    test('many accesses in one request, and the first that fails', async () => {
      const { a, vmm } = await pair();
      const results = await a.memory.batch([
        ['store32', 0, 7],
        ['load32', 0],
        ['write', 100, Uint8Array.of(1, 2)],
        ['fill', 102, 2, 3],
        ['read', 100, 4],
        ['load64', 96],
      ]);
      expect(results).toEqual([undefined, 7, undefined, undefined, Uint8Array.of(1, 2, 3, 3), 0x0303020101010101n]);
      const far = 2 ** 26;
      await expect(a.memory.batch([['store8', 0, 1], ['load8', far], ['store8', 0, 2]])).rejects.toMatchObject({ code: 'ADDRESS_OUT_OF_RANGE', details: { address: far, accessesDone: 1 } }); // prettier-ignore
      expect(await a.memory.load8(0)).toBe(1);
      for (const wrong of [undefined, [1], [['jump', 0]], [['batch', []]], [['constructor']]]) {
        await expect(a.memory.batch(wrong as never)).rejects.toBeInstanceOf(InvalidOptionError);
      }
      await vmm.validate();
    });

    test('a bulk access that fails says how far it came', async () => {
      const { a } = await pair({ slots: 0 });
      const failed = a.memory.fill(0, 5 * REGION_BYTES, 2);
      await expect(failed).rejects.toMatchObject({ code: 'SWAP_FULL', details: { bytesDone: 4 * REGION_BYTES } });
    });
  });

  describe('waiting', () => {
    const move = (a: AsyncVm, b: AsyncVm, bytes: number) => [{ vm: a, change: -bytes }, { vm: b, change: bytes }]; // prettier-ignore

    test('a change: granted, its regions, settled', async () => {
      const { a, b } = await pair();
      const given = await a.reduce(2 * REGION_BYTES);
      const taken = await b.expand(2 * REGION_BYTES);
      expect(given.vm).toBe(a);
      expect(given.last).toMatchObject({ vm: 'a', kind: 'reduce', state: 'granted', regions: 2, pending: 2 });
      const reports: number[] = [];
      const reading = (async () => {
        for await (const { region, vm } of given.regionReports()) reports.push(vm === a ? region : -1);
      })();
      const order: string[] = [];
      const settled = given.settled.then((state) => order.push(state));
      await b.memory.fill(0, 6 * REGION_BYTES, 2);
      order.push('filled');
      await Promise.all([settled, reading]);
      expect(order).toHaveLength(2);
      expect(reports).toHaveLength(2);
      expect(new Set(reports).size).toBe(2);
      expect(await given.report()).toMatchObject({ state: 'settled', pending: 0 });
      expect(given.last).toMatchObject({ state: 'settled' });
      expect(await taken.whenSettled()).toBe('settled');
      await expect(taken.cancel()).rejects.toMatchObject({ code: 'CHANGE_FINISHED' });
    });

    test('a change that is cancelled', async () => {
      const { a } = await pair();
      const given = await a.reduce(REGION_BYTES);
      const { settled } = given;
      await given.cancel();
      expect(await settled).toBe('cancelled');
      expect((await a.figures()).managedBytes).toBe(4 * REGION_BYTES);
    });

    test('a wait that is given up; requests go on meanwhile', async () => {
      const { a } = await pair();
      const given = await a.reduce(REGION_BYTES);
      const controller = new AbortController();
      const wait = given.whenSettled({ signal: controller.signal });
      expect(await a.memory.load8(0)).toBe(1);
      const reason = { why: 'tired' };
      controller.abort(reason);
      expect(await rejectionOf(wait)).toBe(reason);
      const reports = given.regionReports({ signal: controller.signal });
      expect(await rejectionOf(reports.next())).toBe(reason);
      expect((await given.report()).state).toBe('granted');
    });

    test('a reconfiguration: its changes, its reports, its end', async () => {
      const { vmm, a, b } = await pair();
      const request = await vmm.reconfigure(move(a, b, 2 * REGION_BYTES), { order: 'cycles', chunk: REGION_BYTES });
      await request.granted;
      expect(await request.report()).toMatchObject({ state: 'granted', regions: 2, grantNs: 0, settledNs: null, error: undefined });
      const kinds: string[] = [];
      const reading = (async () => {
        for await (const report of request.reports())
          kinds.push(report.kind === 'answered' ? `${report.kind} ${report.change.vm.name}` : report.kind);
      })();
      await b.memory.fill(0, 6 * REGION_BYTES, 2);
      expect(await request.settled).toBe('settled');
      expect(await request.whenSettled()).toBe('settled');
      await reading;
      expect(kinds.filter((kind) => kind.startsWith('answered')).sort()).toEqual(['answered a', 'answered a', 'answered b', 'answered b']);
      expect(kinds.filter((kind) => kind === 'followed')).toHaveLength(4);
      expect(kinds.at(-1)).toBe('final');
      expect((await request.changes()).map(({ vm }) => vm)).toEqual(expect.arrayContaining([a, b]));
    });

    test('a reconfiguration with a signal: an abort takes back what has not followed', async () => {
      const { vmm, a, b } = await pair();
      const reason = new Error('changed my mind');
      const aborted = vmm.reconfigure(move(a, b, REGION_BYTES), { signal: AbortSignal.abort(reason) });
      expect(await rejectionOf(aborted)).toBe(reason);
      const controller = new AbortController();
      const request = await vmm.reconfigure(move(a, b, REGION_BYTES), { signal: controller.signal });
      controller.abort(reason);
      expect(await request.settled).toBe('ended');
      expect((await a.figures()).managedBytes).toBe(4 * REGION_BYTES);
    });

    test('a digest that is given up; the next request is carried out', async () => {
      const { a } = await pair({ tables: { translatedPages: 2 ** 17 } });
      const controller = new AbortController();
      const reason = new DOMException('stop', 'AbortError');
      const digest = a.replica.digest({ signal: controller.signal });
      controller.abort(reason);
      expect(await rejectionOf(digest)).toBe(reason);
      expect(await a.memory.load8(0)).toBe(1);
    });
  });

  describe('order', () => {
    test('requests behind a digest wait for it', async () => {
      const { a } = await pair();
      const before = await a.replica.digest();
      const [digest, , load] = await Promise.all([a.replica.digest(), a.memory.store8(0, 77), a.memory.load8(0)]);
      expect(digest).toBe(before);
      expect(load).toBe(77);
    });

    test('a hundred requests at once', async () => {
      const { a } = await pair();
      const done: number[] = [];
      const stores = Array.from({ length: 100 }, (_, n) => a.memory.store32(0, n).then(() => done.push(n)));
      expect(await a.memory.load32(0)).toBe(99);
      await Promise.all(stores);
      expect(done).toEqual(Array.from({ length: 100 }, (_, n) => n));
    });
  });

  describe('events', () => {
    test('before the answer to what caused them, in order, until they are no longer wanted', async () => {
      const { vmm, a, b } = await pair();
      const log: string[] = [];
      const off = await vmm.on('declare', ({ vm, change }) => log.push(`${vm.name} ${change.vm === vm}`));
      const offAgain = await vmm.on('declare', () => log.push('again'));
      await a.reduce(REGION_BYTES).then(() => log.push('answered'));
      expect(log.splice(0)).toEqual(['a true', 'again', 'answered']);
      off();
      off();
      await b.reduce(REGION_BYTES);
      expect(log.splice(0)).toEqual(['again']);
      offAgain();
      await b.reduce(REGION_BYTES);
      expect(log).toEqual([]);
    });

    test('a listener may use the VMM', async () => {
      const { vmm, a } = await pair();
      const seen: Promise<number>[] = [];
      await vmm.on('declare', ({ vm }) => seen.push(vm.memory.load8(0)));
      await a.reduce(REGION_BYTES);
      expect(await Promise.all(seen)).toEqual([1]);
    });

    test('a listener that throws spoils nothing', async () => {
      const { vmm, a } = await pair();
      const uncaught = vi.fn();
      const others = process.listeners('uncaughtException');
      process.removeAllListeners('uncaughtException').once('uncaughtException', uncaught);
      const heard = vi.fn();
      await vmm.on('declare', () => {
        throw new Error('clumsy');
      });
      await vmm.on('declare', heard);
      await a.reduce(REGION_BYTES);
      await new Promise((resolve) => setTimeout(resolve, 5));
      for (const other of others) process.on('uncaughtException', other);
      expect(heard).toHaveBeenCalledOnce();
      expect(uncaught).toHaveBeenCalledOnce();
    });

    test('names and listeners that are none', async () => {
      const vmm = await make();
      const none = [vmm.on('declared' as never, () => undefined), vmm.on('declared' as never, () => undefined)];
      for (const error of await Promise.all(none.map(rejectionOf))) expect(error).toBeInstanceOf(InvalidOptionError);
      await expect(vmm.on('declared' as never, () => undefined)).rejects.toMatchObject({ details: { field: 'event name' } });
      await expect(vmm.on('declare', 1 as never)).rejects.toMatchObject({ details: { field: 'listener' } });
    });
  });

  describe('programs beside the engine', () => {
    test('a guest in the engine’s thread', async () => {
      const { vmm, a } = await pair();
      const guest = script(
        `export const sum = (engine, vm, count) => { let sum = 0; for (let at = 0; at < count; at++) sum += vm.replica.memory.load8(at); return { sum, vm, pageBytes: engine.pageBytes }; };
         export const later = async (engine) => { await null; return engine.vms.length; };
         export const broken = () => { throw Object.assign(new TypeError('no'), { code: 'E_NO' }); };
         export const number = 1;`,
      );
      expect(await vmm.run(moduleExport(guest, 'sum'), a, 1000)).toEqual({ sum: 1000, vm: a, pageBytes: PAGE_BYTES });
      expect(await vmm.run(moduleExport(guest, 'later'))).toBe(2);
      const error = await rejectionOf(vmm.run(moduleExport(guest, 'broken')));
      expect(error).toBeInstanceOf(TypeError);
      expect(error).toMatchObject({ message: 'no', code: 'E_NO' });
      await expect(vmm.run(moduleExport(guest, 'number'))).rejects.toMatchObject({ details: { field: 'program' } });
      await expect(vmm.run(moduleExport(guest, 'none'))).rejects.toThrow(/"none"; allowed: an export of .*: broken, later, number, sum/);
      await expect(vmm.run(moduleExport(guest, 'number', 1))).rejects.toThrow(/a function, if it is given arguments/);
      await expect(vmm.run(moduleExport('no-such-package', 'x'))).rejects.toMatchObject({
        code: 'INVALID_OPTION',
        cause: { code: 'ERR_MODULE_NOT_FOUND' },
      });
    });

    test('a release condition of a user’s own, judged where the engine is', async () => {
      const always = moduleExport(script('export const always = ({ vm }) => vm === "a";'), 'always');
      const { a, b } = await pair({ statistics: true });
      await a.releaseEarly({ when: always });
      await a.reduce(REGION_BYTES);
      await b.expand(REGION_BYTES);
      await a.memory.fill(0, 4 * REGION_BYTES, 2);
      expect((await a.figures()).counters.earlyReleases).toBe(1);
      expect(await a.memory.read(4 * REGION_BYTES - 1, 1)).toEqual(Uint8Array.of(2));
      await a.releaseEarly(null);
    });

    test('names of modules that would mean another one in a worker', () => {
      for (const wrong of ['./x.js', '../x.js', '/x.js', 1]) expect(() => moduleExport(wrong as never, 'x')).toThrow(InvalidOptionError);
      expect(() => moduleExport('x', '')).toThrow(InvalidOptionError);
      expect(moduleExport(new URL('file:///x.js'), 'x', 1)).toEqual({ module: 'file:///x.js', export: 'x', arguments: [1] });
    });
  });

  describe('the end', () => {
    test('what was asked before is done; what waits hears of it; what comes later is refused', async () => {
      const { vmm, a } = await pair();
      const given = await a.reduce(REGION_BYTES);
      const { settled } = given;
      const load = a.memory.load8(0);
      const end = vmm.dispose();
      expect(vmm.isDisposed).toBe(true);
      const late = await rejectionOf(a.memory.load8(0));
      expect(late).toBeInstanceOf(DisposedError);
      expect(late).toMatchObject({ details: { what: 'The VMM' } });
      expect((late as Error).message).toContain('vmm.ts');
      expect(await load).toBe(1);
      expect(await settled).toBe('abandoned');
      await end;
      await vmm.dispose();
      await expect(vmm.inspect()).rejects.toMatchObject({ code: 'DISPOSED' });
      await expect(vmm.on('grant', () => undefined)).rejects.toMatchObject({ code: 'DISPOSED' });
    });

    test('now: what waits is given up', async () => {
      const { vmm, a } = await pair();
      const { settled } = await a.reduce(REGION_BYTES);
      const never = rejectionOf(vmm.run(moduleExport('data:text/javascript,export default () => new Promise(() => {})', 'default')));
      const behind = rejectionOf(a.memory.load8(0));
      const waits = vmm.dispose();
      await vmm.dispose({ now: true });
      await waits;
      for (const failure of [never, behind, rejectionOf(settled)]) expect(await failure).toMatchObject({ code: 'DISPOSED' });
      await expect(vmm.inspect()).rejects.toMatchObject({ code: 'DISPOSED' });
    });

    test.each([{ now: 1 }, { soon: true }, 'now', null])('%j says no way to end', async (options) => {
      const { vmm, a } = await pair();
      await expect(vmm.dispose(options as never)).rejects.toMatchObject({ code: 'INVALID_OPTION' });
      expect(await a.memory.load8(0)).toBe(1);
    });

    test('by `await using`', async () => {
      const vmm = await make();
      const vm = await vmm.createVm({ memory: REGION_BYTES });
      await vm[Symbol.asyncDispose]();
      expect(await vmm.vms()).toEqual([]);
      await vmm[Symbol.asyncDispose]();
      expect(vmm.isDisposed).toBe(true);
    });

    test('objects of another VMM', async () => {
      const [one, other] = [await pair(), await pair()];
      const wrong = one.vmm.reconfigure([{ vm: other.a, change: -REGION_BYTES }]);
      await expect(wrong).rejects.toMatchObject({ code: 'INVALID_OPTION', details: { field: 'argument [0][0].vm' } });
      await expect(one.a.replica.restore(other.a.replica)).rejects.toBeInstanceOf(UsufructError);
    });
  });
});
