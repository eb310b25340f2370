// VMs of several replicas in scenarios, run.
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RunResult, VmResult } from '../../bindings/scenario/result.ts';
import { buildOf, shippedBuilds } from '../support/builds.ts';
import { type LackeyRecord, lackeyText, runOn } from './scenario-support.ts';

const PAGE = 4096;
const BASE = 0x40_0000;
const RECORDS = 60_000;
const PAGES = 40;

/** Works on page after page, and comes back to the first one now and then. */
const PROGRAM: readonly LackeyRecord[] = Array.from({ length: RECORDS }, (_, index) => {
  const page = index % 50 === 0 ? 0 : Math.floor((index * PAGES) / RECORDS);
  return { kind: index % 5 === 4 ? 'I' : 'S', address: BigInt(BASE + page * PAGE + ((index * 24) % 4088)), size: 8 };
});

/** Contents by the definition: the n-th data record leaves (n + A) & 0xff at its addresses. */
function contents(): Buffer {
  const memory = Buffer.alloc(PAGES * PAGE);
  let data = 0;
  for (const { kind, address, size } of PROGRAM) {
    if (kind === 'I') continue;
    for (let offset = 0; offset < size; offset += 1) memory[Number(address) - BASE + offset] = (data + Number(address) + offset) & 0xff;
    data += 1;
  }
  return memory;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const MEMORY = contents();
const DIGEST = sha256(MEMORY);

const TRACES = { 'a.lackey': lackeyText(PROGRAM) };
const SCENARIO = { memory: '4MiB', region: '16KiB', swap: { size: '4MiB', readLatency: '90us', writeLatency: '25us' } };
const VM = { name: 'a', memory: '2MiB', trace: 'a.lackey', replicas: 3, checkPoints: { every: 0.01 } };

async function runs(vm: object, more: object = {}, build = buildOf('release')): Promise<readonly RunResult[]> {
  const { result } = await runOn(build, { ...SCENARIO, strategies: ['rights'], vms: [{ ...VM, ...vm }], ...more }, TRACES);
  expect(result.contentsEqual).not.toBe(false);
  return result.runs;
}

async function vmOf(vm: object, more: object = {}): Promise<VmResult> {
  return (await runs(vm, more))[0]!.vms[0]!;
}

const digests = ({ replicas }: VmResult): readonly (string | null)[] => replicas!.map(({ digest }) => digest);
const MEASURED = { wallMs: 0, bytes: 0 };

describe.each(shippedBuilds)('a VM of three replicas, on $name', (build) => {
  it('ends with the contents of the program in each, on hardly more memory than one, and does the same again', async () => {
    const [run] = await runs({}, {}, build);
    const [vm] = run!.vms;
    expect(vm!.digest).toBe(DIGEST);
    expect(digests(vm!)).toEqual([DIGEST, DIGEST, DIGEST]);
    expect(vm!.accesses).toBe(3 * RECORDS);
    const { memory, separate, counts, samples } = vm!.lockstep!;
    expect(counts).toMatchObject({ checkPoints: 100, differences: 0 });
    expect(separate).toMatchObject({ vms: 3, onePeakBytes: PAGES * PAGE, peakBytes: 3 * PAGES * PAGE, virtualNs: RECORDS });
    expect(memory.peakBytes).toBeLessThanOrEqual((PAGES + 2 * 3) * PAGE);
    expect(memory.meanBytes).toBeLessThan(0.5 * separate.meanBytes);
    expect(samples.records.map((done) => done.at(-1))).toEqual([RECORDS, RECORDS, RECORDS]);
    const [again] = await runs({}, {}, build);
    expect({ ...again!, ...MEASURED }).toEqual({ ...run!, ...MEASURED });
  });
});

describe.each([1, 16])('with pages of %i KiB', (kib) => {
  it('the contents are the same, and a fault is found in its block', async () => {
    const faults = [{ replica: 2, at: 0.355, page: 3, bits: 0 }];
    const [run] = await runs({ onDifference: 'vote', faults }, {}, buildOf('release', kib));
    expect(digests(run!.vms[0]!)).toEqual([DIGEST, DIGEST, DIGEST]);
    const [difference] = run!.vms[0]!.lockstep!.found[0]!.differences;
    expect(difference).toMatchObject({ kind: 'page', page: kib === 16 ? 0 : 3, groups: [[1, 3], [2]] });
  });
});

describe('faults of a scenario', () => {
  const page = { replica: 2, at: 0.355, page: 3, bits: [0, 9] };

  it('in memory: found at the next check point, with place and minority, and out-voted', async () => {
    const vm = await vmOf({ onDifference: 'vote', faults: [page] });
    expect(digests(vm)).toEqual([DIGEST, DIGEST, DIGEST]);
    const { found, faults, counts } = vm.lockstep!;
    expect(found).toMatchObject([{ progress: 0.36, outcome: 'repaired', minority: [2], repaired: [2] }]);
    expect(found[0]!.differences).toEqual([
      { kind: 'page', page: 3, address: '0x403000', ranges: [{ from: 0, bytes: 2 }], groups: [[1, 3], [2]] },
    ]);
    expect(faults[0]).toMatchObject({ replica: 2, kind: 'memory', progress: 0.355, times: 1, foundVirtualNs: found[0]!.virtualNs });
    expect(faults[0]!.virtualNs).toBeLessThan(found[0]!.virtualNs);
    expect(counts).toMatchObject({ differences: 1, repairs: 1, rollBacks: 0 });
  });

  it('at a traced address, a byte; reported only: the difference stays', async () => {
    const vm = await vmOf({ faults: [{ replica: 1, at: 0.5, address: '0x402010', byte: 0xaa }] });
    const wrong = Buffer.from(MEMORY);
    wrong[2 * PAGE + 0x10] = 0xaa;
    expect(digests(vm)).toEqual([sha256(wrong), DIGEST, DIGEST]);
    const { found } = vm.lockstep!;
    expect(found[0]).toMatchObject({ progress: 0.51, outcome: 'reported', minority: [1] });
    expect(found[0]!.differences).toMatchObject([{ page: 2, address: '0x402000', ranges: [{ from: 0x10, bytes: 1 }] }]);
    expect(found.length).toBeGreaterThan(1); // it stays known
  });

  it('in the processor state: found, though nothing of memory may differ', async () => {
    const vm = await vmOf({ onDifference: 'vote', faults: [{ replica: 3, at: 0.7, state: true }] });
    expect(digests(vm)).toEqual([DIGEST, DIGEST, DIGEST]);
    const { found } = vm.lockstep!;
    expect(found).toMatchObject([{ progress: 0.71, outcome: 'repaired', minority: [3] }]);
    expect(found[0]!.differences[0]).toMatchObject({ kind: 'state', groups: [[1, 2], [3]] });
  });

  it('with two replicas: rolled back and run again', async () => {
    const vm = await vmOf({ replicas: 2, onDifference: 'rollBack', faults: [{ ...page, replica: 1 }] });
    expect(digests(vm)).toEqual([DIGEST, DIGEST]);
    const { found, counts } = vm.lockstep!;
    expect(found).toMatchObject([{ progress: 0.36, outcome: 'rolledBack', minority: [], rolledBackTo: 0.35 }]);
    expect(counts).toMatchObject({ rollBacks: 1, differences: 1 });
    expect(vm.accesses).toBeGreaterThan(2 * RECORDS);
  });

  it('that come back each time: given up, and the run fails', async () => {
    const vm = { replicas: 2, onDifference: 'rollBack', retries: 2, faults: [{ ...page, permanent: true }] };
    await expect(runs(vm)).rejects.toThrow(/Under rights: The replicas of VM 'a' differ at check point 21600 \(36 %\).*2 roll-backs/);
    await expect(runs(vm)).rejects.toMatchObject({ code: 'LOCKSTEP_HALTED', details: { strategy: 'rights' } });
  });

  it('halted: it ends there, and its contents count for no comparison', async () => {
    const [rights, eager] = await runs({ onDifference: 'halt', faults: [page] }, { strategies: ['rights', 'eager'] });
    for (const run of [rights!, eager!]) {
      const [vm] = run.vms;
      expect(vm!.lockstep!.end).toBe('halted');
      expect(vm!.replicas!.map(({ state, progress }) => [state, progress])).toEqual([1, 2, 3].map(() => ['stopped', 0.36]));
    }
  });

  it('a replica dies: the others go on; with `joins` another one takes its place', async () => {
    const dead = await vmOf({ faults: [{ replica: 1, at: 0.301, dies: true }] });
    expect(dead.replicas!.map(({ state }) => state)).toEqual(['failed', 'finished', 'finished']);
    expect(digests(dead)).toEqual([null, DIGEST, DIGEST]);
    expect(dead.digest).toBe(DIGEST);
    expect(dead.lockstep!.counts).toMatchObject({ fails: 1, joins: 0 });
    const replaced = await vmOf({ faults: [{ replica: 1, at: 0.301, dies: true, joins: true }] });
    expect(replaced.replicas!.map(({ replica, state, digest }) => [replica, state, digest])).toEqual([
      [1, 'failed', null],
      [2, 'finished', DIGEST],
      [3, 'finished', DIGEST],
      [4, 'finished', DIGEST],
    ]);
  });

  it('all die one after the other: the standby takes over from the last verified check point', async () => {
    const faults = [1, 2].map((replica) => ({ replica, at: 0.2 * replica + 0.001, dies: true }));
    const vm = await vmOf({ replicas: 2, standby: 1, faults });
    expect(vm.replicas!.map(({ replica, state }) => [replica, state])).toEqual([
      [1, 'failed'],
      [2, 'failed'],
      [3, 'finished'],
    ]);
    expect(vm.replicas![2]!.digest).toBe(DIGEST);
    expect(vm.lockstep!.counts).toMatchObject({ fails: 2, takeOvers: 1 });
  });

  it('a flip in a frame that all share is no difference: only a scrub finds it', async () => {
    const faults = [{ replica: 1, at: 0.5, page: 3, offset: 7, bits: 2, unseen: true }];
    const [blindRun] = await runs({ faults }, { strategies: ['rights', 'eager'] });
    const blind = blindRun!.vms[0]!;
    const wrong = Buffer.from(MEMORY);
    wrong[3 * PAGE + 7]! ^= 4;
    expect(digests(blind)).toEqual([1, 2, 3].map(() => sha256(wrong)));
    expect(blind.lockstep).toMatchObject({ found: [], faults: [{ kind: 'unseen', times: 1, foundVirtualNs: null }] });
    const { found, faults: told, counts } = (await vmOf({ faults, scrub: true })).lockstep!;
    expect(counts.flips).toBe(1);
    expect(found).toMatchObject([{ differences: [], flips: [{ page: 3, address: '0x403000' }] }]);
    expect(told[0]!.foundVirtualNs).toBe(found[0]!.virtualNs);
  });
});

describe('what is known before the run', () => {
  it.each([
    [{ page: PAGES }, 'vms[0].faults[0].page is 40: the trace of this VM touches 40 pages of 4 KiB, counted from 0.'],
    [{ address: '0x3ff000' }, 'vms[0].faults[0].address is "0x3ff000": the trace of this VM touches nothing in those 4 KiB.'],
  ])('a fault at %j', async (place, message) => {
    await expect(runs({ faults: [{ replica: 1, at: 0.5, ...place }] })).rejects.toThrow(message);
  });
});

describe('processors of different speed', () => {
  const unequal = [{ frequency: '2GHz' }, { frequency: '1GHz' }, { frequency: '1GHz', rate: 0.5 }];

  it('the fastest goes to the one that is behind: an earlier end than with a fixed assignment, and less memory times time', async () => {
    const checkPoints = { every: 0.2 };
    const compare = { every: '5us' };
    const moving = await vmOf({ processors: unequal, progress: 'program', checkPoints, compare });
    const fixed = await vmOf({ processors: unequal, progress: 'program', assignment: 'fixed', checkPoints, compare });
    expect(digests(moving)).toEqual([DIGEST, DIGEST, DIGEST]);
    expect(digests(fixed)).toEqual([DIGEST, DIGEST, DIGEST]);
    const byteNs = ({ lockstep, virtualNs }: VmResult): number => lockstep!.memory.meanBytes * virtualNs;
    expect(moving.virtualNs).toBeLessThan(0.6 * fixed.virtualNs);
    expect(byteNs(moving)).toBeLessThan(0.7 * byteNs(fixed));
    expect(fixed.lockstep!.processors.map(({ performance }) => performance)).toEqual([2, 1, 0.5]);
  });

  it('fewer processors than replicas, one processor, more processors than replicas', async () => {
    const ends: number[] = [];
    for (const processors of [1, 2, 3, 5]) {
      const vm = await vmOf({ processors });
      expect(digests(vm)).toEqual([DIGEST, DIGEST, DIGEST]);
      ends.push(vm.virtualNs / RECORDS);
      expect(vm.lockstep!.separate.virtualNs).toBe(RECORDS * (processors === 1 ? 3 : processors === 2 ? 2 : 1));
    }
    expect(ends[0]).toBeGreaterThanOrEqual(3);
    expect(ends[1]).toBeGreaterThanOrEqual(1.5);
    expect(ends[2]).toBeCloseTo(1, 1);
    expect(ends[3]).toBe(ends[2]);
  });
});

describe('replicas and rights together', () => {
  const OTHER = { name: 'b', memory: '1MiB', trace: 'a.lackey', replicas: undefined, checkPoints: undefined };
  const changes = [
    { when: { vm: 'a', progress: 0.4 }, reconfigure: { a: '-64KiB', b: '+64KiB' } },
    { when: { vm: 'b', progress: 0.8 }, reconfigure: { b: '-64KiB', a: '+64KiB' } },
  ];

  it.each(['onWrite', 'interval', 'checkPoints'])(
    'under every strategy, with paging and a VM without replicas beside it, contents are the same (compared %s)',
    async (way) => {
      const compare = { onWrite: { onWrite: 'any', keep: 'basic' }, interval: { every: '30us' }, checkPoints: { merge: 'allEqual' } }[way];
      const small = { memory: '128KiB', compare, faults: [{ replica: 3, at: 0.6, page: 1, bits: 5 }], onDifference: ['vote', 'rollBack'] };
      const strategies = ['rights', 'managerPreferred', 'moveFirst', 'evacuate', 'readOnly', 'eager', 'reserve'];
      const all = await runs(small, { memory: '2MiB', vms: [{ ...VM, ...small }, OTHER], changes, strategies });
      expect(all).toHaveLength(strategies.length);
      for (const run of all) {
        const [a, b] = run.vms;
        expect([...digests(a!), b!.digest]).toEqual([DIGEST, DIGEST, DIGEST, DIGEST]);
        expect(a!.pageOuts).toBeGreaterThan(0);
        expect(a!.lockstep!.memory.peakBytes).toBeLessThanOrEqual(128 * 1024);
        expect(a!.lockstep!.counts).toMatchObject({ repairs: 1 });
        expect(run.reconfigurations.map(({ regions }) => regions)).toEqual([4, 4]);
      }
    },
  );

  it('a region that three replicas share pages each of its frames out once', async () => {
    const outs: number[] = [];
    for (const replicas of [1, 3]) {
      const vm = { replicas, memory: '160KiB', checkPoints: { every: 0.002 } };
      const [run] = await runs(vm, {
        vms: [{ ...VM, ...vm }, OTHER],
        changes: [{ when: { vm: 'a', progress: 0.9 }, reconfigure: { a: '-64KiB', b: '+64KiB' } }],
        strategies: ['eager'],
      });
      expect(digests(run!.vms[0]!)).toEqual(Array.from({ length: replicas }, () => DIGEST));
      outs.push(run!.reconfigurations[0]!.pageOutsBeforeGrant);
    }
    const [one, three] = outs;
    expect(one).toBeGreaterThan(8);
    expect(three).toBeLessThanOrEqual(one! + 3); // but for the page that each of them was writing
  });
});
