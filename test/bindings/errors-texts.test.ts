// What errors say: sentences that can be read, and what is allowed named by its name.
import { describe, expect, test } from 'vitest';
import { engineMake, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { rejectionOf, vmmMake } from '../support/vmm.ts';

const [build] = shipped;
const messageOf = (error: unknown): string => (error as Error).message;

describe('options', () => {
  test('one that does not exist is no quotation', async () => {
    const error = await rejectionOf(engineMake(build!, { reserve: { size: 5 }, handover: 'reserve' } as never));
    expect(messageOf(error)).toBe('reserve.size is an unknown option; allowed: memory, refill, shortfall.');
    expect(error).toMatchObject({ details: { field: 'reserve.size', value: 'an unknown option' } });
  });

  test.each([
    [{ useRight: 'managerPreferred' }, /^useRight is "managerPreferred"; allowed: 'presentUser', as with the handover 'eager' /],
    [{ declaration: { capacity: 'atDeclaration' } }, /allowed: 'atRelease', as /],
    [{ declaration: { access: 'evacuate' } }, /allowed: 'unchanged', as /],
  ] as const)('what is left to choose under eager: %j', async (options, message) => {
    expect(messageOf(await rejectionOf(engineMake(build!, { handover: 'eager', ...options })))).toMatch(message);
  });

  test('a release condition on an engine without statistics, and one that compares nothing', async () => {
    const when = { statistic: 'accesses', comparison: '>=', constant: 1 } as const;
    const without = await engineMake(build!, { statistics: false });
    expect(messageOf(thrownBy(() => without.createVm({ memory: REGION_BYTES, earlyRelease: { when } })))).toBe(
      'earlyRelease is a release condition; allowed: on engines that keep statistics; create the engine with statistics: true.',
    );
    const engine = await engineMake(build!, { statistics: true });
    const earlyRelease = { when: { comparison: '>=', constant: 1 } };
    expect(messageOf(thrownBy(() => engine.createVm({ memory: REGION_BYTES, earlyRelease: earlyRelease as never })))).toBe(
      'earlyRelease.when is a condition with no statistic and no evaluate; allowed: one with statistic or evaluate.',
    );
  });

  test('the name of the reserve is taken, also when no VM has it', async () => {
    const engine = await engineMake(build!, { handover: 'reserve', reserve: { memory: REGION_BYTES } });
    expect(messageOf(thrownBy(() => engine.createVm({ name: 'reserve', memory: REGION_BYTES })))).toMatch(
      /another name: it is the reserve's/,
    );
    engine.createVm({ name: 'a', memory: REGION_BYTES });
    expect(messageOf(thrownBy(() => engine.createVm({ name: 'a', memory: REGION_BYTES })))).toMatch(/that no living VM of the engine has/);
  });

  test('a worker that is none is refused in both places', async () => {
    for (const where of ['here', 'worker'] as const)
      expect(await rejectionOf(vmmMake(where, build!, { worker: 5 as never }))).toMatchObject({
        code: 'INVALID_OPTION',
        details: { field: 'worker' },
      });
  });
});

test.each([
  ['boom', 'boom. Nothing'],
  ['boom.', 'boom. Nothing'],
])('a policy that throws %j', async (reason, text) => {
  const engine = await engineMake(build!);
  const vm = engine.createVm({ memory: REGION_BYTES });
  const fails = (): never => {
    throw new Error(reason);
  };
  expect(messageOf(thrownBy(() => vm.expand(REGION_BYTES, { selection: fails })))).toContain(`failed: ${text} was changed; `);
});
