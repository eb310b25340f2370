import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { Sha256 } from '../../bindings/engine/sha256.ts';

const expected = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const pattern = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 89 + (index >> 6)) & 0xff);

test.each([0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 128, 1000, 4096])('%d bytes', (length) => {
  const bytes = pattern(length);
  const hash = new Sha256();
  hash.update(bytes);
  expect(hash.hex()).toBe(expected(bytes));
});

test('pieces of all sizes', () => {
  const bytes = pattern(5000);
  for (const piece of [1, 7, 63, 64, 65, 999]) {
    const hash = new Sha256();
    for (let at = 0; at < bytes.length; at += piece) hash.update(bytes.subarray(at, at + piece));
    expect(hash.hex()).toBe(expected(bytes));
  }
});
