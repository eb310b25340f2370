// A release policy that throws, answers nonsense or calls back into the engine: typed errors, nothing half done.
import { describe, expect, test } from 'vitest';
import { PolicyFailedError } from '../../bindings/node.ts';
import type { AccessFigures, EarlyRelease, Engine, Vm } from '../../bindings/node.ts';
import { REGION_BYTES, thrownBy } from '../support/engines.ts';
import { borrowing, contentWrong, REGION_PAGES, stateOf } from '../support/rights.ts';

const AT = 3 * REGION_BYTES;
const failure = new Error('the policy is confused');
const throws = (): never => {
  throw failure;
};

/** The state of an engine but for what the failed access itself leaves: an access, its time, and what was counted of it. */
function bare(engine: Engine): unknown {
  return JSON.parse(
    JSON.stringify(engine.inspect(), (key, value: unknown) =>
      ['timeNs', 'virtualNs', 'accesses', 'accessFigures'].includes(key) ? undefined : value,
    ),
  );
}

const nonsense: readonly unknown[] = [undefined, null, 1, 0, 'true', Promise.resolve(true), {}];
const numbers: readonly unknown[] = [undefined, null, Number.NaN, '5', 5n, Promise.resolve(5), true];

describe('at an access', () => {
  test.each<readonly [string, EarlyRelease['when']]>([
    ['decision', throws],
    ['evaluation', { evaluate: throws, comparison: '>', constant: 0 }],
    ['threshold', { statistic: 'accesses', comparison: '>', threshold: throws }],
  ])('a %s that throws: POLICY_FAILED with what it threw as the cause', async (_, when) => {
    const { engine, a } = await borrowing(1, { earlyRelease: { when } });
    const before = bare(engine);
    const error = thrownBy(() => a.replica.memory.load32(AT));
    expect(error).toBeInstanceOf(PolicyFailedError);
    expect(error).toMatchObject({ code: 'POLICY_FAILED', cause: failure, details: { policy: 'earlyRelease', vm: 'a', region: 3 } });
    expect((error as Error).message).toMatch(/VM 'a'.*region 3.*the policy is confused/);
    expect(bare(engine)).toEqual(before);
    engine.validate();
  });

  test.each(nonsense.map((answer) => [answer] as const))('a decision that answers %j', async (answer) => {
    const { a } = await borrowing(1, { earlyRelease: { when: (() => answer) as () => boolean } });
    expect(thrownBy(() => a.replica.memory.load32(AT))).toMatchObject({ code: 'POLICY_FAILED', cause: { code: 'INVALID_OPTION' } });
    expect(a.counters.earlyReleases).toBe(0);
  });

  test.each(numbers.map((answer) => [typeof answer === 'bigint' ? `${answer}n` : answer, answer] as const))(
    'an evaluation or a threshold that answers %s',
    async (_, answer) => {
      const policy = (() => answer) as () => number;
      const { a } = await borrowing(1, { earlyRelease: { when: { evaluate: policy, comparison: '!=', constant: 9 } } });
      expect(thrownBy(() => a.replica.memory.load32(AT))).toMatchObject({
        code: 'POLICY_FAILED',
        cause: { code: 'INVALID_OPTION', details: { field: 'the answer of earlyRelease.when.evaluate' } },
      });
      a.releaseEarly({ when: [{ statistic: 'accesses', comparison: '!=', threshold: policy }] });
      expect(thrownBy(() => a.replica.memory.load32(AT))).toMatchObject({
        code: 'POLICY_FAILED',
        cause: { details: { field: 'the answer of earlyRelease.when[0].threshold' } },
      });
    },
  );

  test('every kind of access fails so, a store without storing', async () => {
    const { a } = await borrowing(1, { earlyRelease: { when: throws } });
    const { memory } = a.replica;
    const bytes = new Uint8Array(4);
    for (const access of [
      () => memory.load8(AT),
      () => memory.load64(AT),
      () => memory.store8(AT, 9),
      () => memory.store32(AT, 9),
      () => memory.store64(AT, 9n),
      () => memory.fill(AT, 4, 9),
      () => memory.read(AT, bytes),
      () => memory.write(AT, bytes),
    ])
      expect(thrownBy(access)).toMatchObject({ code: 'POLICY_FAILED', cause: failure });
    a.releaseEarly(null);
    expect(contentWrong(a, 4 * REGION_PAGES)).toEqual([]);
  });

  test('once the policy works again the access can be repeated', async () => {
    let works = false;
    const { a } = await borrowing(1, { earlyRelease: { when: () => (works ? true : throws()) } });
    expect(thrownBy(() => a.replica.memory.load32(AT))).toMatchObject({ code: 'POLICY_FAILED' });
    works = true;
    expect(a.replica.memory.load32(AT)).toBe(3 * REGION_PAGES + 1);
    expect(a.counters.earlyReleases).toBe(1);
  });
});

describe('a policy that calls back into the engine', () => {
  test.each<readonly [string, (engine: Engine, a: Vm, b: Vm) => void]>([
    ['an access of the same VM', (_, a) => void a.replica.memory.load32(0)],
    ['an access of another VM', (_, __, b) => b.replica.memory.store8(0, 1)],
    ['a reduction', (_, a) => void a.reduce(REGION_BYTES)],
    ['an expansion', (_, __, b) => void b.expand(REGION_BYTES)],
    ['a reconfiguration', (engine, a) => void engine.reconfigure([{ vm: a, change: -REGION_BYTES }])],
    ['another condition', (_, a) => a.releaseEarly(null)],
    ['another way of release', (_, a) => a.releaseBy('moveFirst')],
    ['sweeps', (engine) => void engine.advance()],
    ['a new VM', (engine) => void engine.createVm({ memory: REGION_BYTES })],
    ['the end of its VM', (_, a) => a.dispose()],
    ['the end of the engine', (engine) => engine.dispose()],
  ])('%s: REENTRANT, and the policy has failed', async (_, call) => {
    const box: { run: () => void } = { run: () => undefined };
    const { engine, a, b } = await borrowing(1, {
      earlyRelease: {
        when: () => {
          box.run();
          return true;
        },
      },
    });
    const before = bare(engine);
    box.run = () => call(engine, a, b);
    expect(thrownBy(() => a.replica.memory.load32(AT))).toMatchObject({ code: 'POLICY_FAILED', cause: { code: 'REENTRANT' } });
    expect(bare(engine)).toEqual(before);
    box.run = () => undefined;
    expect(a.replica.memory.load32(AT)).toBe(3 * REGION_PAGES + 1);
    expect(a.counters.earlyReleases).toBe(1);
    engine.validate();
  });

  test('it may look', async () => {
    const looks: unknown[] = [];
    const box: { look: () => unknown } = { look: () => null };
    const { engine, a } = await borrowing(1, {
      earlyRelease: {
        when: () => {
          looks.push(box.look());
          return false;
        },
      },
    });
    box.look = () => [engine.inspect().regions.length, a.usedBytes, a.accessFigures()[0]!.accesses];
    a.replica.memory.load32(AT);
    expect(looks).toEqual([[12, 4 * REGION_BYTES, 1]]);
  });
});

describe('in a sweep', () => {
  test('POLICY_FAILED ends it; what was released stays released, the next sweep goes on', async () => {
    const failing = { region: 2 };
    const when = ({ region }: AccessFigures): boolean => (region === failing.region ? throws() : true);
    const { engine, a } = await borrowing(3, { earlyRelease: { when, sweep: '1us' } });
    const dueNs = engine.dueNs!;
    expect(thrownBy(() => engine.advance(dueNs))).toMatchObject({ code: 'POLICY_FAILED', cause: failure, details: { region: 2 } });
    expect(a.accessFigures().map(({ region }) => region)).toEqual([2, 3]);
    expect(engine.dueNs).toBe(dueNs + 1000);
    engine.validate();
    failing.region = -1;
    expect(engine.advance(dueNs + 1000)).toBe(1);
    expect(a.accessFigures()).toEqual([]);
    expect(stateOf(engine)).toContain('"earlyReleases":3');
  });
});
