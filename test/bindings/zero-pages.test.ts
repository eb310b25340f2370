import { expect, test } from 'vitest';
import { buildModule, shippedBuilds } from '../support/builds.ts';
import { Engine } from '../../bindings/node.ts';

test.each(shippedBuilds)('a guest may load over far more untouched pages than there are frames and slots ($name)', async (build) => {
  const engine = await Engine.create({ memory: '1MiB', region: '64KiB', module: buildModule(build), shared: build.shared });
  const vm = engine.createVm({ memory: '1MiB', addressSpace: '256MiB' });
  const pages = 65_536;
  for (let page = 0; page < pages; page += 1) expect(vm.replica.memory.load8(page * 4096)).toBe(0);
  expect(vm.counters.faults).toBe(pages);
  expect(vm.counters.pageOuts).toBe(0);
  engine.validate();
  engine.dispose();
});
