import type { Change } from '../change.ts';
import type { Engine } from '../engine.ts';
import type { Image } from '../image/image.ts';
import type { ImageSource } from '../image/source.ts';
import type { Reconfiguration } from '../reconfiguration/reconfiguration.ts';
import type { UsufructError } from '../errors.ts';
import type { Replica } from '../replica.ts';
import type { Snapshot } from '../snapshot.ts';
import type { SwapStore } from '../swap/store.ts';
import type { Vm } from '../vm.ts';
import type { AsyncChange } from './async-change.ts';
import type { AsyncImage } from './async-image.ts';
import type { AsyncReconfiguration } from './async-reconfiguration.ts';
import type { AsyncReplica } from './async-replica.ts';
import type { AsyncSnapshot } from './async-snapshot.ts';
import type { AsyncVm } from './async-vm.ts';
import type { ModuleExport } from './module-export.ts';
import type { StoreDescription } from './stores.ts';

/** Values that are what they are on both sides. */
type Plain = string | number | bigint | boolean | symbol | null | undefined | AbortSignal | ArrayBufferView | ArrayBufferLike | Engine;

/**
 * What is passed to a VMM where its engine takes `Value`: its own faces of VMs, replicas and changes, and for each function or swap store also the name
 * of an export that the VMM imports.
 */
export type Sent<Value> = Value extends Plain
  ? Value
  : Value extends Vm
    ? AsyncVm
    : Value extends Replica
      ? AsyncReplica
      : Value extends Snapshot
        ? AsyncSnapshot
        : Value extends Image
          ? AsyncImage
          : Value extends Change
            ? AsyncChange
            : Value extends (...args: never[]) => unknown
              ? Value | ModuleExport
              : Value extends SwapStore
                ? Value | StoreDescription | ModuleExport
                : Value extends ImageSource
                  ? Value | ModuleExport
                  : { [Field in keyof Value]: Sent<Value[Field]> };

/** What a VMM answers where its engine answers `Value`. */
export type Received<Value> = Value extends Plain
  ? Value
  : Value extends Vm
    ? AsyncVm
    : Value extends Replica
      ? AsyncReplica
      : Value extends Snapshot
        ? AsyncSnapshot
        : Value extends Image
          ? AsyncImage
          : Value extends Change
            ? AsyncChange
            : Value extends UsufructError
              ? Value
              : Value extends Reconfiguration
                ? AsyncReconfiguration
                : { [Field in keyof Value]: Received<Value[Field]> };
