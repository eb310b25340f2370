// Engines for the tests of the public classes: small ones, on the builds of test/support/builds.ts.
import { expect } from 'vitest';
import { Engine } from '../../bindings/node.ts';
import type { EngineOptions } from '../../bindings/node.ts';
import { buildModule, shippedBuilds } from './builds.ts';
import type { Build } from './builds.ts';

export const PAGE_BYTES = 4096;
/** Regions of four pages: small enough to fill. */
export const REGION_BYTES = 4 * PAGE_BYTES;

/** An engine with so many small regions and slots. */
export function engineMake(build: Build, options: Partial<EngineOptions> & { regions?: number; slots?: number } = {}): Promise<Engine> {
  const { regions = 12, slots = 64, ...rest } = options;
  return Engine.create({
    memory: regions * REGION_BYTES,
    region: REGION_BYTES,
    ...(slots > 0 ? { swap: { size: slots * PAGE_BYTES } } : {}),
    module: buildModule(build),
    shared: build.shared,
    ...rest,
  });
}

/** The two builds that the package ships. */
export const shipped = shippedBuilds;

/** Equal bytes; quicker than comparing element by element. */
export function expectBytes(actual: Uint8Array, expected: Uint8Array): void {
  expect(actual.length).toBe(expected.length);
  const place = Buffer.compare(actual, expected) === 0 ? -1 : actual.findIndex((byte, index) => byte !== expected[index]);
  expect(place, 'first byte that differs').toBe(-1);
}

/** What an action throws; fails when it throws nothing. */
export function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
