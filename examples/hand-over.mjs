// Moves half of one VM's memory to another and draws who manages and who uses each region, step by step.
//
//   npm run build && node examples/hand-over.mjs
import { Engine, formatBytes, formatNs, formatRights } from 'usufruct';

const KIB = 2 ** 10;
const REGION_BYTES = 256 * KIB;

const engine = await Engine.create({ memory: 12 * REGION_BYTES, region: REGION_BYTES, swap: { size: '16MiB', device: 'nvme' } });
const giver = engine.createVm({ name: 'giver', memory: 8 * REGION_BYTES });
const taker = engine.createVm({ name: 'taker', memory: 4 * REGION_BYTES });

/** @param {string} title */
function draw(title) {
  console.log(`\n${title}\n${formatRights(engine.inspect())}`);
}

giver.replica.memory.fill(0, 8 * REGION_BYTES, 0x11);
taker.replica.memory.fill(0, 4 * REGION_BYTES, 0x22);
draw('All memory is in use');

const change = engine.reconfigure([
  { vm: giver, change: '-1MiB' },
  { vm: taker, change: '+1MiB' },
]);
draw(`Granted after ${formatNs(change.grantNs ?? 0)}; ${change.pageOutsBeforeGrant} pages were written for it`);

engine.on('takeOver', ({ vm, from, region, pagesWritten }) => {
  console.log(`  ${vm.name} took region ${region} from ${from?.name}; ${pagesWritten} pages went out`);
});

console.log('\nThe taker fills one region more:');
taker.replica.memory.fill(4 * REGION_BYTES, REGION_BYTES, 0x22);
draw('One region has followed');

console.log('\nThe taker fills the others:');
taker.replica.memory.fill(5 * REGION_BYTES, 3 * REGION_BYTES, 0x22);
draw(`Settled ${formatNs(change.settledNs ?? 0)} of virtual time after the request`);

// What went out is not lost: the giver pages it in again when it needs it.
const before = giver.counters.pageIns;
const byte = giver.replica.memory.load8(4 * REGION_BYTES);
console.log(`\nThe giver reads 0x${byte.toString(16)} where it wrote 0x11, with ${giver.counters.pageIns - before} page-in.`);
console.log(`It manages ${formatBytes(giver.managedBytes)} now, the taker ${formatBytes(taker.managedBytes)}.`);

engine.validate();
engine.dispose();
