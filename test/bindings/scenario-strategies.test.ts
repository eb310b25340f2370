// What each strategy does with one scenario that is small enough to follow: a VM with room to spare gives up the low half of its memory.
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../bindings/scenario/result.ts';
import { buildOf } from '../support/builds.ts';
import { type LackeyRecord, lackeyText, runOn } from './scenario-support.ts';

const PAGE = 4096;

/** Stores to these pages, in turn, so often. */
function stores(pages: number, times: number): readonly LackeyRecord[] {
  return Array.from({ length: pages * times }, (_, index) => ({ kind: 'S', address: BigInt((index % pages) * PAGE), size: 8 }));
}

const TRACES = {
  'a.lackey': lackeyText(stores(10, 60)),
  'b.lackey': lackeyText([...stores(4, 600), ...stores(11, 30)]),
};

const SCENARIO = {
  memory: 20 * PAGE,
  region: PAGE,
  swap: { size: '1MiB', readLatency: '90us', writeLatency: '25us' },
  accessNs: 1000,
  vms: [
    { name: 'a', memory: 16 * PAGE, trace: 'a.lackey' },
    { name: 'b', memory: 4 * PAGE, trace: 'b.lackey' },
  ],
  changes: [{ when: { vm: 'a', progress: 0.25 }, reconfigure: { a: { give: { from: 0, bytes: 8 * PAGE } }, b: 8 * PAGE } }],
};

async function runs(fields: Readonly<Record<string, unknown>>): Promise<readonly RunResult[]> {
  const { result } = await runOn(buildOf('release'), { ...SCENARIO, ...fields }, TRACES);
  if (result.runs.length > 1) expect(result.contentsEqual).toBe(true);
  return result.runs;
}

async function run(strategy: string | object, fields: Readonly<Record<string, unknown>> = {}): Promise<RunResult> {
  return (await runs({ ...fields, strategies: [strategy] }))[0]!;
}

const vm = ({ vms }: RunResult, name: string) => vms.find((one) => one.name === name)!;
const pageOuts = ({ vms }: RunResult): number => vms.reduce((sum, one) => sum + one.pageOuts, 0);

describe('strategies of one scenario', () => {
  it('all end with the same contents', async () => {
    const all = ['rights', 'managerPreferred', 'earlyRelease', 'moveFirst', 'evacuate', 'readOnly', 'eager', 'reserve'];
    expect((await runs({ strategies: all })).map(({ strategy }) => strategy)).toEqual(all);
  });

  it('rights: granted at once; each first touch of a region that the giver still uses waits for its page-out', async () => {
    const rights = await run('rights');
    expect(rights.reconfigurations[0]).toMatchObject({ grantVirtualNs: 0, pageOutsBeforeGrant: 0, pageOutsAfterGrant: 7 });
    expect(vm(rights, 'b')).toMatchObject({ takeOvers: 7, firstTouches: { count: 7, waited: 7 } });
    expect(vm(rights, 'b').firstTouches.worstNs).toBeGreaterThanOrEqual(25_000);
    expect(rights.reconfigurations[0]!.released).toMatchObject({ regions: 7 });
    expect(rights.reconfigurations[0]!.taken).toMatchObject({ regions: 7 });
    expect(rights.usefulBytes).toMatchObject({ mean: SCENARIO.memory, least: SCENARIO.memory });
  });

  it('eager: granted after the page-outs, memory lies idle until then, no first touch waits for anybody', async () => {
    const eager = await run('eager');
    expect(eager.reconfigurations[0]).toMatchObject({ grantVirtualNs: 8 * 25_000, pageOutsBeforeGrant: 8, pageOutsAfterGrant: 0 });
    expect(vm(eager, 'b')).toMatchObject({ takeOvers: 0 });
    expect(eager.usefulBytes.least).toBe(SCENARIO.memory - 8 * PAGE);
    expect(eager.usefulBytes.mean).toBeLessThan(SCENARIO.memory);
  });

  it('reserve: granted at once, out of memory that was idle all along', async () => {
    const reserve = await run({ name: 'pool', handover: 'reserve', reserve: { memory: 8 * PAGE } }, { memory: 28 * PAGE });
    expect(reserve.reconfigurations[0]).toMatchObject({ grantVirtualNs: 0, pageOutsBeforeGrant: 0 });
    expect(reserve.usefulBytes.least).toBe(20 * PAGE);
    expect(reserve.usefulBytes.mean).toBeLessThan(21 * PAGE); // the old user may use what is not paged out yet
    expect(vm(reserve, 'b').takeOvers).toBe(0);
    expect(vm(reserve, 'a').pageOuts).toBeGreaterThanOrEqual(8);
  });

  it('reserve on a machine without spare memory: the VMs start with less, in proportion', async () => {
    const reserve = await run({ name: 'pool', handover: 'reserve', reserve: { memory: 5 * PAGE } }, { changes: [] });
    expect(reserve.vms.map(({ managedBytes }) => managedBytes / PAGE)).toEqual([12, 3]);
  });

  it('managerPreferred: of what another VM still uses, the use right comes back first, and that is waited for', async () => {
    const changes = [
      ...SCENARIO.changes,
      { when: { vm: 'a', progress: 0.26 }, reconfigure: { b: -8 * PAGE } }, // b has touched none of them yet: a uses them
    ];
    const first = await run('rights', { changes });
    const second = await run('managerPreferred', { changes });
    expect(first.reconfigurations[1]!.grantVirtualNs).toBe(0);
    expect(second.reconfigurations[1]!.grantVirtualNs).toBeGreaterThanOrEqual(8 * 25_000);
    expect(second.reconfigurations[1]!.pageOutsBeforeGrant).toBe(8);
  });

  it('early release: regions are free when the new manager comes, and that costs the old user', async () => {
    const early = { when: { statistic: 'timeSinceNs', comparison: '>=', constant: '20us' } };
    const [rights, released] = await runs({ strategies: ['rights', { name: 'early', earlyRelease: early }] });
    expect(vm(released!, 'a').earlyReleases).toBe(7); // the page of the eighth is always evicted before it is accessed again
    expect(vm(released!, 'b').takeOvers).toBe(0);
    expect(vm(released!, 'b').firstTouches.waited).toBeLessThan(vm(rights!, 'b').firstTouches.waited);
    expect(vm(released!, 'a').virtualNs).toBeGreaterThan(vm(rights!, 'a').virtualNs);
  });

  it('a condition of a VM holds for that VM; a strategy goes before it, and null takes it away', async () => {
    const early = { when: { statistic: 'timeSinceNs', comparison: '>=', constant: 20_000 } };
    const vms = [{ ...SCENARIO.vms[0], earlyRelease: early }, SCENARIO.vms[1]];
    const [rights, none] = await runs({ vms, strategies: ['rights', { name: 'none', earlyRelease: null }] });
    expect(vm(rights!, 'a').earlyReleases).toBe(7);
    expect(vm(none!, 'a').earlyReleases).toBe(0);
  });

  it('a sweep releases what is not accessed any more', async () => {
    const when = { statistic: 'timeSinceNs', comparison: '>=', constant: '50us' };
    const idle = lackeyText([...stores(10, 15), ...stores(1, 450)]); // after the change only page 0
    const scenario = (earlyRelease: object) => ({ ...SCENARIO, strategies: [{ name: 'x', earlyRelease }] });
    const released = async (earlyRelease: object): Promise<number> => {
      const { result } = await runOn(buildOf('release'), scenario(earlyRelease), {
        ...TRACES,
        'a.lackey': idle,
        'b.lackey': lackeyText(stores(2, 300)),
      });
      return vm(result.runs[0]!, 'a').earlyReleases;
    };
    expect(await released({ when })).toBe(1);
    expect(await released({ when, sweep: '10us' })).toBe(8);
  });

  it('moveFirst: pages move into frames that the giver has free, and do not go out', async () => {
    const [rights, moving] = await runs({ strategies: ['rights', 'moveFirst'] });
    expect(vm(moving!, 'a').pagesMoved).toBe(6); // frames 10 to 15 of its 16
    expect(pageOuts(moving!)).toBeLessThanOrEqual(pageOuts(rights!) - 6);
  });

  it('evacuate: an access moves the page, so that less is left to page out', async () => {
    const [rights, evacuated] = await runs({ strategies: ['rights', 'evacuate'] });
    expect(vm(evacuated!, 'a').pagesMoved).toBe(6);
    expect(pageOuts(evacuated!)).toBeLessThan(pageOuts(rights!));
    expect(vm(evacuated!, 'b').takeOvers).toBeLessThan(vm(rights!, 'b').takeOvers);
  });

  it('readOnly: a store moves the page, a load does not', async () => {
    const loads = lackeyText([...stores(10, 15), ...stores(10, 45).map((record) => ({ ...record, kind: 'L' as const }))]);
    const moved = async (text: string): Promise<number> => {
      const scenario = { ...SCENARIO, loadsStore: false, strategies: ['readOnly'] };
      const { result } = await runOn(buildOf('release'), scenario, { ...TRACES, 'a.lackey': text });
      return vm(result.runs[0]!, 'a').pagesMoved;
    };
    expect(await moved(TRACES['a.lackey'])).toBe(6);
    expect(await moved(loads)).toBe(0);
  });

  it('selection for expansion: regions without a user first', async () => {
    const { give } = SCENARIO.changes[0]!.reconfigure.a;
    const [lowest, userless] = await runs({
      memory: 24 * PAGE,
      changes: [{ ...SCENARIO.changes[0], reconfigure: { a: { give }, b: 4 * PAGE } }],
      strategies: ['rights', { name: 'userless', selection: { expand: ['userlessFirst', 'lowest'] } }],
    });
    expect([lowest!, userless!].map((result) => vm(result, 'b').takeOvers)).toEqual([4, 0]);
  });

  it('selection for release: least recently used first, in the strategy and in the change', async () => {
    const old = lackeyText([...stores(10, 15), ...stores(10, 90).filter((_, index) => index % 10 >= 5)]); // pages 0 to 4 no more
    const selection = { release: 'leastRecentlyUsed' };
    const byAmount = { ...SCENARIO.changes[0], reconfigure: { a: -8 * PAGE, b: 8 * PAGE } };
    const pageIns = async (change: object, fields: object): Promise<number> => {
      const scenario = { ...SCENARIO, changes: [change], ...fields };
      const { result } = await runOn(buildOf('release'), scenario, { 'a.lackey': old, 'b.lackey': lackeyText(stores(12, 60)) });

      return vm(result.runs[0]!, 'a').pageIns;
    };
    const highest = await pageIns(byAmount, { strategies: ['rights'] });
    expect(await pageIns(byAmount, { strategies: [{ name: 'lru', selection }] })).toBeLessThan(highest);
    expect(await pageIns({ ...byAmount, selection }, { strategies: ['rights'] })).toBeLessThan(highest);
  });
});

describe('requests', () => {
  const change = (fields: object) => ({ changes: [{ ...SCENARIO.changes[0], ...fields }] });

  it('a range of real memory becomes a VM’s, whoever has it', async () => {
    const absolute = await run(
      'rights',
      change({
        reconfigure: [
          { vm: 'b', real: { from: 0, bytes: 6 * PAGE } },
          { vm: null, real: { from: 6 * PAGE, bytes: PAGE } },
        ],
      }),
    );
    expect(absolute.vms.map(({ managedBytes }) => managedBytes / PAGE)).toEqual([9, 10]);
  });

  it('a VM may take a range of its machine addresses', async () => {
    const taken = await run('rights', change({ reconfigure: { a: -4 * PAGE, b: { take: { from: 32 * PAGE, bytes: 4 * PAGE } } } }));
    expect(vm(taken, 'b').managedBytes).toBe(8 * PAGE);
  });

  it('chunks and orders of issue: the same memory, in more requests', async () => {
    const reconfigure = { a: -8 * PAGE, b: 8 * PAGE };
    const requests = async (fields: object): Promise<readonly (readonly [string, number])[]> =>
      (await run('rights', change({ reconfigure, ...fields }))).reconfigurations[0]!.changes.map(({ vm: name, bytes }) => [
        name,
        bytes / PAGE,
      ]);
    expect(await requests({})).toEqual([
      ['a', -8],
      ['b', 8],
    ]);
    expect(await requests({ chunk: 4 * PAGE })).toEqual([
      ['a', -4],
      ['a', -4],
      ['b', 4],
      ['b', 4],
    ]);
    expect(await requests({ chunk: 4 * PAGE, order: 'cycles' })).toEqual([
      ['a', -4],
      ['b', 4],
      ['a', -4],
      ['b', 4],
    ]);
  });

  it('a change that is repeated, there and back', async () => {
    const reconfigure = { a: -2 * PAGE, b: 2 * PAGE };
    const result = await run(
      'rights',
      change({ when: { vm: 'a', progress: 0.1 }, reconfigure, repeat: { times: 3, every: 0.2, backAndForth: true } }),
    );
    expect(result.reconfigurations.map(({ changes }) => changes.map(({ vm: name }) => name).join())).toEqual([
      'a,b',
      'b,a',
      'a,b',
      'b,a',
      'a,b',
      'b,a',
    ]);
    expect(vm(result, 'a').managedBytes).toBe(16 * PAGE);
  });

  it('one that waits for the grants of earlier ones is held back, and says so', async () => {
    const { reconfigure } = SCENARIO.changes[0]!;
    const when = { virtual: '150us' };
    const repeat = { times: 2, every: '20us', backAndForth: true };
    const [first, second] = (await run('eager', change({ when, reconfigure, repeat, afterGrant: true }))).reconfigurations;
    expect(first).toMatchObject({ requestVirtualNs: 150_000, heldVirtualNs: 0, grantVirtualNs: 200_000 });
    expect(second).toMatchObject({ requestVirtualNs: 350_000, heldVirtualNs: 190_000 });
    await expect(run('eager', change({ when, reconfigure, repeat }))).rejects.toThrow(/Under eager: .*b/);
  });
});
