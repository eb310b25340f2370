// Early release under the compiled trace player: the host is asked, and a failure of its policy leaves the record to be played again.
import { expect, test } from 'vitest';
import { KIND_LOAD } from '../../assembly/shared/trace-format.ts';
import { Player } from '../../bindings/engine/player.ts';
import type { AccessFigures } from '../../bindings/node.ts';
import { encodeBlocks } from '../../bindings/trace/encode.ts';
import type { TraceRecord } from '../../bindings/trace/record.ts';
import { REGION_BYTES, thrownBy } from '../support/engines.ts';
import { borrowing, REGION_PAGES } from '../support/rights.ts';
import { batchStream } from '../support/trace-records.ts';

/** The first record at which each of 16 pages appears maps it; then page 13, of the region that was given up, again and again. */
const records: TraceRecord[] = [
  ...Array.from({ length: 4 * REGION_PAGES }, (_, unit) => unit),
  ...Array.from({ length: 10 }, () => 3 * REGION_PAGES + 1),
].map((unit) => ({ kind: KIND_LOAD, unit, offset: 8, size: 4 }));

test('the policy is asked at each access, its failure ends the run, and the run goes on behind it', async () => {
  const failure = new Error('not now');
  const asked: number[] = [];
  let works = true;
  const when = ({ accesses }: AccessFigures): boolean => {
    asked.push(accesses);
    if (!works) throw failure;
    return accesses >= 5;
  };
  const { engine, a } = await borrowing(0, { earlyRelease: { when }, engine: { maxPlayers: 1 } });
  const player = new Player(engine.core, a.handle, a.replica.handle, { loadsStore: false, knowsNextUse: false });
  for await (const block of encodeBlocks('sixteen', batchStream(records))) player.feed({ ...block, nextUses: null });
  player.run(Infinity, 4 * REGION_PAGES);
  expect(asked).toEqual([]);

  a.reduce(REGION_BYTES);
  player.run(Infinity, 2);
  expect(asked).toEqual([1, 2]);
  works = false;
  const position = player.position;
  expect(thrownBy(() => player.run(Infinity, 10))).toMatchObject({ code: 'POLICY_FAILED', cause: failure });
  expect(a.counters.earlyReleases).toBe(0);
  works = true;
  player.run(Infinity, 100);
  expect(a.counters.earlyReleases).toBe(1);
  while (player.position < position + 8 && !player.run(Infinity, 100));
  expect(a.counters.earlyReleases).toBe(1);
  expect(a.replica.memory.load32((3 * REGION_PAGES + 1) * 4096)).toBe(3 * REGION_PAGES + 2);
  player.dispose();
  engine.validate();
});

test('conditions as data release at the same access', async () => {
  const { engine, a } = await borrowing(0, {
    earlyRelease: { when: { statistic: 'accesses', comparison: '>=', constant: 5 } },
    engine: { maxPlayers: 1 },
  });
  const player = new Player(engine.core, a.handle, a.replica.handle, { loadsStore: false, knowsNextUse: false });
  for await (const block of encodeBlocks('sixteen', batchStream(records))) player.feed({ ...block, nextUses: null });
  player.run(Infinity, 4 * REGION_PAGES);
  a.reduce(REGION_BYTES);
  player.run(Infinity, 4);
  expect(a.counters.earlyReleases).toBe(0);
  player.run(Infinity, 1);
  expect(a.counters.earlyReleases).toBe(1);
  player.dispose();
});
