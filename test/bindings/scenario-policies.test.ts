// How policies, requests and strategies stand in a scenario file, and what is said about those that cannot.
import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../bindings/scenario/problem.ts';
import { scenarioFrom } from '../../bindings/scenario/read.ts';
import type { Scenario } from '../../bindings/scenario/types.ts';

const LIMITS = { pageBytes: 4096 };
const MIB = 2 ** 20;

const VALID = {
  memory: '48MiB',
  swap: { size: '256MiB' },
  vms: [
    { name: 'a', memory: '32MiB', trace: 'a.lackey' },
    { name: 'b', memory: '16MiB', trace: 'b.lackey' },
  ],
  changes: [{ when: { vm: 'a', progress: 0.5 }, reconfigure: { a: '-8MiB', b: '+8MiB' } }],
};

type Fields = Readonly<Record<string, unknown>>;
type Names = Parameters<typeof scenarioFrom>[3];

function read(fields: Fields, strategies?: Names): Scenario {
  return scenarioFrom('s.json', { ...VALID, ...fields }, LIMITS, strategies);
}

function problems(fields: Fields, strategies?: Names): readonly string[] {
  try {
    read(fields, strategies);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems.map((problem) => problem.message);
    throw error;
  }
  throw new Error('no error');
}

const change = (fields: Fields) => ({ changes: [{ ...VALID.changes[0], ...fields }] });
const strategy = (fields: Fields) => ({ strategies: [{ name: 'x', ...fields }] });
const CONDITION = { statistic: 'accessesSince', comparison: '<=', constant: 4 };

describe('strategies', () => {
  it('what the file says is for all of them; what a strategy says goes first', () => {
    const scenario = read({
      useRight: 'managerPreferred',
      declaration: { access: 'evacuate' },
      selection: { expand: 'ownFirst', release: ['unusedFirst', 'highest'] },
      earlyRelease: { when: CONDITION },
      release: 'moveFirst',
      chunk: '1MiB',
      strategies: ['rights', { name: 'mine', useRight: 'presentUser', earlyRelease: null, selection: { expand: 'lowest' } }, 'eager'],
    });
    expect(scenario.strategies).toMatchObject([
      {
        name: 'rights',
        handover: 'rights',
        useRight: 'managerPreferred',
        declaration: { access: 'evacuate' },
        selection: { expand: ['ownFirst'], release: ['unusedFirst', 'highest'] },
        earlyRelease: { when: [CONDITION] },
        release: 'moveFirst',
        chunkBytes: MIB,
      },
      {
        name: 'mine',
        handover: 'rights',
        useRight: 'presentUser',
        earlyRelease: null,
        selection: { expand: ['lowest'] },
        release: 'moveFirst',
      },
      { name: 'eager', handover: 'eager', earlyRelease: null, release: 'pageOut', chunkBytes: MIB },
    ]);
    expect(scenario.strategies[2]).not.toHaveProperty('useRight');
    expect(scenario.strategies[2]).not.toHaveProperty('declaration');
  });

  it('are rights and eager where none is named, or every built-in one', () => {
    const names = (strategies?: Names) => read({}, strategies).strategies.map(({ name }) => name);
    expect(names()).toEqual(['rights', 'eager']);
    expect(names('matrix')).toEqual([
      'rights',
      'managerPreferred',
      'earlyRelease',
      'moveFirst',
      'evacuate',
      'readOnly',
      'eager',
      'reserve',
    ]);
    expect(read({ strategies: ['eager'] }, 'matrix').strategies.map(({ name }) => name)).toEqual(['eager']);
  });

  it('can be chosen by name: those of the file, and built-in ones', () => {
    const own = { strategies: ['eager', { name: 'mine', release: 'moveFirst' }] };
    expect(read(own, ['mine', 'readOnly']).strategies).toMatchObject([
      { name: 'mine', release: 'moveFirst' },
      { name: 'readOnly', declaration: { access: 'readOnly' } },
    ]);
    expect(problems(own, ['mien'])).toEqual([
      expect.stringMatching(/^strategy is "mien": the strategies are "eager", "mine", "rights", .*"reserve"\.$/),
    ]);
    expect(problems(own, ['mine', 'mine'])).toEqual([expect.stringMatching(/each strategy may be named once/)]);
  });

  it("a built-in early release takes the file's condition where it has one", () => {
    const [given] = read({ earlyRelease: { when: CONDITION } }, ['earlyRelease']).strategies;
    expect(given!.earlyRelease!.when).toEqual([CONDITION]);
    expect(read({}, ['earlyRelease']).strategies[0]!.earlyRelease!.when).toMatchObject([{ statistic: 'accessesPerPeriod' }]);
  });

  it('what the file says of watching without a condition is for the condition that is built in', () => {
    const [rights, early] = read({ earlyRelease: { counting: 'sampled', sweep: '1ms' } }, ['rights', 'earlyRelease']).strategies;
    expect(rights!.earlyRelease).toBeUndefined();
    const [builtIn] = read({}, ['earlyRelease']).strategies;
    expect(early!.earlyRelease).toEqual({ ...builtIn!.earlyRelease, counting: 'sampled', sweep: 1e6 });
  });

  it('ranges of one change may touch, and one VM may give and take', () => {
    const range = (from: string) => ({ from, bytes: '1MiB' });
    const moves = [
      { vm: 'a', give: range('1MiB') },
      { vm: 'a', give: range('2MiB') },
      { vm: 'b', give: range('1MiB') },
      { vm: 'b', take: range('33MiB') },
      { vm: 'b', take: range('34MiB') },
      { vm: 'b', take: range('35MiB') },
    ];
    expect(read(change({ reconfigure: moves })).changes[0]!.moves).toHaveLength(6);
  });

  it('statistics per period have a period of 5 ms where none is said', () => {
    const when = { ...CONDITION, statistic: 'accessesPerPeriod' };
    expect(read({ earlyRelease: { when } }).strategies[0]!.earlyRelease).toMatchObject({ period: 5e6 });
    expect(read({ earlyRelease: { when, period: '1ms' } }).strategies[0]!.earlyRelease).toMatchObject({ period: 1e6 });
    expect(read({ earlyRelease: { when: CONDITION } }).strategies[0]!.earlyRelease!.period).toBeUndefined();
  });

  it('conditions are data: one or a list, constants with units', () => {
    const form = {
      counting: 'sampled',
      period: '1ms',
      sweep: '500us',
      when: [CONDITION, { statistic: 'timeSinceNs', comparison: '>', constant: '1ms' }],
    };
    expect(read({ vms: [{ ...VALID.vms[0], earlyRelease: form }, VALID.vms[1]] }).vms[0]!.earlyRelease).toEqual({
      counting: 'sampled',
      period: 1e6,
      sweep: 5e5,
      when: [CONDITION, { statistic: 'timeSinceNs', comparison: '>', constant: '1ms' }],
    });
  });
});

describe('changes', () => {
  it('name amounts and ranges by VM, or in a list', () => {
    const range = { from: '4MiB', bytes: '2MiB' };
    expect(read(change({ reconfigure: { a: { give: range }, b: { take: range } } })).changes[0]).toMatchObject({
      isList: false,
      moves: [
        { kind: 'give', vm: 'a', range: { fromBytes: 4 * MIB, bytes: 2 * MIB } },
        { kind: 'take', vm: 'b', range: { fromBytes: 4 * MIB, bytes: 2 * MIB } },
      ],
    });
    const list = [
      { vm: 'a', change: '-1MiB' },
      { vm: 'a', give: range },
      { vm: null, real: { from: 0, bytes: MIB } },
    ];
    expect(read(change({ reconfigure: list })).changes[0]).toMatchObject({
      isList: true,
      moves: [{ kind: 'amount', bytes: -MIB }, { kind: 'give' }, { kind: 'real', vm: null, range: { fromBytes: 0 } }],
    });
  });

  it('may say how they are carried out', () => {
    const fields = {
      order: 'overlappedCycles',
      chunk: '512KiB',
      sameVmOnceAtATime: true,
      shortfall: 'bestEffort',
      useRight: 'managerPreferred',
      declaration: { capacity: 'atDeclaration', access: 'readOnly' },
      selection: { release: 'leastRecentlyUsed' },
      afterGrant: true,
    };
    const { chunk: _chunk, selection: _selection, ...same } = fields;
    expect(read(change(fields)).changes[0]).toMatchObject({ ...same, chunkBytes: 2 ** 19, selection: { release: ['leastRecentlyUsed'] } });
  });

  it('are repeated, there and back: relative amounts and ranges turn round', () => {
    const repeat = { times: 2, every: 0.1, backAndForth: true };
    const range = { from: 0, bytes: '1MiB' };
    const { changes } = read(
      change({
        repeat,
        reconfigure: [
          { vm: 'a', give: range },
          { vm: 'b', change: '+1MiB' },
        ],
      }),
    );
    expect(changes.map(({ when }) => ('vm' in when ? Math.round(when.progress * 100) : null))).toEqual([50, 55, 60, 65]);
    expect(changes.map(({ moves }) => moves.map((move) => (move.kind === 'amount' ? move.bytes / MIB : move.kind)))).toEqual([
      ['give', 1],
      ['take', -1],
      ['give', 1],
      ['take', -1],
    ]);
    const byTime = read({ changes: [{ when: { virtual: '1ms' }, reconfigure: { a: '-1MiB' }, repeat: { times: 3, every: '2ms' } }] });
    expect(byTime.changes.map(({ when }) => when)).toEqual([{ virtualNs: 1e6 }, { virtualNs: 3e6 }, { virtualNs: 5e6 }]);
  });
});

describe('what cannot be: field, value, what is allowed', () => {
  const early = (fields: Fields) => strategy({ earlyRelease: { when: CONDITION, ...fields } });
  const repeat = (fields: Fields, when: Fields = { vm: 'a', progress: 0.5 }) =>
    change({ when, repeat: { times: 2, every: 0.1, ...fields } });
  const range = { from: 0, bytes: '1MiB' };

  it.each<[string, Fields, RegExp]>([
    ['who keeps the use right', { useRight: 'both' }, /^useRight is "both": it must be one of "presentUser", "managerPreferred"/],
    [
      'an access that does not exist',
      { declaration: { access: 'none' } },
      /^declaration\.access is "none": it must be one of "unchanged", "evacuate", "readOnly"/,
    ],
    ['a capacity', { declaration: { capacity: 'now' } }, /^declaration\.capacity is "now": it must be one of "atRelease", "atDeclaration"/],
    [
      'a field of a declaration',
      { declaration: { what: 1 } },
      /^declaration\.what is not a field of a scenario: the fields here are capacity, access/,
    ],
    ['a way of release', { release: 'move' }, /^release is "move": it must be one of "pageOut", "moveFirst"/],
    ['a criterion', { selection: { expand: 'best' } }, /^selection\.expand is "best": it must be one of "lowest", "largestRun", "bestFit"/],
    [
      'a criterion in a list',
      { selection: { release: ['highest', 'oldest'] } },
      /^selection\.release\[1\] is "oldest": it must be one of "highest"/,
    ],
    ['a criterion twice', { selection: { release: ['highest', 'highest'] } }, /^selection\.release is an array of 2: .*each once/],
    ['selection said twice', { expand: 'lowest', selection: { expand: 'lowest' } }, /^expand is "lowest": selection\.expand says the same/],
    [
      'module criteria without modules',
      strategy({ selection: { expand: 'packModule' } }),
      /^strategies\[0\]\.selection\.expand is "packModule": .*"modules"/,
    ],
    ['modules that are no multiple of region', { modules: '300KiB' }, /^modules is "300KiB": it must be a multiple of region/],
    ['a handover', strategy({ handover: 'fast' }), /^strategies\[0\]\.handover is "fast": it must be one of "rights", "eager", "reserve"/],
    ['a strategy without a name', { strategies: [{ handover: 'eager' }] }, /^strategies\[0\]\.name is missing/],
    [
      'a name twice',
      { strategies: ['rights', { name: 'rights' }] },
      /^strategies\[1\]\.name is "rights": strategies\[0\] already has that name/,
    ],
    [
      'a right under eager',
      strategy({ handover: 'eager', useRight: 'managerPreferred' }),
      /^strategies\[0\]\.useRight is .*"handover": "rights" only/,
    ],
    ['a reserve under rights', strategy({ reserve: { memory: '1MiB' } }), /^strategies\[0\]\.reserve is .*"handover": "reserve" only/],
    [
      'a reserve that is no multiple of region',
      strategy({ handover: 'reserve', reserve: { memory: '100KiB' } }),
      /^strategies\[0\]\.reserve\.memory is "100KiB": .*multiple of region/,
    ],
    [
      'a reserve too large',
      strategy({ handover: 'reserve', reserve: { memory: '40MiB' } }),
      /^strategies\[0\]\.reserve\.memory is "40MiB": .*would leave so little/,
    ],
    ['no condition', early({ when: [] }), /^strategies\[0\]\.earlyRelease\.when is an array of 0: .*at least one/],
    [
      'five conditions',
      early({ when: Array.from({ length: 5 }, () => CONDITION) }),
      /^strategies\[0\]\.earlyRelease\.when is an array of 5: it must be a condition, or a list of up to 4 that all must hold\.$/,
    ],
    [
      'a statistic',
      early({ when: { ...CONDITION, statistic: 'hits' } }),
      /^strategies\[0\]\.earlyRelease\.when\.statistic is "hits": it must be one of "accesses"/,
    ],
    ['a comparison', early({ when: [{ ...CONDITION, comparison: '~' }] }), /^strategies\[0\]\.earlyRelease\.when\[0\]\.comparison is "~"/],
    [
      'a constant of the wrong unit',
      early({ when: { ...CONDITION, constant: '4KiB' } }),
      /^strategies\[0\]\.earlyRelease\.when\.constant is "4KiB": it must be a finite number\.$/,
    ],
    [
      'a constant that is none, in a list',
      early({ when: [CONDITION, { ...CONDITION, statistic: 'bytes', constant: 'abc' }] }),
      /^strategies\[0\]\.earlyRelease\.when\[1\]\.constant is "abc": it must be a whole number of bytes, or text with a unit/,
    ],
    ['sweeps too close', early({ sweep: '1ns' }), /^strategies\[0\]\.earlyRelease\.sweep is "1ns": it must be a time from 1us to /],
    [
      'a period of nothing, for a VM',
      { vms: [{ ...VALID.vms[0], earlyRelease: { period: 0, when: CONDITION } }, VALID.vms[1]] },
      /^vms\[0\]\.earlyRelease\.period is 0: it must be a time from 1ns to /,
    ],
    [
      'how accesses are watched, without a condition',
      { earlyRelease: { counting: 'sampled' } },
      /^earlyRelease\.when is missing: a condition is needed \(option --early-release\), unless the built-in strategy "earlyRelease" is run\.$/,
    ],
    ['the same in a strategy', strategy({ earlyRelease: { counting: 'sampled' } }), /^strategies\[0\]\.earlyRelease\.when is missing/],
    ['the same with a period of nothing', { earlyRelease: { period: 0 } }, /^earlyRelease\.period is 0: it must be a time from 1ns to /],
    [
      'a repetition without end',
      change({ when: { virtual: 0 }, repeat: { times: 50_001, every: '1ns', backAndForth: true } }),
      /^changes\[0\]\.repeat\.times is 50001: a scenario has at most 100000 changes .* 100000 are left here\.$/,
    ],
    [
      'repetitions that are too many together',
      { changes: [60_000, 40_001].map((times) => ({ ...VALID.changes[0], when: { virtual: 0 }, repeat: { times, every: '1ns' } })) },
      /^changes\[1\]\.repeat\.times is 40001: .* 40000 are left here\.$/,
    ],
    [
      'addresses that a VM gives twice in one change',
      change({
        reconfigure: [
          { vm: 'a', give: { from: '2MiB', bytes: '2MiB' } },
          { vm: 'a', give: { from: 0, bytes: '1MiB' } },
          { vm: 'a', give: { from: '1MiB', bytes: '1280KiB' } },
        ],
      }),
      /^changes\[0\]\.reconfigure\[0\]\.give is an object .*: a part of it is in changes\[0\]\.reconfigure\[2\]\.give already\.$/,
    ],
    [
      'addresses that a VM takes twice',
      change({ reconfigure: ['40MiB', '40MiB'].map((from) => ({ vm: 'b', take: { from, bytes: '1MiB' } })) }),
      /^changes\[0\]\.reconfigure\[1\]\.take is an object .*: a part of it is in changes\[0\]\.reconfigure\[0\]\.take already\.$/,
    ],
    [
      'real memory for two at once',
      change({ reconfigure: { a: { real: { from: 0, bytes: '1MiB' } }, b: { real: { from: '768KiB', bytes: '1MiB' } } } }),
      /^changes\[0\]\.reconfigure\.b\.real is an object .*: a part of it is in changes\[0\]\.reconfigure\.a\.real already\.$/,
    ],
    ['an order', change({ order: 'random' }), /^changes\[0\]\.order is "random": it must be one of "reductionsFirst", "allAtOnce"/],
    ['a chunk', change({ chunk: '100KiB' }), /^changes\[0\]\.chunk is "100KiB": it must be a multiple of region/],
    [
      'a range that is none',
      change({ reconfigure: { a: { give: { from: 0 } } } }),
      /^changes\[0\]\.reconfigure\.a\.give\.bytes is missing: it must be a size/,
    ],
    [
      'a range without its kind',
      change({ reconfigure: { a: {} } }),
      /^changes\[0\]\.reconfigure\.a is .*exactly one of "give", "take" and "real"/,
    ],
    [
      'two ranges in one',
      change({ reconfigure: [{ vm: 'a', give: range, take: range }] }),
      /^changes\[0\]\.reconfigure\[0\] is .*exactly one of "change"/,
    ],
    [
      'a move of nobody',
      change({ reconfigure: [{ vm: null, change: '-1MiB' }] }),
      /^changes\[0\]\.reconfigure\[0\]\.vm is null: nobody can have only/,
    ],
    [
      'an address that is no multiple of region',
      change({ reconfigure: { a: { give: { from: 4096, bytes: '1MiB' } } } }),
      /^changes\[0\]\.reconfigure\.a\.give\.from is 4096: it must be a multiple of region/,
    ],
    [
      'real memory behind the end',
      change({ reconfigure: { b: { real: { from: '47MiB', bytes: '2MiB' } } } }),
      /^changes\[0\]\.reconfigure\.b\.real\.bytes is "2MiB": it would end at 49MiB, and memory is 48MiB/,
    ],
    [
      'a VM in a list that does not exist',
      change({ reconfigure: [{ vm: 'c', change: '-1MiB' }] }),
      /^changes\[0\]\.reconfigure\[0\]\.vm is "c": there is no such VM/,
    ],
    ['an empty list', change({ reconfigure: [] }), /^changes\[0\]\.reconfigure is an array of 0: it must have at least one move/],
    ['repeating 0 times', repeat({ times: 0 }), /^changes\[0\]\.repeat\.times is 0: it must be a whole number, at least 1/],
    ['repeating behind the end', repeat({ times: 7 }), /^changes\[0\]\.repeat\.times is 7: the last time would be at a progress of 1\.100/],
    ['a time after a progress', repeat({ every: '1ms' }), /^changes\[0\]\.repeat\.every is "1ms": .*fraction of the records/],
    ['a progress after a time', repeat({}, { virtual: '1ms' }), /^changes\[0\]\.repeat\.every is 0\.1: .*after a time/],
    [
      'real memory that goes back',
      change({ reconfigure: { b: { real: range } }, repeat: { times: 1, every: 0.1, backAndForth: true } }),
      /^changes\[0\]\.repeat\.backAndForth is true: a range of real memory has no way back/,
    ],
    [
      'a repetition that takes more than there is',
      change({ reconfigure: { a: '-8MiB' }, repeat: { times: 4, every: 0.1 } }),
      /^changes\[0\]\.reconfigure\.a is "-8MiB": the VM manages 8MiB by then/,
    ],
  ])('%s', (_, fields, expected) => {
    const found = problems(fields);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it('a reserve that nobody wrote down says what it would be', () => {
    expect(problems(change({ reconfigure: { a: '-30MiB' } }), ['reserve'])).toEqual([
      expect.stringMatching(/^reserve\.memory is missing: a reserve of 30MiB would leave so little .*"a" with 12MiB/),
    ]);
    expect(problems({ changes: [] }, ['reserve'])).toEqual([
      expect.stringMatching(/^reserve\.memory is missing: no change takes anything away/),
    ]);
  });

  it('a VM that is called as a reserve is', () => {
    const vms = [{ ...VALID.vms[0], name: 'reserve' }, VALID.vms[1]];
    expect(read({ vms, changes: [] }, ['rights']).vms[0]!.name).toBe('reserve');
    expect(problems({ vms, changes: [], reserve: { memory: '1MiB' } }, ['reserve'])).toEqual([
      expect.stringMatching(/^vms\[0\]\.name is "reserve": the memory that/),
    ]);
  });

  it('all problems are told at once', () => {
    const fields = { useRight: 'x', release: 'y', strategies: [{ name: 'z', handover: 'w' }], ...change({ order: 'v' }) };
    expect(problems(fields)).toHaveLength(4);
  });
});
