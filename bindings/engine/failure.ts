import * as status from '../../assembly/shared/status.ts';
import * as errors from '../errors.ts';
import type { UsufructError } from '../errors.ts';
import { imageReadError, slotIsImage } from './image-table.ts';

/** The numbers of a failure as the compiled engine left them, and what is needed to say them in the caller's terms. */
export interface FailureFacts {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly pageBytes: number;
  readonly regionBytes: number;
  vmName(handle: number): string;
  /** What the swap store threw. */
  readonly cause: unknown;
}

type ErrorMaker = (facts: FailureFacts) => UsufructError;

const hex = (address: number): string => `0x${address.toString(16)}`;
const accessName = (store: number): string => (store === 1 ? 'store' : 'load');
const reason = (cause: unknown): string => (cause === undefined ? '' : ` (${errors.causeShown(cause)})`);
const causeOption = (cause: unknown): ErrorOptions | undefined => (cause === undefined ? undefined : { cause });

const TABLES: Readonly<Record<number, readonly [name: string, option: string]>> = {
  [status.TABLE_VMS]: ['VMs', 'maxVms'],
  [status.TABLE_REPLICAS]: ['replicas', 'maxReplicas'],
  [status.TABLE_PAGE_OBJECTS]: ['page objects', 'tables.pageObjects'],
  [status.TABLE_NODES]: ['page-table nodes', 'tables.nodes'],
  [status.TABLE_MAP_NODES]: ['machine-map nodes', 'tables.mapNodes'],
  [status.TABLE_CHANGES]: ['changes that have not finished', 'maxChanges'],
  [status.TABLE_PLAYERS]: ['players', 'maxPlayers'],
};

/** Status code -> error. What each failure means and what to do about it is said here and nowhere else. */
const MAKERS: Readonly<Record<number, ErrorMaker>> = {
  [status.STATUS_ADDRESS_OUT_OF_RANGE]: ({ a, b, c, pageBytes }) => addressError(a, b, c * pageBytes),

  [status.STATUS_PROTECTED]: ({ a, b, pageBytes }) =>
    new errors.ProtectedError(
      `A ${accessName(b)} met page ${a} (address ${hex(a * pageBytes)}), whose protection forbids it; change it with replica.protect().`,
      { page: a, address: a * pageBytes, access: accessName(b) },
    ),

  [status.STATUS_DEVICE_PAGE]: ({ a, b, pageBytes }) =>
    new errors.DevicePageError(
      `A ${accessName(b)} met device page ${a} (address ${hex(a * pageBytes)}); device pages take scalar accesses that lie wholly inside one device.`,
      { page: a, address: a * pageBytes, access: accessName(b) },
    ),

  [status.STATUS_OUT_OF_FRAMES]: ({ a, b, c, vmName }) =>
    new errors.OutOfFramesError(
      `VM '${vmName(a)}' has no frame left for a page: it manages ${b} regions and has ${c} pages in frames, none of which may leave. Expand it, unlock pages, or add classes to its seek policy.`,
      { vm: vmName(a), managedRegions: b, residentPages: c },
    ),

  [status.STATUS_SWAP_FULL]: ({ a, b, c, vmName }) =>
    new errors.SwapFullError(
      `Page ${b} of VM '${vmName(a)}' has to go out, but all ${c} slots of swap are taken. Nothing is lost: make swap larger, give the VM more memory, or mark pages unused or discardable, and try again.`,
      { vm: vmName(a), page: b, slots: c },
    ),

  [status.STATUS_SWAP_WRITE_FAILED]: ({ a, b, c, vmName, cause }) =>
    new errors.SwapWriteError(
      `The swap store failed to write page ${b} of VM '${vmName(a)}' to slot ${c}${reason(cause)}. The page kept its frame; once the store works again the operation can be repeated.`,
      { vm: vmName(a), page: b, slot: c },
      causeOption(cause),
    ),

  [status.STATUS_SWAP_READ_FAILED]: ({ a, b, c, vmName, cause }) =>
    slotIsImage(c)
      ? imageReadError(b, c, vmName(a), cause)
      : new errors.SwapReadError(
          `The swap store failed to read page ${b} of VM '${vmName(a)}' from slot ${c}${reason(cause)}. The page is still out; once the store works again the access can be repeated.`,
          { vm: vmName(a), page: b, slot: c },
          causeOption(cause),
        ),

  [status.STATUS_TABLES_FULL]: ({ a, b }) => {
    const [table, option] = TABLES[a] ?? [`table ${a}`, 'tables'];
    return new errors.TablesFullError(`The engine's table of ${table} is full (${b}). Create the engine with a larger \`${option}\`.`, {
      table,
      capacity: b,
    });
  },

  [status.STATUS_QUOTA_EXCEEDED]: ({ a, b, c, pageBytes }) =>
    new errors.QuotaExceededError(
      `Page ${a} (address ${hex(a * pageBytes)}) would be one more page of the replica's own: it has ${b}, its quota is ${c} pages (${c * pageBytes} bytes). Give it a larger quota with replica.limit(), or let pages go with advice 'unused' or reset().`,
      { page: a, address: a * pageBytes, taken: b, quota: c },
    ),

  [status.STATUS_NOT_ENOUGH_MEMORY]: ({ a, b, regionBytes }) => notEnoughError(a, b, regionBytes),

  [status.STATUS_TOO_LITTLE_LEFT]: ({ a, b }) =>
    new errors.TooLittleLeftError(`The VM would manage ${a} frames; it needs at least ${b}. Take less away, or give it more.`, {
      framesLeft: a,
      framesLeast: b,
    }),

  [status.STATUS_NOT_MANAGED]: ({ a, b, c, regionBytes }) =>
    new errors.NotManagedError(
      `Of the ${b} regions from machine address ${hex(a * regionBytes)} the VM manages ${c}. Name a range that it manages, or pass shortfall: 'bestEffort' to give up what there is.`,
      { machineAddress: a * regionBytes, regions: b, managed: c },
    ),

  [status.STATUS_SLOT_TAKEN]: ({ a, b, regionBytes }) =>
    new errors.SlotTakenError(
      `${b} of the machine addresses are taken, the first is ${hex(a * regionBytes)}. Ask for free ones, for regions that the VM gave up and still uses, or with shortfall 'bestEffort'.`,
      { machineAddress: a * regionBytes, taken: b },
    ),

  [status.STATUS_ACCESS_REFUSED]: ({ a, regionBytes }) =>
    new errors.AccessRefusedError(`The VM neither manages nor uses a region at machine address ${hex(a * regionBytes)} (Fig. 9 S409).`, {
      machineAddress: a * regionBytes,
    }),

  [status.STATUS_NOT_SELECTABLE]: ({ a, b, c }) => notSelectableError(a - 1, b, c),

  [status.STATUS_POLICY_FAILED]: ({ a, b, vmName, cause }) =>
    new errors.PolicyFailedError(
      `The early-release policy of VM '${vmName(a)}' failed on region ${b - 1}${reason(cause)}. The region stays as it was; once the policy works again the operation can be repeated.`,
      { policy: 'earlyRelease', vm: vmName(a), region: b - 1 },
      causeOption(cause),
    ),

  [status.STATUS_MISALIGNED]: ({ a, b, pageBytes }) => misalignedError(a, b, pageBytes),

  [status.STATUS_CHANGE_SETTLED]: ({ a }) =>
    new errors.ChangeFinishedError('The change has settled, or was abandoned or cancelled: there is nothing left to cancel.', {
      change: a,
    }),

  [status.STATUS_TRACE_CORRUPT]: ({ a, b }) =>
    new errors.TraceCorruptError(`Record ${a} of the block (byte ${b}) is not a trace record.`, { record: a, byte: b }),

  [status.STATUS_BAD_OPTION]: ({ a, b }) => optionError(a, b),

  [status.STATUS_INVARIANT]: ({ a, b, c }) =>
    new errors.InvariantError(
      `The engine's state is broken: invariant ${a} does not hold at ${b} (found ${c}). This is a bug; please report it.`,
      {
        invariant: a,
        place: b,
        found: c,
      },
    ),
};

const MIB = 2 ** 20;
const MEMORY_MIB_MOST = 4096;

const SELECTABLE: Readonly<Record<number, string>> = {
  [status.SELECTABLE_NO_REGION]: 'the engine has no such region',
  [status.SELECTABLE_MANAGED]:
    'its management right is not to be had (a reduction needs regions that the VM manages, an expansion regions without manager)',
  [status.SELECTABLE_TWICE]: 'it is named twice',
};

/** Why the region at a place of a list is refused; `why` is SELECTABLE_… */
export function notSelectableError(region: number, place: number, why: number): errors.NotSelectableError {
  const found = SELECTABLE[why] ?? `reason ${why}`;
  return new errors.NotSelectableError(
    `Region ${region}, at place ${place} of the list of regions, cannot be taken: ${found}. Nothing was changed; name other regions.`,
    { region, place, reason: found },
  );
}

/** The bindings let no bad option through; what is left are limits that only the compiled engine knows. */
function optionError(option: number, value: number): UsufructError {
  if (option === status.OPTION_TOTAL) {
    return new errors.EngineTooLargeError(
      `The engine needs ${value} MiB with its tables and linear swap; one WebAssembly memory has at most ${MEMORY_MIB_MOST} MiB. Ask for less memory, or move swap to a store outside (memorySwapStore(), fileSwapStore()).`,
      { bytes: value * MIB, bytesMost: MEMORY_MIB_MOST * MIB },
    );
  }
  if (option === status.OPTION_LAST_REPLICA) {
    return new errors.InvalidOptionError('replica.dispose()', "a VM's last replica", 'any but the last; dispose of the VM instead');
  }
  if (option === status.OPTION_IMAGE) {
    return new errors.InvalidOptionError(
      'address',
      value,
      'pages that are untouched, or advised unused: an image is mapped before anything else is there',
      `a range in which page ${value} has been touched`,
    );
  }
  return new errors.InvalidOptionError(
    `option ${option} of the compiled engine`,
    value,
    'what the bindings let through; please report this',
  );
}

export function notEnoughError(requested: number, available: number, regionBytes: number): errors.NotEnoughMemoryError {
  return new errors.NotEnoughMemoryError(
    `${requested} regions (${requested * regionBytes} bytes) were asked for, but only ${available} (${available * regionBytes} bytes) can be had. Ask for less, have another VM reduced first, or pass shortfall: 'bestEffort'.`,
    { requested, available, requestedBytes: requested * regionBytes, availableBytes: available * regionBytes },
  );
}

export function addressError(address: number, length: number, addressSpace: number): errors.AddressOutOfRangeError {
  return new errors.AddressOutOfRangeError(
    `${length} bytes at address ${hex(address)} end outside the address space, which has ${addressSpace} bytes (0 to ${hex(addressSpace - 1)}).`,
    { address, length, addressSpace },
  );
}

export function misalignedError(address: number, length: number, multipleOf: number): errors.MisalignedError {
  return new errors.MisalignedError(
    `Address ${hex(address)} and length ${length} have to be multiples of the page size, ${multipleOf} bytes.`,
    {
      address,
      length,
      multipleOf,
    },
  );
}

/** The error for a status. A status without a maker is a bug of these bindings. */
export function failureError(code: number, facts: FailureFacts): UsufructError {
  const maker = MAKERS[code];
  if (maker !== undefined) return maker(facts);
  return new errors.InvariantError(
    `The compiled engine answered with status ${code}, which the bindings do not expect here. This is a bug; please report it.`,
    {
      status: code,
      place: facts.a,
    },
  );
}
