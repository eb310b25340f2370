// Runs in the page: two VMs in one pool, memory moves from one to the other while both are full, and both read back what they wrote.
// Only one entry of the package is imported, by the function that is called.

import { fill, intact } from './guest.js';

const KIB = 1024;
const HALF_BYTES = 512 * KIB;
const MOVED_BYTES = 256 * KIB;

/** @param {typeof import('usufruct').Engine} Engine */
async function run(Engine) {
  const engine = await Engine.create({ memory: 2 * HALF_BYTES, region: '64KiB', swap: { size: '4MiB', device: 'nvme' } });
  const a = engine.createVm({ name: 'a', memory: HALF_BYTES });
  const b = engine.createVm({ name: 'b', memory: HALF_BYTES });
  fill(engine, a, 1, HALF_BYTES);
  fill(engine, b, 2, HALF_BYTES);
  const moved = engine.reconfigure([
    { vm: a, change: -MOVED_BYTES },
    { vm: b, change: MOVED_BYTES },
  ]);
  const grantNs = moved.grantNs;
  const outBeforeGrant = moved.pageOutsBeforeGrant;
  fill(engine, b, 3, HALF_BYTES + MOVED_BYTES);
  const result = {
    isolated: globalThis.crossOriginIsolated,
    grantNs,
    outBeforeGrant,
    settled: moved.settledNs !== null,
    managed: [a.managedBytes, b.managedBytes],
    intact: [intact(engine, a, 1, HALF_BYTES), intact(engine, b, 3, HALF_BYTES + MOVED_BYTES)],
    pageOuts: a.counters.pageOuts,
    pageIns: a.counters.pageIns,
  };
  engine.validate();
  engine.dispose();
  return result;
}

/**
 * The same by a VMM, with the program of its guests beside the engine.
 * @param {Pick<typeof import('usufruct'), 'AddressOutOfRangeError' | 'moduleExport' | 'Vmm'>} names @param {import('usufruct').VmmPlace} where
 */
async function runVmm({ AddressOutOfRangeError, moduleExport, Vmm }, where) {
  const vms = ['a', 'b'].map((name) => ({ name, memory: HALF_BYTES }));
  const swap = /** @type {const} */ ({ size: '4MiB', device: 'nvme', store: 'memory' });
  const vmm = await Vmm.start({ where, memory: 2 * HALF_BYTES, region: '64KiB', swap, vms });
  const [a, b] = /** @type {[import('usufruct').AsyncVm, import('usufruct').AsyncVm]} */ (await vmm.vms());
  const guest = new URL('./guest.js', import.meta.url);
  /** @param {import('usufruct').AsyncVm} vm @param {number} seed @param {number} bytes */
  const fillBy = (vm, seed, bytes) => vmm.run(moduleExport(guest, 'fill'), vm, seed, bytes);
  /** @param {import('usufruct').AsyncVm} vm @param {number} seed @param {number} bytes */
  const intactBy = (vm, seed, bytes) => vmm.run(moduleExport(guest, 'intact'), vm, seed, bytes);
  await fillBy(a, 1, HALF_BYTES);
  await fillBy(b, 2, HALF_BYTES);
  let followed = 0;
  await vmm.on('follow', ({ vm }) => void (followed += vm === a ? 1 : 0));
  const moved = await vmm.reconfigure([
    { vm: a, change: -MOVED_BYTES },
    { vm: b, change: MOVED_BYTES },
  ]);
  const granted = await moved.report();
  await fillBy(b, 3, HALF_BYTES + MOVED_BYTES);
  const settled = await moved.settled;
  const error = await a.memory.load32(-1).catch((/** @type {unknown} */ thrown) => thrown);
  const result = {
    isolated: globalThis.crossOriginIsolated,
    grantNs: granted.grantNs,
    outBeforeGrant: granted.pageOutsBeforeGrant,
    settled: settled === 'settled',
    followed,
    managed: await Promise.all([a, b].map(async (vm) => (await vm.figures()).managedBytes)),
    intact: [await intactBy(a, 1, HALF_BYTES), await intactBy(b, 3, HALF_BYTES + MOVED_BYTES)],
    typed: error instanceof AddressOutOfRangeError ? 'a class' : error instanceof Error ? `${error.name}: ${error.message}` : 'none',
    first: [...(await b.memory.read(0, 4))],
    ...(await a.figures()).counters,
  };
  await vmm.validate();
  await vmm.dispose();
  return result;
}

/** Replicas that start from an image, and a write that reaches all of them. @param {typeof import('usufruct').Engine} Engine */
async function runImage(Engine) {
  const engine = await Engine.create({ memory: '256KiB', region: '64KiB' });
  const image = engine.image(new Uint8Array(100_000).fill(7));
  const vm = engine.createVm({ memory: '256KiB', addressSpace: '1MiB', image, replicas: 3 });
  vm.write(50_000, Uint8Array.of(1, 2));
  const result = {
    bytes: vm.replicas.map(({ memory }) => [...memory.read(49_999, 4)]),
    end: vm.replica.memory.load8(100_000),
    read: image.pagesRead,
    resident: vm.residentPages,
  };
  engine.validate();
  engine.dispose();
  return result;
}

/** A worker whose script is not there. @param {Pick<typeof import('usufruct'), 'Vmm'>} names */
async function failWorker({ Vmm }) {
  const error = await Vmm.start({ where: 'worker', worker: '/dist/no-such-worker.js', memory: '1MiB' }).catch(
    (/** @type {unknown} */ thrown) => thrown,
  );
  const { name, code, details } = /** @type {import('usufruct').WorkerFailedError} */ (error);
  return { name, code, details };
}

const plain = () => import('usufruct');
const inline = () => import('usufruct/inline');

Object.assign(globalThis, {
  run: async () => run((await plain()).Engine),
  runInline: async () => run((await inline()).Engine),
  runHere: async () => runVmm(await plain(), 'here'),
  runWorker: async () => runVmm(await plain(), 'worker'),
  runWorkerInline: async () => runVmm(await inline(), 'worker'),
  runImage: async () => runImage((await plain()).Engine),
  failWorker: async () => failWorker(await plain()),
});
