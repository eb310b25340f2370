import type { EngineParts } from '../engine-parts.ts';
import type { Vm } from '../vm.ts';
import { imageMap } from './mapping.ts';
import type { CheckedImage } from './mapping.ts';

/** A new VM's first replica starts from images. If one cannot be mapped the VM is gone, and the failure thrown. */
export function imagesStart(parts: EngineParts, vm: Vm, images: readonly CheckedImage[]): void {
  try {
    for (const image of images) imageMap(parts, vm.replica.handle, image);
  } catch (failure) {
    vm.dispose();
    throw failure;
  }
}
