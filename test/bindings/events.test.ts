import { describe, expect, test, vi } from 'vitest';
import type { Engine, EngineEvent, EventName, Vm } from '../../bindings/node.ts';
import { CB_EVENT_HEAD, CB_EVENT_MASK } from '../../assembly/shared/layout.ts';
import { engineMake, PAGE_BYTES, REGION_BYTES, shipped, thrownBy } from '../support/engines.ts';
import { EVENT_NAMES } from '../support/event-names.ts';

const REGION_PAGES = REGION_BYTES / PAGE_BYTES;
const NAMES = [...EVENT_NAMES, 'lost'] as const;

describe.each(shipped)('$name', (build) => {
  const make = (eventCapacity = 4096): Promise<Engine> => engineMake(build, { regions: 6, eventCapacity });
  const two = (engine: Engine): readonly [Vm, Vm] => [
    engine.createVm({ name: 'a', memory: 4 * REGION_BYTES }),
    engine.createVm({ name: 'b', memory: 2 * REGION_BYTES }),
  ];
  /** All events of an engine, short: names instead of objects. */
  const record = (engine: Engine, names: readonly EventName[] = NAMES): unknown[] => {
    const events: unknown[] = [];
    const short = (event: EngineEvent): unknown =>
      JSON.parse(
        JSON.stringify(event, (key, value: unknown) =>
          key === 'timeNs' || value === undefined
            ? undefined
            : key === 'vm' || key === 'from'
              ? (value as Vm).name
              : key === 'change'
                ? (value as { kind: string }).kind
                : value,
        ),
      );
    for (const name of names) engine.on(name, (event: EngineEvent) => events.push(short(event)));
    return events;
  };
  const write = (vm: Vm, pages: number): void => {
    for (let page = 0; page < pages; page += 1) vm.replica.memory.store32(page * PAGE_BYTES, page + 1);
  };

  test('with nobody listening nothing is recorded', async () => {
    const engine = await make();
    const [a, b] = two(engine);
    write(a, 4 * REGION_PAGES);
    a.reduce(REGION_BYTES);
    b.expand(REGION_BYTES);
    expect(engine.core.word(CB_EVENT_HEAD)).toBe(0);
    const off = engine.on('settled', () => undefined);
    expect(engine.core.word(CB_EVENT_MASK)).not.toBe(0);
    off();
    off();
    expect(engine.core.word(CB_EVENT_MASK)).toBe(0);
    expect(engine.core.attention).toBe(0);
  });

  test('a hand-over, event by event', async () => {
    const engine = await make();
    const events = record(engine, ['vmCreated', 'grant', 'declare', 'takeOver', 'use', 'release', 'settled', 'follow', 'pageOut']);
    const [a, b] = two(engine);
    expect(events.splice(0)).toEqual([
      { type: 'grant', vm: 'a', region: 0, regions: 4, machineAddress: 0 },
      { type: 'vmCreated', vm: 'a' },
      { type: 'grant', vm: 'b', region: 4, regions: 2, machineAddress: 0 },
      { type: 'vmCreated', vm: 'b' },
    ]);
    write(a, 3 * REGION_PAGES + 1);
    expect(events.splice(0)).toEqual(
      [0, 1, 2, 3].map((region) => ({ type: 'use', vm: 'a', region, machineAddress: region * REGION_BYTES })),
    );
    a.reduce(2 * REGION_BYTES);
    b.expand(2 * REGION_BYTES);
    expect(events.splice(0)).toEqual([
      { type: 'declare', vm: 'a', region: 2, regions: 2, machineAddress: 2 * REGION_BYTES, change: 'reduce' },
      { type: 'grant', vm: 'b', region: 2, regions: 2, machineAddress: 2 * REGION_BYTES, change: 'expand' },
    ]);
    b.touch(3 * REGION_BYTES);
    const taken = events.splice(0) as { type: string }[];
    expect(taken[0]).toEqual({ type: 'pageOut', vm: 'a', page: 3 * REGION_PAGES, slot: 0 });
    expect(taken).toContainEqual({ type: 'release', vm: 'a', region: 3, pagesWritten: 1, change: 'reduce' });
    expect(taken).toContainEqual({ type: 'takeOver', vm: 'b', region: 3, from: 'a', pagesWritten: 1, machineAddress: 3 * REGION_BYTES });
    expect(taken).toContainEqual({ type: 'follow', vm: 'a', change: 'reduce', region: 3, pending: 1, pagesWritten: 1 });
    expect(taken.filter(({ type }) => type === 'follow')).toHaveLength(2);
    expect(taken.map(({ type }) => type)).not.toContain('settled');
    b.touch(2 * REGION_BYTES);
    const last = events.splice(0) as { type: string }[];
    expect(last.filter(({ type }) => type === 'settled')).toEqual([
      { type: 'settled', vm: 'a', change: 'reduce' },
      { type: 'settled', vm: 'b', change: 'expand' },
    ]);
    engine.validate();
  });

  test('paging, copies, superseding, cancelling, the end', async () => {
    const engine = await make();
    const [a, b] = two(engine);
    const events = record(engine) as { type: string }[];
    const types = (): string[] => events.splice(0).map(({ type }) => type);
    write(a, 1);
    expect(types()).toEqual(expect.arrayContaining(['fault', 'use']));
    write(a, 4 * REGION_PAGES + 1);
    expect(types()).toEqual(expect.arrayContaining(['fault', 'pageOut']));
    a.replica.memory.load8(0);
    expect(types()).toEqual(expect.arrayContaining(['fault', 'pageOut', 'pageIn']));
    const fork = a.replica.fork();
    fork.memory.store8(0, 9);
    expect(types()).toContain('copy');
    a.reduce(REGION_BYTES);
    a.expand(REGION_BYTES);
    expect(types()).toEqual(expect.arrayContaining(['declare', 'grant', 'superseded', 'settled']));
    a.reduce(REGION_BYTES).cancel();
    expect(types()).toEqual(expect.arrayContaining(['cancelled']));
    b.reduce(REGION_BYTES);
    a.reduce(REGION_BYTES);
    events.splice(0);
    a.dispose();
    expect(types()).toEqual(expect.arrayContaining(['abandoned', 'vmDisposed']));
  });

  test('the objects in events are those that the user holds', async () => {
    const engine = await make();
    const [a, b] = two(engine);
    write(a, 4 * REGION_PAGES);
    const changes: unknown[] = [];
    engine.on('settled', ({ change, vm }) => changes.push(change, vm));
    const given = a.reduce(REGION_BYTES);
    const taken = b.expand(REGION_BYTES);
    b.touch(engine.inspect().regions.find(({ manager, user }) => manager === 'b' && user === 'a')!.managerAddress!);
    expect(changes).toEqual([given, a, taken, b]);
    expect(changes[0]).toBe(given);
    expect(changes[2]).toBe(taken);
  });

  test('listeners may use the engine: what they cause comes afterwards, in order', async () => {
    const engine = await make();
    const [a] = two(engine);
    const order: string[] = [];
    engine.on('fault', ({ page }) => {
      order.push(`fault ${page}`);
      if (page < 3) a.replica.memory.store8((page + 1) * PAGE_BYTES, 1);
      order.push(`end ${page}`);
    });
    a.replica.memory.store8(0, 1);
    expect(order).toEqual(['fault 0', 'end 0', 'fault 1', 'end 1', 'fault 2', 'end 2', 'fault 3', 'end 3']);
    engine.validate();
  });

  test('events arrive also when the operation fails', async () => {
    const engine = await engineMake(build, { regions: 6, slots: 2 });
    const [a] = two(engine);
    const events = record(engine, ['pageOut', 'fault']) as { type: string }[];
    expect(thrownBy(() => a.replica.memory.write(0, new Uint8Array(20 * PAGE_BYTES).fill(1)))).toMatchObject({ code: 'SWAP_FULL' });
    expect(events.filter(({ type }) => type === 'pageOut')).toHaveLength(2);
  });

  test('a listener that throws spoils neither the operation nor the others', async () => {
    const engine = await make();
    const [a] = two(engine);
    const error = new Error('listener');
    const uncaught = vi.fn();
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', uncaught);
    let heard = 0;
    engine.on('fault', () => {
      throw error;
    });
    engine.on('fault', () => (heard += 1));
    a.replica.memory.store8(0, 1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    for (const listener of others) process.on('uncaughtException', listener);
    expect(heard).toBe(1);
    expect(uncaught.mock.calls[0]?.[0]).toBe(error);
  });

  test('more events than the ring holds: the oldest are lost, and that is said', async () => {
    const engine = await make(8);
    const [a] = two(engine);
    const events = record(engine, ['fault', 'lost']);
    a.replica.memory.fill(0, 12 * PAGE_BYTES, 1);
    expect(events).toEqual([{ type: 'lost', count: 4 }, ...[4, 5, 6, 7, 8, 9, 10, 11].map((page) => ({ type: 'fault', vm: 'a', page }))]);
  });

  test('a promise is kept even if the event that tells of it was lost', async () => {
    const engine = await make(1);
    const [a, b] = two(engine);
    write(a, 4 * REGION_PAGES);
    engine.on('fault', () => undefined);
    const given = a.reduce(2 * REGION_BYTES);
    b.expand(2 * REGION_BYTES);
    const { settled } = given;
    b.replica.memory.fill(0, 4 * REGION_BYTES, 1);
    expect(await settled).toBe('settled');
  });

  test('names and listeners of the wrong kind', async () => {
    const engine = await make();
    for (const name of ['granted', '', undefined, 'toString']) {
      expect(thrownBy(() => engine.on(name as EventName, () => undefined))).toMatchObject({
        code: 'INVALID_OPTION',
        details: { field: 'event name' },
      });
    }
    expect(thrownBy(() => engine.on('grant', undefined as never))).toMatchObject({ details: { field: 'listener' } });
  });
});
