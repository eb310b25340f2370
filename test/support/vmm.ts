// VMMs for the tests: on a build of test/support/builds.ts, here or in the worker of the built package.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Vmm } from '../../bindings/node.ts';
import type { VmmOptions, VmmPlace } from '../../bindings/node.ts';
import { buildModule } from './builds.ts';
import type { Build } from './builds.ts';
import { PAGE_BYTES, REGION_BYTES } from './engines.ts';

/** Sources are TypeScript; a thread of its own has nobody who would compile them. */
export const WORKER = new URL('../../dist/bindings/vmm/worker-node.js', import.meta.url);

export const PLACES: readonly VmmPlace[] = ['here', 'worker'];

export type VmmMakeOptions = Partial<VmmOptions> & { regions?: number; slots?: number };

/** The options of a small VMM: so many regions of four pages, so many swap slots. */
export function vmmOptions(where: VmmPlace, build: Build, options: VmmMakeOptions = {}): VmmOptions {
  if (!existsSync(fileURLToPath(WORKER))) throw new Error('npm run build comes first: there is no dist/');
  const { regions = 12, slots = 64, ...rest } = options;
  return {
    where,
    memory: regions * REGION_BYTES,
    region: REGION_BYTES,
    ...(slots > 0 ? { swap: { size: slots * PAGE_BYTES } } : {}),
    module: buildModule(build),
    shared: build.shared,
    ...(where === 'worker' ? { worker: WORKER } : {}),
    ...rest,
  };
}

export function vmmMake(where: VmmPlace, build: Build, options: VmmMakeOptions = {}): Promise<Vmm> {
  return Vmm.start(vmmOptions(where, build, options));
}

/** What a promise is rejected with; fails when it is not. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}
