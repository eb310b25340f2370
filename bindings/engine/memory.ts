import { CONTROL, CONTROL_BYTES } from '../../assembly/shared/layout.ts';
import { EngineTooLargeError, SharedMemoryUnavailableError } from '../errors.ts';

/** WebAssembly's own unit of growth; nothing to do with the engine's pages. */
const GROWTH_BYTES = 65536;
const GROWTH_MOST = 65536;
/** Smaller reservations of address space, tried where the platform refuses the whole 4 GiB. */
const RESERVATIONS = [GROWTH_MOST, GROWTH_MOST / 2, GROWTH_MOST / 4, GROWTH_MOST / 16];

/** Whether shared memory can be used here: in Node, and on pages that are cross-origin isolated. */
export function sharedMemoryAvailable(): boolean {
  if (typeof SharedArrayBuffer !== 'function') return false;
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated;
  return isolated ?? true;
}

/** A memory that has room for the control block and can grow to 4 GiB, or to what the platform grants. */
export function memoryCreate(shared: boolean): WebAssembly.Memory {
  if (shared && !sharedMemoryAvailable()) {
    throw new SharedMemoryUnavailableError(
      'Shared memory is not available here: a page needs to be cross-origin isolated (COOP and COEP headers). Leave `shared` out to use what there is.',
    );
  }
  const initial = Math.ceil((CONTROL + CONTROL_BYTES) / GROWTH_BYTES);
  let refusal: unknown;
  for (const maximum of RESERVATIONS) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared });
    } catch (cause) {
      refusal = cause;
    }
  }
  const bytes = initial * GROWTH_BYTES;
  throw new EngineTooLargeError(`The platform refuses to reserve memory: ${String(refusal)}.`, { bytes, bytesMost: 0 }, { cause: refusal });
}

/** Grows to at least `bytes`, which one memory can have: the compiled engine plans no more. */
export function memoryGrow(memory: WebAssembly.Memory, bytes: number): void {
  const missing = Math.ceil(bytes / GROWTH_BYTES) - memory.buffer.byteLength / GROWTH_BYTES;
  if (missing <= 0) return;
  try {
    memory.grow(missing);
  } catch (cause) {
    throw new EngineTooLargeError(
      `The platform refuses a memory of ${bytes} bytes: ${String(cause)}. Ask for less memory, swap or table space.`,
      { bytes, bytesMost: GROWTH_MOST * GROWTH_BYTES },
      { cause },
    );
  }
}
