// The README names what there is: every error code, every event, every criterion and order.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as entry from '../../bindings/node.ts';
import { UsufructError } from '../../bindings/node.ts';
import type { EventName } from '../../bindings/node.ts';

const read = (path: string): string => readFileSync(fileURLToPath(new URL(`../../${path}`, import.meta.url)), 'utf8');
const README = read('README.md');

/** Events by name; the compiler sees to it that none is missing. */
const EVENTS: Readonly<Record<EventName, true>> = {
  grant: true,
  declare: true,
  takeOver: true,
  use: true,
  release: true,
  follow: true,
  settled: true,
  superseded: true,
  abandoned: true,
  cancelled: true,
  earlyRelease: true,
  move: true,
  merge: true,
  pageIn: true,
  pageOut: true,
  fault: true,
  copy: true,
  vmCreated: true,
  vmDisposed: true,
  report: true,
  reserve: true,
  lost: true,
};

type Family = new (...args: readonly string[]) => UsufructError;

function isFamily(value: unknown): value is Family {
  return typeof value === 'function' && value.prototype instanceof UsufructError;
}

/** The codes of all error classes that the package exports. */
const codes = Object.values<unknown>(entry)
  .filter(isFamily)
  .map((family) => new family('a', 'b', 'c').code);

test('there are codes to look for', () => expect(codes).toContain('SWAP_FULL'));

test.each(codes)('error code %s', (code) => {
  expect(README).toContain(`\`${code}\``);
});

test.each(Object.keys(EVENTS))('event %s', (name) => {
  expect(README.slice(README.indexOf('- Events:'))).toContain(`\`${name}\``);
});

test.each(Object.keys(entry.RECONFIGURATION_ORDERS))('order of issue %s', (name) => {
  expect(README).toContain(`\`${name}\``);
});

test.each([...Object.keys(entry.EXPAND_CRITERIA), ...Object.keys(entry.RELEASE_CRITERIA)])('criterion %s', (name) => {
  expect(read('docs/selection.md')).toContain(`\`${name}\``);
});
