import { expect, test } from 'vitest';
import { disposedError, DISPOSE, Origin } from '../../bindings/dispose.ts';
import { engineMake, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';

test('the place is the line of the caller, here and in a fork', async () => {
  const engine = await engineMake(shipped[0]!);
  const vm = engine.createVm({ memory: REGION_BYTES });
  const fork = vm.replica.fork();
  fork.dispose();
  const error = thrownBy(() => fork.memory.load8(0)) as Error;
  expect(error.message).toMatch(/replica of VM 'vm1' was disposed of.*made at .*dispose\.test\.ts:8:/);
});

test('a platform that only gives whole stacks', async () => {
  const { captureStackTrace } = Error;
  try {
    Error.captureStackTrace = undefined as never;
    const engine = await engineMake(shipped[0]!);
    const vm = engine.createVm({ memory: REGION_BYTES });
    vm.dispose();
    expect((thrownBy(() => vm.managedBytes) as Error).message).toMatch(/made at .*dispose\.test\.ts:19:/);
  } finally {
    Error.captureStackTrace = captureStackTrace;
  }
});

test('a stack of nothing', () => {
  const maker = (): Origin => new Origin(maker);
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const origin = maker();
  Error.stackTraceLimit = stackTraceLimit;
  expect(disposedError('It', origin).message).toContain('made at an unknown place');
});

test('the symbol is the platform’s where it has one', () => {
  expect(DISPOSE).toBe(Symbol.dispose);
});
