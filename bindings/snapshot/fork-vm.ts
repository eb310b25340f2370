import { IMAGE_SLOT_FIRST } from '../../assembly/shared/layout.ts';
import type { Core } from '../engine/core.ts';
import { pagesWalk } from '../engine/page-walk.ts';
import type { EngineParts } from '../engine-parts.ts';
import { InvalidOptionError } from '../errors.ts';
import type { Replica } from '../replica.ts';
import type { SignalOption } from '../signal.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Vm } from '../vm.ts';
import type { VmOptions } from '../vm-options.ts';
import { Pace } from './pace.ts';
import { pagesFilled, protectionRuns } from './page-content.ts';

/** What the new VM is made with; its address space is that of the old one, and it has one replica. */
export interface ForkVmOptions extends Omit<VmOptions, 'addressSpace' | 'replicas'>, SignalOption {}

/** A VM with memory of its own and the contents and protection of a snapshot. Written page by page as a guest would; if that fails, the new VM is gone. */
export async function vmFork(parts: EngineParts, from: Snapshot, options: ForkVmOptions): Promise<Vm> {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) throw new InvalidOptionError('options', given, 'an object with at least `memory`');
  for (const field of ['addressSpace', 'replicas'] as const) {
    const value = (given as VmOptions)[field];
    if (value !== undefined) throw new InvalidOptionError(field, value, 'nothing: the new VM has the same address space, and one replica');
  }
  const { signal, ...vmOptions } = options;
  const pace = new Pace(signal);
  const vm = parts.createVm({ ...vmOptions, addressSpace: from.addressSpaceBytes });
  try {
    await contentCopy(parts, from, vm, pace);
  } catch (failure) {
    vm.dispose();
    throw failure;
  }
  return vm;
}

async function contentCopy({ core }: EngineParts, from: Snapshot, vm: Vm, pace: Pace): Promise<void> {
  const { pageBytes } = core;
  const { replica } = vm;
  const protection = protectionRuns(core, from);
  const inImages = imagePagesMap(core, from, replica);
  for (const [page, bytes] of pagesFilled(core, from, inImages)) {
    replica.memory.write(page * pageBytes, bytes);
    await pace.done(pageBytes);
  }
  for (const { first, pages, kind } of protection) replica.protect(first * pageBytes, pages * pageBytes, kind);
}

/** Pages whose contents are in an image become pages of that image in the new VM too. Which ones. */
function imagePagesMap(core: Core, from: Snapshot, replica: Replica): ReadonlySet<number> {
  const mapped = new Set<number>();
  for (const { page, imageSlot } of pagesWalk(core, from.handle, 0, from.addressSpaceBytes / core.pageBytes)) {
    if (imageSlot === null) continue;
    core.require(core.exports.imageMap(replica.handle, page, 1, IMAGE_SLOT_FIRST + imageSlot));
    mapped.add(page);
  }
  return mapped;
}
