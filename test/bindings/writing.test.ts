// [0145] memory that is being written out: writes that nobody waits for are under way while the VMs go on.
import { expect, test } from 'vitest';
import type { Vm } from '../../bindings/node.ts';
import { PAGE_BYTES, REGION_BYTES } from '../support/engines.ts';
import { borrowing, READ_NS, REGION_PAGES, SLOTS, WRITE_NS } from '../support/rights.ts';

/** Lets a VM's clock come to a time. */
function passUntil(vm: Vm, timeNs: number): void {
  while (vm.timeNs < timeNs) vm.replica.memory.load8(0);
}

const idle = { when: { statistic: 'timeSinceNs', comparison: '>=', constant: 0 }, sweep: 1000 } as const;

test('pages of a sweep, fewer as time passes', async () => {
  const { engine, a, b } = await borrowing(1);
  a.releaseEarly(idle);
  const writing = (): number => engine.inspect().swap.writingPages;
  expect(writing()).toBe(0);
  const dueNs = engine.dueNs!;
  passUntil(b, dueNs);
  engine.advance();
  expect(writing()).toBe(REGION_PAGES);
  passUntil(b, dueNs + WRITE_NS - 1);
  expect(writing()).toBe(REGION_PAGES);
  passUntil(b, dueNs + WRITE_NS);
  expect(writing(), 'the first one has ended').toBe(REGION_PAGES - 1);
  passUntil(b, dueNs + REGION_PAGES * WRITE_NS);
  expect(writing()).toBe(0);
});

test('several at a time on a device that takes several', async () => {
  const swap = { size: SLOTS * PAGE_BYTES, writeLatency: WRITE_NS, readLatency: READ_NS, queue: 3 };
  const { engine, a, b } = await borrowing(1, { engine: { swap } });
  a.releaseEarly(idle);
  passUntil(b, engine.dueNs!);
  engine.advance();
  expect(engine.inspect().swap.writingPages).toBe(REGION_PAGES);
});

test('what a VM waits for is over when it goes on', async () => {
  const { engine, b } = await borrowing(1);
  b.expand(REGION_BYTES);
  b.touch(REGION_BYTES);
  expect(engine.inspect().swap.writingPages).toBe(0);
});

test('an eager reduction writes while everybody goes on', async () => {
  const { engine, a } = await borrowing(0, { engine: { handover: 'eager' } });
  a.reduce(2 * REGION_BYTES);
  expect(engine.inspect().swap.writingPages).toBe(2 * REGION_PAGES);
});

test('a device that takes no time has never anything under way', async () => {
  const { engine, a, b } = await borrowing(1, { engine: { swap: { size: SLOTS * PAGE_BYTES } } });
  a.releaseEarly(idle);
  passUntil(b, engine.dueNs!);
  engine.advance();
  expect(a.counters.pageOuts).toBe(REGION_PAGES);
  expect(engine.inspect().swap.writingPages).toBe(0);
});
