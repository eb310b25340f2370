// The list of what the virtual clock brings.
import { expect, test } from 'vitest';
import { DueList } from '../../bindings/due.ts';
import type { DueTask } from '../../bindings/due.ts';

/** A task that is due every so often, and writes down when it was. */
function every(list: [string, number][], name: string, intervalNs: number, last = Infinity): DueTask {
  let dueNs: number | null = intervalNs;
  return {
    get dueNs() {
      return dueNs;
    },
    carryOut(timeNs) {
      dueNs = timeNs + intervalNs > last ? null : timeNs + intervalNs;
      list.push([name, timeNs]);
    },
  };
}

test('in order of time; at the same time in the order of joining', () => {
  const done: [string, number][] = [];
  const due = new DueList();
  expect(due.dueNs).toBe(null);
  expect(due.advance(Infinity)).toBe(0);
  due.add(every(done, 'six', 6));
  due.add(every(done, 'four', 4));
  expect(due.dueNs).toBe(4);
  expect(due.advance(3)).toBe(0);
  expect(due.advance(12)).toBe(5);
  expect(done).toEqual([
    ['four', 4],
    ['six', 6],
    ['four', 8],
    ['six', 12],
    ['four', 12],
  ]);
  expect(due.dueNs).toBe(16);
});

test('a task that has nothing more to do, or has left, is passed over', () => {
  const done: [string, number][] = [];
  const due = new DueList();
  const five = every(done, 'five', 5);
  due.add(every(done, 'two', 2, 4));
  due.add(five);
  expect(due.advance(9)).toBe(3);
  due.remove(five);
  expect(due.dueNs).toBe(null);
  expect(due.advance(100)).toBe(0);
  expect(done.at(-1)).toEqual(['five', 5]);
});

test('a failure ends the advance; the next one goes on behind it', () => {
  const done: [string, number][] = [];
  const due = new DueList();
  const task = every(done, 'task', 1);
  due.add({
    get dueNs() {
      return task.dueNs;
    },
    carryOut(timeNs) {
      task.carryOut(timeNs);
      if (timeNs === 2) throw new Error('no');
    },
  });
  expect(() => due.advance(5)).toThrow('no');
  expect(due.advance(5)).toBe(3);
  expect(done.map(([, timeNs]) => timeNs)).toEqual([1, 2, 3, 4, 5]);
});
