// Forks a guest's memory, lets the fork go its own way, and brings it back: what it costs in frames and in copied pages.
//
//   npm run build && node examples/fork.mjs
import { Engine } from 'usufruct';

const PAGES = 1024;

const engine = await Engine.create({ memory: '8MiB', swap: { size: '16MiB' } });
const vm = engine.createVm({ name: 'guest', memory: '8MiB' });
const base = vm.replica;
const { pageBytes } = engine;
base.memory.fill(0, PAGES * pageBytes, 1);

/** @param {string} title */
function report(title) {
  console.log(`${title.padEnd(28)} ${vm.residentPages} pages in frames, ${vm.counters.copies} copied on a write`);
}
report(`a guest with ${PAGES} pages`);

// The fork has the same pages. No page is copied, whatever the size of the guest.
const attempt = base.fork();
report('forked');

// A store to a shared page gives the writer a copy of its own; the other side sees nothing of it.
for (let page = 0; page < 10; page += 1) attempt.memory.store32(page * pageBytes, 0xbad);
report('the fork wrote to 10 pages');
console.log(`the fork reads 0x${attempt.memory.load32(0).toString(16)}, the base 0x${base.memory.load32(0).toString(16)}`);

// Back to the base: the ten copies go, the rest was never anything else.
attempt.restore(base);
report('restored');
console.log(`equal again: ${attempt.digestSync() === base.digestSync()}`);

// When the memory goes down to half a megabyte, shared pages go out once and come back once, for both.
vm.reduce('7680KiB');
const other = engine.createVm({ name: 'other', memory: '7680KiB' });
other.replica.memory.fill(0, 7680 * 1024, 2);
const written = vm.counters.pageOuts;
const equal = attempt.digestSync() === base.digestSync();
console.log(`under pressure ${written} pages went out, each once for both; still equal: ${equal}`);

engine.validate();
engine.dispose();
