import type { DeviceMap } from './device.ts';
import type { DisposedError } from './errors.ts';
import type { Vm } from './vm.ts';

/** What has the pages of one address space: a replica, or a snapshot of one. */
export interface PageHolder {
  readonly vm: Vm;
  /** @internal 0: it has ended. */
  readonly handle: number;
  /** @internal */
  readonly devices: DeviceMap;
  readonly addressSpaceBytes: number;
  readonly isDisposed: boolean;
  /** @internal */
  disposed(): DisposedError;
  /** @internal The engine's record is gone. */
  detach(): void;
  peek(address: number, into: Uint8Array<ArrayBufferLike>): Uint8Array<ArrayBufferLike>;
}
