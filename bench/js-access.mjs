// What does an access to guest memory cost from JavaScript, against a bare call into WebAssembly?
import { usufruct } from './support/built.mjs';
import { compared, ratioMost } from './support/figure.mjs';
import { loopsCompile } from './support/loops.mjs';
import { sideBySide } from './support/side-by-side.mjs';

const MEMORY_BYTES = 2 ** 22;
const MASK = 4 * 4096 - 1;
const CALLS = 200_000;

/** @type {import('./support/figure.mjs').Question} */
export const question = {
  name: 'js-access',
  title: 'replica.memory.load32 from JavaScript, against a bare call into WebAssembly that loads',
  measure: async () => {
    const engine = await usufruct.Engine.create({ memory: MEMORY_BYTES });
    const [replica] = engine.createVm({ memory: MEMORY_BYTES }).replicas;
    if (!replica) throw new Error('a VM has a replica');
    const { memory } = replica;
    for (let at = 0; at <= MASK; at += 4) memory.store32(at, at);
    const { module } = await loopsCompile('bare');
    const bareMemory = new WebAssembly.Memory({ initial: 16 });
    const { exports } = await WebAssembly.instantiate(module, { env: { memory: bareMemory } });
    const bareLoad32 = /** @type {(address: number) => number} */ (exports['bareLoad32']);
    const bareStore32 = /** @type {(address: number, value: number) => void} */ (exports['bareStore32']);
    const loads = sideBySide({
      ours: () => {
        let sum = 0;
        for (let i = 0, at = 0; i < CALLS; i++, at = (at + 4) & MASK) sum += memory.load32(at);
        return sum;
      },
      reference: () => {
        let sum = 0;
        for (let i = 0, at = 0; i < CALLS; i++, at = (at + 4) & MASK) sum += bareLoad32(at);
        return sum;
      },
    });
    const stores = sideBySide({
      ours: () => {
        for (let i = 0, at = 0; i < CALLS; i++, at = (at + 4) & MASK) memory.store32(at, i);
      },
      reference: () => {
        for (let i = 0, at = 0; i < CALLS; i++, at = (at + 4) & MASK) bareStore32(at, i);
      },
    });
    engine.dispose();
    return [
      compared('load32, words in a row over 4 hot pages, ns', loads, 1e6 / CALLS, ratioMost(3)),
      compared('store32, words in a row over 4 hot pages, ns', stores, 1e6 / CALLS),
    ];
  },
};
