// The guests of the page: programs that run beside the engine, in the page or in a worker.

/** What stands at a page of a VM. @param {number} seed @param {number} page */
const word = (seed, page) => (seed * 1_000_003 + page * 7919) >>> 0;

/** @param {import('usufruct').Engine} engine @param {import('usufruct').Vm} vm @param {number} seed @param {number} bytes */
export function fill({ pageBytes }, vm, seed, bytes) {
  const memory = /** @type {import('usufruct').Replica} */ (vm.replicas[0]).memory;
  for (let page = 0; page * pageBytes < bytes; page++) memory.store32(page * pageBytes + page, word(seed, page));
}

/**
 * How many pages read back as they were written.
 * @param {import('usufruct').Engine} engine @param {import('usufruct').Vm} vm @param {number} seed @param {number} bytes
 */
export function intact({ pageBytes }, vm, seed, bytes) {
  const memory = /** @type {import('usufruct').Replica} */ (vm.replicas[0]).memory;
  let pages = 0;
  for (let page = 0; page * pageBytes < bytes; page++) if (memory.load32(page * pageBytes + page) === word(seed, page)) pages++;
  return pages;
}
