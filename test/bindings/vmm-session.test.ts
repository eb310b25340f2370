// Faces of objects that nobody holds any more: the VMM hears how often it had spoken of them.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { Origin } from '../../bindings/dispose.ts';
import { AsyncChange } from '../../bindings/vmm/async-change.ts';
import { AsyncReplica } from '../../bindings/vmm/async-replica.ts';
import { AsyncVm } from '../../bindings/vmm/async-vm.ts';
import type { Link } from '../../bindings/vmm/link.ts';
import type { Releases } from '../../bindings/vmm/protocol.ts';
import { Session } from '../../bindings/vmm/session.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const VM = { $: 'vm', id: 1, facts: 'a' };

/** A session to a VMM that answers every request with a change of the same number. */
async function setup(): Promise<{ ask: () => Promise<unknown>; released: Releases[]; session: Session }> {
  const released: Releases[] = [];
  const never = (): never => expect.fail('not asked for');
  const session = new Session(new Origin(setup), {
    vm: (own, reference) => new AsyncVm(own, reference),
    replica: (own, reference) => new AsyncReplica(own, reference),
    snapshot: never,
    image: never,
    change: (own, reference) => new AsyncChange(own, reference),
    reconfiguration: never,
    iterator: never,
  });
  const link: Link = {
    start: () => Promise.resolve(undefined),
    request: () => Promise.resolve({ $: 'change', id: 2, facts: { vm: VM, report: undefined } }),
    release: (releases) => void released.push(releases),
    close: () => Promise.resolve(),
  };
  await session.start(link, {}, undefined);
  return { ask: () => session.askEngine('vms', []), released, session };
}

test('an object has one face while somebody holds it; then it is released, with the count of its mentions', async () => {
  const { ask, released } = await setup();
  const held: unknown[] = [await ask(), await ask(), await ask()];
  expect(held[0]).toBeInstanceOf(AsyncChange);
  expect(new Set(held).size).toBe(1);
  collect();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(released).toEqual([]);

  held.length = 0;
  await vi.waitFor(() => {
    collect();
    expect(released).toEqual([[[2, 3]]]);
  });
  expect(await ask()).toBeInstanceOf(AsyncChange);
});

test('a VMM that has ended is told nothing', async () => {
  const { ask, released, session } = await setup();
  await ask();
  await session.dispose();
  collect();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(released).toEqual([]);
});
