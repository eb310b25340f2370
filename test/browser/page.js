// Runs in the page: two VMs in one pool, memory moves from one to the other while both are full, and both read back what they wrote.
// Only one entry of the package is imported, by the function that is called.

const KIB = 1024;
const PAGE_BYTES = 4 * KIB;
const HALF_BYTES = 512 * KIB;
const MOVED_BYTES = 256 * KIB;

/** What stands at a page of a VM. @param {number} seed @param {number} page */
const word = (seed, page) => (seed * 1_000_003 + page * 7919) >>> 0;

/** @param {import('usufruct').Vm} vm @param {number} seed @param {number} bytes */
function fill(vm, seed, bytes) {
  const memory = /** @type {import('usufruct').Replica} */ (vm.replicas[0]).memory;
  for (let page = 0; page * PAGE_BYTES < bytes; page++) memory.store32(page * PAGE_BYTES + page, word(seed, page));
}

/** How many pages read back as they were written. @param {import('usufruct').Vm} vm @param {number} seed @param {number} bytes */
function intact(vm, seed, bytes) {
  const memory = /** @type {import('usufruct').Replica} */ (vm.replicas[0]).memory;
  let pages = 0;
  for (let page = 0; page * PAGE_BYTES < bytes; page++) if (memory.load32(page * PAGE_BYTES + page) === word(seed, page)) pages++;
  return pages;
}

/** @param {typeof import('usufruct').Engine} Engine */
async function run(Engine) {
  const engine = await Engine.create({ memory: 2 * HALF_BYTES, region: '64KiB', swap: { size: '4MiB', device: 'nvme' } });
  const a = engine.createVm({ name: 'a', memory: HALF_BYTES });
  const b = engine.createVm({ name: 'b', memory: HALF_BYTES });
  fill(a, 1, HALF_BYTES);
  fill(b, 2, HALF_BYTES);
  const moved = engine.reconfigure([
    { vm: a, change: -MOVED_BYTES },
    { vm: b, change: MOVED_BYTES },
  ]);
  const grantNs = moved.grantNs;
  const outBeforeGrant = moved.pageOutsBeforeGrant;
  fill(b, 3, HALF_BYTES + MOVED_BYTES);
  const result = {
    isolated: globalThis.crossOriginIsolated,
    grantNs,
    outBeforeGrant,
    settled: moved.settledNs !== null,
    managed: [a.managedBytes, b.managedBytes],
    intact: [intact(a, 1, HALF_BYTES), intact(b, 3, HALF_BYTES + MOVED_BYTES)],
    pageOuts: a.counters.pageOuts,
    pageIns: a.counters.pageIns,
  };
  engine.validate();
  engine.dispose();
  return result;
}

Object.assign(globalThis, {
  run: async () => run((await import('usufruct')).Engine),
  runInline: async () => run((await import('usufruct/inline')).Engine),
});
