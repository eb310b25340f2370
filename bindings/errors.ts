/** The numbers and names that belong to a failure. */
export type ErrorDetails = Readonly<Record<string, number | string>>;

/**
 * Every failure that this package reports. `code` never changes once published; `message` says what happened, with the numbers, and what to do;
 * `details` has the same numbers for programs.
 */
export class UsufructError extends Error {
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(code: string, message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.details = details;
  }
}

/** The constructor of a family, written out so that the declarations need no types of Node. */
interface Family<Code extends string> {
  new (message: string, details?: ErrorDetails, options?: ErrorOptions): UsufructError & { readonly code: Code };
}

/** A family of failures: a named class whose code is fixed. */
function family<const Code extends string>(code: Code): Family<Code> {
  return class extends UsufructError {
    declare readonly code: Code;
    constructor(message: string, details: ErrorDetails = {}, options?: ErrorOptions) {
      super(code, message, details, options);
    }
  };
}

// ---- misuse: the caller can know before the call -------------------------------------------------------------------

/** An option or argument of the wrong type or outside what is allowed. Details: `field`, `value`, `allowed`. */
export class InvalidOptionError extends UsufructError {
  declare readonly code: 'INVALID_OPTION';

  /** `shown`: what it is in words, where its value would not say. */
  constructor(field: string, value: unknown, allowed: string, shown: string = valueShown(value)) {
    super('INVALID_OPTION', `${field} is ${shown}; allowed: ${allowed}.`, { field, value: shown, allowed });
  }
}

/** Something was used after its `dispose()`; the message names where it was made. Details: `what`, `madeAt`. */
export class DisposedError extends family('DISPOSED') {}
/** A swap store, a device page or a policy called back into the engine while an operation was running. Details: `operation`. */
export class ReentrantError extends family('REENTRANT') {}
/** An access outside the address space. Details: `address`, `length`, `addressSpace`. */
export class AddressOutOfRangeError extends family('ADDRESS_OUT_OF_RANGE') {}
/** An address or length that has to be a multiple of something is not. Details: `address`, `length`, `multipleOf`. */
export class MisalignedError extends family('MISALIGNED') {}
/** The page's protection forbids the access. Details: `page`, `access`. */
export class ProtectedError extends family('PROTECTED') {}
/** A bulk operation, or a scalar access across its edge, met a device page. Details: `page`, `access`. */
export class DevicePageError extends family('DEVICE_PAGE') {}
/** Fig. 9 S409: the VM neither manages nor uses a region at that machine address. Details: `machineAddress`. */
export class AccessRefusedError extends family('ACCESS_REFUSED') {}
/** A range that the VM was to give up is not wholly managed by it. Details: `machineAddress`, `regions`, `managed`. */
export class NotManagedError extends family('NOT_MANAGED') {}
export class SlotTakenError extends family('SLOT_TAKEN') {}
/** JP 2009-26117A [0435]: only the engine's owner may change memory (`operatorOnly`). Details: `operation`. */
export class OperatorOnlyError extends family('OPERATOR_ONLY') {}
/** A region that a list, a policy or an absolute request names cannot be given up or had. Details: `region`, `place`, `reason`. */
export class NotSelectableError extends family('NOT_SELECTABLE') {}
/** A policy function threw, or its answer was not one. Details: `policy`, and where it was asked. `cause`: what it threw. */
export class PolicyFailedError extends family('POLICY_FAILED') {}
/** Two parts of one request speak of the same memory. Details: what overlaps, by number. */
export class OverlapError extends family('OVERLAPPING_REQUEST') {}
/** An image was to be disposed of while pages of replicas or snapshots still have their contents in it. Details: `pages`. */
export class ImageInUseError extends family('IMAGE_IN_USE') {}
/** A change cannot be cancelled any more. Details: `change`. */
export class ChangeFinishedError extends family('CHANGE_FINISHED') {}
/** The record of a change that had ended was reused. Details: `change`. */
export class ChangeForgottenError extends family('CHANGE_FORGOTTEN') {}

/** A function, or an object with methods, was to go to a VMM in a worker. Details: `field`, `value`. */
export class CannotCrossError extends family('CANNOT_CROSS') {}

// ---- running out: a result, not a fault of the caller -----------------------------------------------------------------

/** No class of the seek policy has a frame. Details: `vm`, `managedRegions`, `residentPages`. */
export class OutOfFramesError extends family('OUT_OF_FRAMES') {}
/** A page has to go out and no swap slot is free or reclaimable. Details: `vm`, `page`, `slots`. */
export class SwapFullError extends family('SWAP_FULL') {}
/** A request for more regions than there are. Details: `requested`, `available`. */
export class NotEnoughMemoryError extends family('NOT_ENOUGH_MEMORY') {}
/** Handover 'reserve': a change larger than what the pool holds now. Details: `requested`, `available`. */
export class ReserveExhaustedError extends family('RESERVE_EXHAUSTED') {}
/** A VM would be left with fewer frames than it needs. Details: `framesLeft`, `framesLeast`. */
export class TooLittleLeftError extends family('TOO_LITTLE_LEFT') {}
/**
 * Replicas in lockstep differ, or all have failed, and no policy helped. Details: `vm`, `checkPoint`, `progress`, `pages`, `states`, `minority`,
 * `rollBacks`. `cause`: what a program threw.
 */
export class LockstepHaltedError extends family('LOCKSTEP_HALTED') {}
/** One of the engine's tables is full. Details: `table`, `capacity`. */
export class TablesFullError extends family('TABLES_FULL') {}
/** A replica would get more pages of its own than its quota allows. Details: `page`, `taken`, `quota` (pages). */
export class QuotaExceededError extends family('QUOTA_EXCEEDED') {}
/** The engine's plan does not fit into one WebAssembly memory. Details: `bytes`, `bytesMost`. */
export class EngineTooLargeError extends family('ENGINE_TOO_LARGE') {}

// ---- the world outside ----------------------------------------------------------------------------------------------

/** The swap store failed to take a page; it kept its frame. Details: `vm`, `page`, `slot`. `cause`: what the store threw. */
export class SwapWriteError extends family('SWAP_WRITE_FAILED') {}
/** The swap store failed to give a page back; it stayed out. Details: `vm`, `page`, `slot`. `cause`: what the store threw. */
export class SwapReadError extends family('SWAP_READ_FAILED') {}
/** A swap store could not be opened, sized, read or written. Details: `path` or `slot`. `cause`: the system's error. */
export class SwapStoreError extends family('SWAP_STORE_FAILED') {}
/** A page of an image could not be read; it stayed out. Details: `vm` (where a VM was to have it), `page`, `imageSlot`. `cause`: what the source threw. */
export class ImageReadError extends family('IMAGE_READ_FAILED') {}
/** An image's source could not be opened, or answered a read with something else than bytes: too few, or none. Details: `path` or `offset`. */
export class ImageSourceError extends family('IMAGE_SOURCE_FAILED') {}
/** Bytes that are no saved snapshot, or a damaged one. Details: `reason`, and the numbers that do not agree. */
export class SnapshotCorruptError extends family('SNAPSHOT_CORRUPT') {}
/** A saved snapshot that does not fit: another version, page size, address space or base. Details: `field`, `found`, `expected`. */
export class SnapshotMismatchError extends family('SNAPSHOT_MISMATCH') {}
/** The WebAssembly module could not be loaded or does not fit these bindings. Details: `module`. */
export class ModuleLoadError extends family('MODULE_LOAD_FAILED') {}
/** Shared memory was asked for where there is none. */
export class SharedMemoryUnavailableError extends family('SHARED_MEMORY_UNAVAILABLE') {}
/** The worker of a VMM could not be started, or it ended. Details: `reason`. `cause`: what it threw. */
export class WorkerFailedError extends family('WORKER_FAILED') {}
/** A block of a compact trace is not one. Details: `record`, `byte`. */
export class TraceCorruptError extends family('TRACE_CORRUPT') {}

// ---- our own bugs ---------------------------------------------------------------------------------------------------

/** `validate()` found the engine's state broken. Details: `invariant`, `place`, `found`. */
export class InvariantError extends family('INVARIANT') {}

/** A value as a message shows it: short, on one line, strings quoted. */
export function valueShown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Uint8Array) return `a Uint8Array of ${value.length} bytes`;
  if (typeof value === 'object' && value !== null) return `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
  return String(value);
}

/** What a cause says, as part of a sentence of ours: without a full stop at its end. */
export function causeShown(cause: unknown): string {
  return (cause instanceof Error ? cause.message : valueShown(cause)).replace(/[.]$/, '');
}
