// Random replicas, forks, snapshots, restores and resets against plain copies of memory, with and without pressure on frames.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Replica, Snapshot, Vm } from '../../bindings/node.ts';
import { engineMake, PAGE_BYTES as PAGE, REGION_BYTES as REGION, shipped } from '../support/engines.ts';

const SPACE_PAGES = 70; // two nodes of the lowest level
const PAGES = [0, 1, 2, 62, 63, 64, 69];
const HOLDERS_MOST = 10;

/** A state as plain data: the byte that each page is filled with, and which writing made it so. */
type Plain = Map<number, { readonly byte: number; readonly written: number }>;
const NOTHING: Plain = new Map();

interface Held<Holder> {
  readonly holder: Holder;
  plain: Plain;
  base: Held<Snapshot> | null;
}

const operation = fc.record({
  kind: fc.constantFrom(
    'write',
    'write',
    'write',
    'fork',
    'forkSnapshot',
    'snapshot',
    'restore',
    'restoreSnapshot',
    'reset',
    'dispose',
    'drop',
  ),
  a: fc.nat(100),
  b: fc.nat(100),
  page: fc.constantFrom(...PAGES),
  byte: fc.nat(255),
});
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never;

class Pair {
  readonly replicas: Held<Replica>[];
  readonly snapshots: Held<Snapshot>[] = [];
  readonly #vm: Vm;
  #writes = 0;

  constructor(vm: Vm) {
    this.#vm = vm;
    this.replicas = [{ holder: vm.replica, plain: new Map(), base: null }];
  }

  carryOut({ kind, a, b, page, byte }: Operation): void {
    const replica = this.replicas[a % this.replicas.length]!;
    const other = this.replicas[b % this.replicas.length]!;
    const snapshot = this.snapshots[b % Math.max(1, this.snapshots.length)];
    const isFull = this.replicas.length + this.snapshots.length >= HOLDERS_MOST;
    if (kind === 'write') this.#write(replica, page, byte);
    else if (kind === 'fork' && !isFull) this.#add(replica.holder.fork(), replica.plain, replica.base);
    else if (kind === 'forkSnapshot' && snapshot !== undefined && !isFull) this.#add(snapshot.holder.fork(), snapshot.plain, snapshot);
    else if (kind === 'snapshot' && !isFull) {
      replica.base = { holder: replica.holder.snapshot(), plain: new Map(replica.plain), base: null };
      this.snapshots.push(replica.base);
    } else if (kind === 'restore') this.#become(replica, () => replica.holder.restore(other.holder), other.plain, other.base);
    else if (kind === 'restoreSnapshot' && snapshot !== undefined)
      this.#become(replica, () => replica.holder.restore(snapshot.holder), snapshot.plain, snapshot);
    else if (kind === 'reset' && replica.base?.holder.isDisposed !== true)
      this.#become(replica, () => replica.holder.reset(), replica.base?.plain ?? NOTHING, replica.base);
    else if (kind === 'dispose' && this.replicas.length > 1) {
      replica.holder.dispose();
      this.replicas.splice(this.replicas.indexOf(replica), 1);
    } else if (kind === 'drop' && snapshot !== undefined) {
      snapshot.holder.dispose();
      this.snapshots.splice(this.snapshots.indexOf(snapshot), 1);
    }
  }

  check(): void {
    const buffer = new Uint8Array(SPACE_PAGES * PAGE);
    for (const { holder, plain } of [...this.replicas, ...this.snapshots]) {
      holder.peek(0, buffer);
      for (let page = 0; page < SPACE_PAGES; page += 1) {
        const byte = plain.get(page)?.byte ?? 0;
        expect([buffer[page * PAGE], buffer[page * PAGE + PAGE - 1]]).toEqual([byte, byte]);
      }
    }
    for (const replica of this.replicas) for (const snapshot of this.snapshots) this.#checkPages(replica, snapshot);
    expect(this.#vm.replicas).toEqual(this.replicas.map(({ holder }) => holder));
    expect(this.#vm.snapshots).toEqual(this.snapshots.map(({ holder }) => holder));
  }

  #checkPages(replica: Held<Replica>, snapshot: Held<Snapshot>): void {
    const dirty = PAGES.filter((page) => replica.plain.get(page)?.written !== snapshot.plain.get(page)?.written);
    expect([...replica.holder.dirtyPages(snapshot.holder)].map(({ page }) => page)).toEqual(dirty);
    const different = dirty.filter((page) => (replica.plain.get(page)?.byte ?? 0) !== (snapshot.plain.get(page)?.byte ?? 0));
    expect([...snapshot.holder.diff(replica.holder)]).toEqual(
      different.map((page) => ({ page, address: page * PAGE, ranges: [{ from: 0, bytes: PAGE }] })),
    );
  }

  #write(replica: Held<Replica>, page: number, byte: number): void {
    replica.holder.memory.fill(page * PAGE, PAGE, byte);
    const holdersOf = [...this.replicas, ...this.snapshots].filter(
      ({ plain }) => plain.get(page)?.written === replica.plain.get(page)?.written,
    );
    const isAlone = holdersOf.length === 1 && replica.plain.has(page);
    const written = isAlone ? replica.plain.get(page)!.written : (this.#writes += 1);
    replica.plain.set(page, { byte, written });
  }

  #add(holder: Replica, plain: Plain, base: Held<Snapshot> | null): void {
    this.replicas.push({ holder, plain: new Map(plain), base });
  }

  #become(replica: Held<Replica>, action: () => void, plain: Plain, base: Held<Snapshot> | null): void {
    action();
    replica.plain = new Map(plain);
    replica.base = base;
  }
}

test.each([
  ['room for all', 20],
  ['frames for a few', 3],
])('%s', async (_name, regions) => {
  const engine = await engineMake(shipped[0]!, { regions: 24, slots: 256, maxVms: 1, maxReplicas: HOLDERS_MOST });
  fc.assert(
    fc.property(fc.array(operation, { minLength: 1, maxLength: 60 }), (operations) => {
      const vm = engine.createVm({ memory: regions * REGION, addressSpace: SPACE_PAGES * PAGE });
      try {
        const pair = new Pair(vm);
        for (const each of operations) pair.carryOut(each);
        pair.check();
        engine.validate();
      } finally {
        vm.dispose();
      }
      expect(engine.inspect().tables.pageObjects.used).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test('saved against any other snapshot, and loaded again', async () => {
  const engine = await engineMake(shipped[0]!, { regions: 40, slots: 256, maxVms: 1, maxReplicas: HOLDERS_MOST + 3 });
  const pages = fc.array(fc.tuple(fc.constantFrom(...PAGES), fc.nat(2), fc.constantFrom('readWrite', 'read', 'none')), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(pages, pages, fc.boolean(), async (first, second, hasBase) => {
      const vm = engine.createVm({ memory: 12 * REGION, addressSpace: SPACE_PAGES * PAGE });
      try {
        const { replica } = vm;
        const carryOut = (writes: typeof first): Snapshot => {
          for (const [page, byte, protection] of writes) {
            replica.protect(page * PAGE, PAGE, 'readWrite');
            replica.memory.fill(page * PAGE, PAGE, byte);
            replica.protect(page * PAGE, PAGE, protection);
          }
          return replica.snapshot();
        };
        const base = carryOut(first);
        const snapshot = carryOut(second);
        const loaded = await vm.loadSnapshot(await snapshot.save(hasBase ? { base } : {}), hasBase ? { base } : {});
        expect([...loaded.diff(snapshot)]).toEqual([]);
        const protections = (of: Snapshot) =>
          [...engine.pages(of.fork())]
            .filter(({ protection }) => protection !== 'readWrite')
            .map(({ page, protection }) => [page, protection]);
        expect(protections(loaded)).toEqual(protections(snapshot));
        engine.validate();
      } finally {
        vm.dispose();
      }
    }),
    { numRuns: 60 },
  );
});
