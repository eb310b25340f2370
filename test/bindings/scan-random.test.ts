// Random operations on pages that scans, comparisons, forks, snapshots, advice and memory pressure move about: contents are those of plain copies.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Engine, Replica, Snapshot, Vm } from '../../bindings/node.ts';
import { buildOf } from '../support/builds.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped } from '../support/engines.ts';

const PAGES = [0, 1, 2, 3, 63, 64, 65, 130];
/** What is stored: few different contents, one of them with its highest bits set. */
const BYTES = [0, 1, 0xc7];
const FRAMES = 3 * 4; // three regions: less than there are pages

type Kind =
  | 'store'
  | 'load'
  | 'crossing'
  | 'bulk'
  | 'fork'
  | 'snapshot'
  | 'drop'
  | 'restore'
  | 'compare'
  | 'scan'
  | 'scrub'
  | 'unused'
  | 'locked'
  | 'normal'
  | 'protect';

interface Operation {
  readonly kind: Kind;
  readonly who: number;
  readonly page: number;
  readonly value: number;
}

const operation: fc.Arbitrary<Operation> = fc.record({
  kind: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<Kind>('store', 'crossing', 'bulk', 'load', 'load', 'load') },
    { weight: 4, arbitrary: fc.constant<Kind>('scan') },
    {
      weight: 6,
      arbitrary: fc.constantFrom<Kind>('fork', 'snapshot', 'drop', 'restore', 'compare', 'scrub', 'unused', 'locked', 'normal', 'protect'),
    },
  ),
  who: fc.nat(7),
  page: fc.constantFrom(...PAGES),
  value: fc.nat(2),
});

type Words = Map<number, number>; // by address, of bytes that are not zero

/** A VM beside plain copies of what its replicas and snapshots hold. */
class Twins {
  readonly #contents = new Map<Replica | Snapshot, Words>();
  readonly #snapshots: Snapshot[] = [];
  readonly #engine: Engine;
  readonly #vm: Vm;
  readonly #page: number;

  constructor(engine: Engine, vm: Vm) {
    this.#engine = engine;
    this.#vm = vm;
    this.#page = engine.pageBytes;
    for (const replica of vm.replicas) this.#contents.set(replica, new Map());
  }

  run({ kind, who, page, value }: Operation): void {
    const vm = this.#vm;
    const replica = vm.replicas[who % vm.replicas.length]!;
    const words = this.#contents.get(replica)!;
    const at = page * this.#page;
    if (kind === 'store') this.#store(replica, at + (value === 1 ? 8 : 0), [BYTES[value]!]);
    else if (kind === 'load') this.#load(replica, words, at);
    else if (kind === 'crossing') this.#store(replica, at + this.#page - 1, [BYTES[value]!, BYTES[value]!]);
    else if (kind === 'bulk') this.#store(replica, at, new Array<number>(64).fill(BYTES[value]!));
    else if (kind === 'fork' && vm.replicas.length < 4) {
      const fork = replica.fork();
      fork.isInStep = value > 0;
      this.#contents.set(fork, new Map(words));
    } else if (kind === 'snapshot' && this.#snapshots.length < 3) {
      const snapshot = replica.snapshot();
      this.#snapshots.push(snapshot);
      this.#contents.set(snapshot, new Map(words));
    } else if (kind === 'drop') this.#drop(replica, value);
    else if (kind === 'restore') this.#restore(replica, who);
    else if (kind === 'compare') vm.compare();
    else if (kind === 'scan') vm.scan();
    else if (kind === 'scrub') expect(vm.scrub().flips).toEqual([]);
    else if (kind === 'unused') {
      replica.advise(at, this.#page, 'unused');
      for (const address of [...words.keys()]) if (Math.floor(address / this.#page) === page) words.delete(address);
    } else if (kind === 'locked' && value === 0) replica.advise(at, this.#page, 'locked');
    else if (kind === 'normal') replica.advise(0, 140 * this.#page, 'normal');
    else if (kind === 'protect') replica.protect(at, this.#page, value === 0 ? 'read' : 'readWrite');
  }

  #store(replica: Replica, address: number, bytes: readonly number[]): void {
    try {
      replica.memory.write(address, Uint8Array.from(bytes));
    } catch (failure) {
      // a page is read-only (nothing is done), or all frames are locked (whole pages are done)
      const { code, details } = failure as { code: string; details: { bytesDone?: number } };
      expect(['PROTECTED', 'OUT_OF_FRAMES']).toContain(code);
      bytes = bytes.slice(0, details.bytesDone ?? 0);
    }
    bytes.forEach((byte, index) => this.#contents.get(replica)!.set(address + index, byte));
  }

  /** So that there are translations, of all addresses from one on. */
  #load(replica: Replica, words: Words, from: number): void {
    for (const page of PAGES.filter((each) => each * this.#page >= from))
      expect(replica.memory.load8(page * this.#page)).toBe(words.get(page * this.#page) ?? 0);
  }

  #drop(replica: Replica, value: number): void {
    if (value === 0) this.#snapshots.shift()?.dispose();
    else if (this.#vm.replicas.length > 1) replica.dispose();
  }

  #restore(replica: Replica, who: number): void {
    const others = [...this.#vm.replicas, ...this.#snapshots];
    const from = others[who % others.length]!;
    replica.restore(from);
    this.#contents.set(replica, new Map(this.#contents.get(from)));
  }

  expectEqual(): void {
    this.#engine.validate();
    const into = new Uint8Array(this.#page);
    const expected = new Uint8Array(this.#page);
    for (const holder of [...this.#vm.replicas, ...this.#snapshots]) {
      const words = this.#contents.get(holder)!;
      for (const page of new Set(PAGES.flatMap((at) => [at, at + 1]))) {
        expected.fill(0);
        for (const [address, byte] of words) if (Math.floor(address / this.#page) === page) expected[address % this.#page] = byte;
        holder.peek(page * this.#page, into);
        expect(Buffer.compare(into, expected), `page ${page}`).toBe(0);
      }
    }
  }

  /** After two passes in which nothing changed, what is in frames and was not locked is there once. */
  expectScanned(): void {
    this.#vm.replica.advise(0, 140 * this.#page, 'normal');
    this.#vm.scan();
    const { pagesMerged, pagesVolatile } = (this.#vm.scan(), this.#vm.scan());
    expect({ pagesMerged, pagesVolatile }).toEqual({ pagesMerged: 0, pagesVolatile: 0 });
  }
}

test.each([
  [4, false],
  [4, 'any'],
  [1, false],
  [16, 'any'],
] as const)(
  'pages of %i KiB, compared on write: %s',
  async (pageKib, onWrite) => {
    const build = buildOf('release', pageKib);
    const page = build.pageBytes;
    const memory = FRAMES * page;
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 90 }), async (operations) => {
        const engine = await engineMake(build, {
          memory,
          region: 4 * page,
          swap: { size: 256 * page },
          maxReplicas: 16,
          scan: true,
          compareOnWrite: true,
        });
        const vm = engine.createVm({ memory, addressSpace: 192 * page, replicas: 2, compare: { onWrite } });
        const twins = new Twins(engine, vm);
        for (const each of operations) {
          twins.run(each);
          twins.expectEqual();
        }
        twins.expectScanned();
        engine.dispose();
      }),
      { numRuns: 40 },
    );
  },
  120_000,
);

test('a VM with one replica under pressure', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 20, maxLength: 90 }), async (operations) => {
      const engine = await engineMake(shipped[0]!, { regions: 1, slots: 256, scan: true });
      const vm = engine.createVm({ memory: REGION_BYTES, addressSpace: 192 * PAGE_BYTES });
      const twins = new Twins(engine, vm);
      for (const each of operations) {
        if (each.kind === 'fork' || each.kind === 'snapshot') continue;
        twins.run(each);
        twins.expectEqual();
      }
      twins.expectScanned();
      engine.dispose();
    }),
    { numRuns: 40 },
  );
}, 120_000);
