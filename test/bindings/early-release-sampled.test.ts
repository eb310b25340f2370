// The sampled way of counting: a page's first access after each sampling moment.
import { expect, test } from 'vitest';
import { PAGE_BYTES, REGION_BYTES } from '../support/engines.ts';
import { borrowing } from '../support/rights.ts';

const AT = 3 * REGION_BYTES;
const never = { statistic: 'accesses', comparison: '<', constant: 0 } as const;
const sampled = { counting: 'sampled', when: never, sweep: '1ms' } as const;

test('a page is counted once between two sweeps, each page for itself', async () => {
  const { engine, a } = await borrowing(1, { earlyRelease: sampled });
  const accesses = (): number => a.accessFigures()[0]!.accesses;
  for (let turn = 0; turn < 3; turn += 1) a.replica.memory.load32(AT);
  expect(accesses()).toBe(1);
  for (let turn = 0; turn < 3; turn += 1) a.replica.memory.store8(AT + PAGE_BYTES, 1);
  expect(accesses()).toBe(2);
  engine.advance(engine.dueNs!);
  expect(accesses()).toBe(2);
  for (let turn = 0; turn < 3; turn += 1) a.replica.memory.load32(AT);
  expect(accesses()).toBe(3);
  engine.validate();
});

test('exact counting counts the same accesses all', async () => {
  const { a } = await borrowing(1, { earlyRelease: { ...sampled, counting: 'exact' } });
  for (let turn = 0; turn < 3; turn += 1) a.replica.memory.load32(AT);
  expect(a.accessFigures()[0]!.accesses).toBe(3);
});

test('a reduction and another condition are sampling moments too', async () => {
  const { a } = await borrowing(1, { earlyRelease: sampled });
  a.replica.memory.load32(AT);
  a.reduce(REGION_BYTES);
  a.replica.memory.load32(AT);
  expect(a.accessFigures()[1]).toMatchObject({ region: 3, accesses: 2 });
  a.releaseEarly(sampled);
  a.replica.memory.load32(AT);
  expect(a.accessFigures()[1]).toMatchObject({ region: 3, accesses: 1 });
});

test('Fig. 15 S612-S616 hold for what is counted', async () => {
  const { a } = await borrowing(1, { earlyRelease: { ...sampled, when: { statistic: 'accesses', comparison: '>=', constant: 2 } } });
  for (let turn = 0; turn < 9; turn += 1) a.replica.memory.load32(AT);
  expect(a.counters.earlyReleases).toBe(0);
  expect(a.replica.memory.load32(AT + PAGE_BYTES)).toBe(AT / PAGE_BYTES + 2);
  expect(a.counters.earlyReleases).toBe(1);
});
