import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ScenarioError } from '../../bindings/scenario/problem.ts';
import { readScenario, scenarioFrom } from '../../bindings/scenario/read.ts';

const LIMITS = { pageBytes: 4096 };

const VALID = {
  memory: '48MiB',
  region: '256KiB',
  swap: { size: '256MiB', readLatency: '90us', writeLatency: '25us' },
  vms: [
    { name: 'a', memory: '32MiB', trace: 'a.lackey' },
    { name: 'b', memory: '16MiB', trace: 'b.lackey' },
  ],
  changes: [{ when: { vm: 'a', progress: 0.5 }, reconfigure: { a: '-16MiB', b: '+16MiB' } }],
  strategies: ['rights', 'eager'],
};

function errorOf(work: () => unknown): ScenarioError {
  try {
    work();
  } catch (error) {
    if (error instanceof ScenarioError) return error;
    throw error;
  }
  throw new Error('no error');
}

/** The problems of the valid scenario with some fields replaced. */
function problems(fields: Readonly<Record<string, unknown>>): readonly string[] {
  return errorOf(() => scenarioFrom('s.json', { ...VALID, ...fields }, LIMITS)).problems.map((problem) => problem.message);
}

describe('a scenario that can run', () => {
  it('has every size in bytes, every time in ns, every path resolved', () => {
    const scenario = scenarioFrom('/somewhere/s.json', VALID, LIMITS);
    expect(scenario).toMatchObject({
      memoryBytes: 48 * 2 ** 20,
      regionBytes: 256 * 2 ** 10,
      accessNs: 1,
      swap: { bytes: 256 * 2 ** 20, readLatencyNs: 90_000, writeLatencyNs: 25_000, store: 'linear' },
      vms: [
        { name: 'a', memoryBytes: 32 * 2 ** 20, tracePath: '/somewhere/a.lackey', eviction: 'lru' },
        { name: 'b', memoryBytes: 16 * 2 ** 20, tracePath: '/somewhere/b.lackey', eviction: 'lru' },
      ],
      changes: [
        {
          when: { vm: 'a', progress: 0.5 },
          moves: [
            { kind: 'amount', vm: 'a', bytes: -16 * 2 ** 20 },
            { kind: 'amount', vm: 'b', bytes: 16 * 2 ** 20 },
          ],
        },
      ],
      strategies: [
        { name: 'rights', handover: 'rights' },
        { name: 'eager', handover: 'eager' },
      ],
    });
  });

  it('needs no changes and no strategies, and takes what is optional', () => {
    const scenario = scenarioFrom(
      's.json',
      {
        memory: 2 ** 20,
        region: '4KiB',
        swap: { size: '1MiB', device: 'disk', readBandwidth: '3GB/s', queue: 4, store: 'file', path: 'swap.bin' },
        accessNs: 2,
        expand: 'ownFirst',
        eviction: 'clock',
        seek: ['managed', 'evict'],
        evictBatch: 8,
        addressSpace: '1GiB',
        vms: [
          { name: 'a', memory: '8KiB', trace: 'a' },
          { name: 'b', memory: '8KiB', trace: 'b', eviction: 'farthest', addressSpace: '64MiB' },
        ],
        changes: [{ when: { virtual: '5ms' }, reconfigure: { a: 4096 }, shortfall: 'bestEffort' }],
      },
      LIMITS,
    );
    expect(scenario.strategies).toMatchObject([
      { name: 'rights', selection: { expand: ['ownFirst'] } },
      { name: 'eager', selection: { expand: ['ownFirst'] } },
    ]);
    expect(scenario.changes[0]).toMatchObject({ when: { virtualNs: 5e6 }, moves: [{ vm: 'a', bytes: 4096 }], shortfall: 'bestEffort' });
    expect(scenario.vms).toMatchObject([
      { eviction: 'clock', seek: ['managed', 'evict'], evictBatch: 8, addressSpaceBytes: 2 ** 30 },
      { eviction: 'farthest', addressSpaceBytes: 2 ** 26 },
    ]);
    expect(scenario.swap).toMatchObject({ device: 'disk', readBytesPerSecond: 3e9, queue: 4, store: 'file' });
    expect(scenarioFrom('s.json', { ...VALID, changes: undefined }, LIMITS).changes).toEqual([]);
  });
});

describe('a scenario that cannot run: field, value, what is allowed', () => {
  const vms = (fields: object) => ({ vms: [{ ...VALID.vms[0], ...fields }, VALID.vms[1]] });
  const change = (fields: object) => ({ changes: [{ ...VALID.changes[0], ...fields }] });
  const one = (when: object, reconfigure: object) => ({ when, reconfigure });

  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['a field that does not exist', { memmory: '1MiB' }, /^memmory is not a field of a scenario: the fields here are .*memory.*\.$/],
    ['one in a VM', vms({ size: 1 }), /^vms\[0\]\.size is not a field .* name, memory, trace/],
    ['a missing field', { memory: undefined }, /^memory is missing: it must be a size above 0/],
    ['a missing object', { swap: undefined }, /^swap is missing: it must be an object with the fields size/],
    ['a time where a size belongs', { memory: '48us' }, /^memory is "48us": it must be a size above 0: .*KiB, MiB/],
    ['a size where a time belongs', { swap: { size: '1MiB', readLatency: '1MiB' } }, /^swap\.readLatency is "1MiB": it must be a time/],
    ['text without a unit', { memory: '48' }, /^memory is "48": it must be a size/],
    ['a negative size', { memory: '-48MiB' }, /^memory is "-48MiB": it must be a size above 0/],
    ['a size of 0', { memory: 0 }, /^memory is 0: it must be a size above 0/],
    ['a size that is no whole number of bytes', { memory: 1.5 }, /^memory is 1.5: it must be a size above 0/],
    ['a negative time', { swap: { size: '1MiB', readLatency: '-1us' } }, /^swap\.readLatency is "-1us": it must be a time not below 0/],
    ['a region that is no power of two', { region: '3KiB' }, /^region is "3KiB": it must be a power of two, at least one page of 4KiB/],
    ['a region below a page', { region: '2KiB' }, /^region is "2KiB": it must be a power of two, at least one page of 4KiB/],
    [
      'memory that is no multiple of region',
      { memory: '49300KiB' },
      /^memory is "49300KiB": it must be a multiple of region, which is 256KiB/,
    ],
    [
      "a VM's memory that is no multiple of region",
      vms({ memory: '100KiB' }),
      /^vms\[0\]\.memory is "100KiB": it must be a multiple of region/,
    ],
    ['VMs that start with more than the pool', { memory: '40MiB' }, /^memory is "40MiB": the VMs start with 48MiB together/],
    [
      'swap that is no multiple of a page',
      { swap: { size: '4097B' } },
      /^swap\.size is "4097B": it must be a multiple of the page of 4KiB/,
    ],
    ['a path without a file', { swap: { size: '1MiB', store: 'linear', path: 'x' } }, /^swap\.path is "x": it is for "store": "file" only/],
    ['a file without a path', { swap: { size: '1MiB', store: 'file' } }, /^swap\.path is missing: "store": "file" needs the path/],
    ['a name twice', { ...vms({ name: 'b' }), changes: [] }, /^vms\[1\]\.name is "b": vms\[0\] already has that name/],
    ['a name that is no text', vms({ name: 7 }), /^vms\[0\]\.name is 7: it must be text/],
    [
      'an eviction policy that does not exist',
      vms({ eviction: 'random' }),
      /^vms\[0\]\.eviction is "random": it must be one of "lru", "fifo"/,
    ],
    ['no VM', { vms: [] }, /^vms is an array of 0: it must have at least one VM/],
    [
      'a strategy that does not exist',
      { strategies: ['fast'] },
      /^strategies\[0\] is "fast": it must be one of "rights", .*"eager", "reserve"/,
    ],
    ['a strategy twice', { strategies: ['rights', 'rights'] }, /^strategies\[1\]\.name is missing: strategies\[0\] already has that name/],
    ['no strategy', { strategies: [] }, /^strategies is an array of 0: .*at least one/],
    ['an address space over 4GiB', vms({ addressSpace: '5GiB' }), /^vms\[0\]\.addressSpace is "5GiB": .* at most 4GiB/],
    [
      'a progress over 1',
      change({ when: { vm: 'a', progress: 1.01 } }),
      /^changes\[0\]\.when\.progress is 1.01: it must be a number from 0 to 1/,
    ],
    [
      'a moment named twice',
      change({ when: { vm: 'a', progress: 0.5, virtual: '1ms' } }),
      /^changes\[0\]\.when is an object .*: it must be \{ "vm"/,
    ],
    ['a moment that is not named', change({ when: { vm: 'a' } }), /^changes\[0\]\.when is an object .*: it must be \{ "vm"/],
    [
      'a VM that does not exist',
      change({ when: { vm: 'c', progress: 0 } }),
      /^changes\[0\]\.when\.vm is "c": there is no such VM; the VMs are "a", "b"/,
    ],
    ['one to be changed', change({ reconfigure: { c: '-1MiB' } }), /^changes\[0\]\.reconfigure\.c is "-1MiB": there is no such VM/],
    ['nothing to be changed', change({ reconfigure: {} }), /^changes\[0\]\.reconfigure is .*: it must name at least one VM/],
    [
      'a move of 0',
      change({ reconfigure: { a: '0MiB' } }),
      /^changes\[0\]\.reconfigure\.a is "0MiB": it must be a size with its sign, not 0/,
    ],
    ['a move that is no multiple of region', change({ reconfigure: { a: '-100KiB' } }), /is "-100KiB": it must be a multiple of region/],
    [
      'more than the VM has',
      change({ reconfigure: { a: '-33MiB' } }),
      /^changes\[0\]\.reconfigure\.a is "-33MiB": the VM manages 32MiB by then/,
    ],
    ['all that the VM has', change({ reconfigure: { a: '-32MiB' } }), /must keep at least 8KiB/],
    [
      'an expansion that nobody pays for',
      change({ reconfigure: { b: '+1MiB' } }),
      /^changes\[0\]\.reconfigure\.b is "\+1MiB": only 0B without manager/,
    ],
    ['one that is paid for in part', change({ reconfigure: { a: '-1MiB', b: '+2MiB' } }), /is "\+2MiB": only 1MiB without manager/],
  ])('%s', (_, fields, expected) => {
    const found = problems(fields);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it('follows changes in the order in which they fall due', () => {
    const when = (progress: number) => ({ vm: 'a', progress });
    const twice = [one(when(0.6), { b: '+8MiB' }), one(when(0.5), { a: '-8MiB' })];
    expect(scenarioFrom('s.json', { ...VALID, changes: twice }, LIMITS).changes).toHaveLength(2);
    const tooEarly = [one(when(0.5), { b: '+8MiB' }), one(when(0.6), { a: '-8MiB' })];
    expect(problems({ changes: tooEarly })).toEqual([expect.stringMatching(/^changes\[0\]\.reconfigure\.b is "\+8MiB": only 0B/)]);
    const twiceTooMuch = [one(when(0.1), { a: '-20MiB' }), one(when(0.2), { a: '-20MiB' })];
    expect(problems({ changes: twiceTooMuch })).toEqual([expect.stringMatching(/^changes\[1\]\.reconfigure\.a .* manages 12MiB by then/)]);
  });

  it('where the order depends on the run, refuses only what no order makes possible', () => {
    const mixed = (bytes: string) => [one({ vm: 'a', progress: 0.5 }, { b: bytes }), one({ vm: 'b', progress: 0.5 }, { a: '-8MiB' })];
    expect(scenarioFrom('s.json', { ...VALID, changes: mixed('+8MiB') }, LIMITS).changes).toHaveLength(2);
    expect(problems({ changes: mixed('+9MiB') })).toHaveLength(1);
  });

  it('names every problem at once', () => {
    const error = errorOf(() => scenarioFrom('s.json', { ...VALID, memory: 'much', region: [], extra: 1 }, LIMITS));
    expect(error.problems.map((problem) => problem.field).sort()).toEqual(['extra', 'memory', 'region']);
    expect(error.message.split('\n')).toHaveLength(3);
    expect(error.message).toMatch(/^s\.json: /);
    expect(error).toMatchObject({ code: 'BAD_SCENARIO', details: { file: 's.json', problems: 3 } });
  });

  it.each([null, 7, [], 'text'])('%j is no scenario', (input) => {
    expect(errorOf(() => scenarioFrom('s.json', input, LIMITS)).message).toMatch(/^s\.json: the scenario is .*: it must be an object/);
  });
});

describe('the file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'usufruct-scenario-'));
  afterAll(() => rmSync(directory, { recursive: true }));
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  it('that does not exist', async () => {
    await expect(readScenario(join(directory, 'none.json'), LIMITS)).rejects.toThrow(
      /none\.json: the scenario cannot be read: there is no such file\.$/,
    );
  });

  it('that is a directory', async () => {
    await expect(readScenario(directory, LIMITS)).rejects.toThrow(/the scenario cannot be read: it is a directory\.$/);
  });

  it('that is not JSON: with the line', async () => {
    const file = write('broken.json', '{\n  "memory": "1MiB",\n  "vms": [}\n');
    await expect(readScenario(file, LIMITS)).rejects.toThrow(/broken\.json: the scenario is not JSON at line 3: Unexpected token '}'\.$/);
    await expect(readScenario(write('empty.json', ''), LIMITS)).rejects.toThrow(/empty\.json: the scenario is not JSON at line 1/);
  });

  it('whose traces do not exist', async () => {
    write('a.lackey', ' L 1000,4\n');
    const file = write('no-trace.json', JSON.stringify(VALID));
    await expect(readScenario(file, LIMITS)).rejects.toThrow(
      /vms\[1\]\.trace is ".*b\.lackey": the trace cannot be read: there is no such file\.$/,
    );
  });

  it('a command line may say some fields anew; they are checked as if they stood in the file', async () => {
    write('b.lackey', ' L 1000,4\n');
    const file = write('good.json', JSON.stringify(VALID));
    expect(await readScenario(file, LIMITS, { fields: { eviction: 'fifo' }, strategies: ['eager'] })).toMatchObject({
      strategies: [{ name: 'eager' }],
      vms: [{ eviction: 'fifo' }, { eviction: 'fifo' }],
    });
    await expect(readScenario(file, LIMITS, { fields: { region: '5KiB' } })).rejects.toThrow(/region is "5KiB"/);
  });
});
