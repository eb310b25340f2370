// Images under pressure, with everything else that happens to pages: contents as in plain arrays, and the state of the engine whole after each step.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { memorySwapStore } from '../../bindings/node.ts';
import type { Engine, Replica, Snapshot } from '../../bindings/node.ts';
import { engineMake, expectBytes, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';

const PAGES = 14;
const IMAGE_PAGES = 10;
const BYTES = PAGES * PAGE;
const REPLICAS = 3;

/** Pages that repeat, some of them all zero, the last one short. */
const content = Uint8Array.from({ length: IMAGE_PAGES * PAGE - 500 }, (_, index) => {
  const page = Math.floor(index / PAGE);
  return page % 3 === 1 ? 0 : (index * 7 + (page % 4)) & 0xff;
});
const start = new Uint8Array(BYTES);
start.set(content);

const page = fc.integer({ min: 0, max: PAGES - 1 });
const replica = fc.integer({ min: 0, max: REPLICAS - 1 });
const operation = fc.oneof(
  fc.record({ what: fc.constant('load' as const), replica, page }),
  fc.record({ what: fc.constant('store' as const), replica, page, value: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ what: fc.constant('clear' as const), replica, page }),
  fc.record({ what: fc.constant('write' as const), page, value: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ what: fc.constant('advise' as const), replica, page, advice: fc.constantFrom('unused', 'willNeed', 'locked', 'normal') }),
  fc.record({ what: fc.constant('restore' as const), replica, from: replica }),
  fc.record({ what: fc.constantFrom('compare', 'scan', 'scrub', 'snapshot', 'back', 'take', 'give') }),
);
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

/** One VM with replicas that started from an image, another one that memory goes to, and plain arrays. */
class Subject {
  readonly engine: Engine;
  readonly #all: readonly Replica[];
  readonly #plain = Array.from({ length: REPLICAS }, () => start.slice());
  readonly #other;
  #saved: { readonly snapshot: Snapshot; readonly content: Uint8Array } | null = null;

  constructor(engine: Engine) {
    this.engine = engine;
    const image = engine.image(content);
    const compare = { onWrite: 'any' } as const;
    const vm = engine.createVm({ memory: 3 * REGION, addressSpace: BYTES, image, replicas: REPLICAS, compare });
    this.#all = vm.replicas;
    this.#other = engine.createVm({ memory: REGION, addressSpace: BYTES });
  }

  run(step: Operation): void {
    const [first] = this.#all;
    const vm = first!.vm;
    if (step.what === 'load')
      expect(this.#all[step.replica]!.memory.load8(step.page * PAGE + 9)).toBe(this.#plain[step.replica]![step.page * PAGE + 9]);
    else if (step.what === 'store') this.#fill([step.replica], step.page * PAGE + 100, 4, step.value);
    else if (step.what === 'clear') this.#fill([step.replica], step.page * PAGE, PAGE, 0);
    else if (step.what === 'write') {
      const bytes = new Uint8Array(Math.min(PAGE, BYTES - step.page * PAGE - 50)).fill(step.value);
      vm.write(step.page * PAGE + 50, bytes);
      for (const plain of this.#plain) plain.set(bytes, step.page * PAGE + 50);
    } else if (step.what === 'advise') {
      this.#all[step.replica]!.advise(step.page * PAGE, PAGE, step.advice);
      if (step.advice === 'unused') this.#plain[step.replica]!.fill(0, step.page * PAGE, (step.page + 1) * PAGE);
    } else if (step.what === 'restore') {
      this.#all[step.replica]!.restore(this.#all[step.from]!);
      this.#plain[step.replica]!.set(this.#plain[step.from]!.slice());
    } else this.#whole(step.what);
  }

  check(): void {
    this.engine.validate();
    for (const [index, one] of this.#all.entries()) expectBytes(one.peek(0, new Uint8Array(BYTES)), this.#plain[index]!);
  }

  #whole(what: string): void {
    const vm = this.#all[0]!.vm;
    if (what === 'compare') vm.compare();
    if (what === 'scan') vm.scan();
    if (what === 'scrub') expect(vm.scrub().flips).toEqual([]);
    if (what === 'snapshot') {
      this.#saved?.snapshot.dispose();
      this.#saved = { snapshot: this.#all[0]!.snapshot(), content: this.#plain[0]!.slice() };
    }
    if (what === 'back' && this.#saved !== null) {
      this.#all[1]!.restore(this.#saved.snapshot);
      this.#plain[1]!.set(this.#saved.content);
    }
    if (what === 'take' && vm.managedBytes > 2 * REGION) {
      vm.reduce(REGION);
      this.#other.expand(REGION);
      this.#other.replica.memory.fill(0, 4 * PAGE, 3);
    }
    if (what === 'give' && this.#other.managedBytes > REGION) {
      this.#other.reduce(REGION);
      vm.expand(REGION);
    }
  }

  #fill(replicas: readonly number[], address: number, length: number, value: number): void {
    for (const index of replicas) {
      this.#all[index]!.memory.fill(address, length, value);
      this.#plain[index]!.fill(value, address, address + length);
    }
  }
}

test.each([
  ['linear swap', () => ({})],
  ['swap in the host', () => ({ store: memorySwapStore() })],
])(
  'random steps, %s',
  async (_name, storeOf) => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 40 }), async (steps) => {
        const swap = { size: 96 * PAGE, ...storeOf() };
        const engine = await engineMake(shipped[0]!, { regions: 4, swap, maxReplicas: 32, compareOnWrite: true, scan: true });
        const subject = new Subject(engine);
        for (const step of steps) {
          try {
            subject.run(step);
          } catch (error) {
            // every frame may be locked: nothing has happened then
            if (!(error instanceof Error && 'code' in error && error.code === 'OUT_OF_FRAMES')) throw error;
          }
          engine.validate();
        }
        subject.check();
        engine.dispose();
      }),
      { numRuns: 60 },
    );
  },
  60_000,
);
