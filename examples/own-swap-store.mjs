// A swap store of your own: pages are kept compressed in host memory. The suite that every store has to pass runs first.
//
//   npm run build && node examples/own-swap-store.mjs
import { strict as assert } from 'node:assert';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { Engine, formatBytes, swapStoreConformance } from 'usufruct';

/** @returns {import('usufruct').SwapStore & { readonly bytes: number }} */
function compressedSwapStore() {
  /** @type {Map<number, Uint8Array>} */
  const pages = new Map();
  return {
    get bytes() {
      let sum = 0;
      for (const page of pages.values()) sum += page.length;
      return sum;
    },
    // Called once, when an engine takes the store: the number of slots and the size of a page.
    attach() {
      pages.clear();
    },
    // `from` and `into` are views of the engine's own memory: copy, do not keep them. Throwing is how a store fails.
    write(slot, from) {
      pages.set(slot, deflateRawSync(from, { level: 1 }));
    },
    read(slot, into) {
      const page = pages.get(slot);
      if (page === undefined) throw new RangeError(`slot ${slot} was never written`);
      into.set(inflateRawSync(page));
    },
    close() {
      pages.clear();
    },
  };
}

// In a project, pass `test` of vitest or node:test instead.
/** @type {(() => void | Promise<void>)[]} */
const tests = [];
swapStoreConformance('compressed store', compressedSwapStore, { test: (_name, run) => void tests.push(run), assert });
for (const run of tests) await run();
console.log(`the store passes the ${tests.length} tests of the contract`);

const store = compressedSwapStore();
const engine = await Engine.create({ memory: '1MiB', swap: { size: '16MiB', store } });
const vm = engine.createVm({ name: 'guest', memory: '1MiB' });
const text = new TextEncoder().encode('the same words again and again; '.repeat(2 ** 17));
vm.replica.memory.write(0, text);

const { pageOuts } = vm.counters;
console.log(`${pageOuts} pages (${formatBytes(pageOuts * engine.pageBytes)}) went out, compressed to ${formatBytes(store.bytes)}`);
assert.deepEqual(vm.replica.memory.read(0, text.length), text);
console.log('and came back as they went');
engine.dispose();
