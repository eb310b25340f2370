/** How the work of an operation grows: the same with n, 2n and 16n of something. */
import { expect } from 'vitest';
import type { Work } from './bounds-engine.ts';

const TIMES = [1, 2, 16] as const;

/** A coverage run has counters of its own. */
export const isCovered = process.env['USUFRUCT_WASM_COVERAGE'] === '1';

/** The work of the same operation at 1, 2 and 16 times `n`. */
export function atTimes(n: number, measure: (amount: number) => Work): readonly [Work, Work, Work] {
  return TIMES.map((times) => measure(n * times)) as unknown as [Work, Work, Work];
}

/** No growth at all: every count is the same. */
export function expectSame(works: readonly Work[]): void {
  for (const work of works) expect(work).toEqual(works[0]);
}

/** At most proportional, and it does grow (else the measurement measures nothing). */
export function expectLinear([one, two, sixteen]: readonly [Work, Work, Work]): void {
  expect(two.steps).toBeGreaterThan(one.steps);
  expect(two.steps).toBeLessThanOrEqual(2 * one.steps);
  expect(sixteen.steps).toBeLessThanOrEqual(16 * one.steps);
}
