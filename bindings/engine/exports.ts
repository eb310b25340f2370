/**
 * The boundary to the compiled engine, function by function. Everything is a 32-bit integer or a float64; no BigInt on hot calls.
 * A `Handle` (VM, replica, change, player) is a 1-based index. Functions that return a handle or count return the negated
 * status on failure (see assembly/shared/status.ts); functions that return a status return 0 on success. The numbers that belong to a failure are in
 * the control block (errorA, errorB, errorC).
 */
export interface EngineExports {
  readonly memory?: WebAssembly.Memory;

  // ---- life of the engine --------------------------------------------------------------------------------------
  /** log2 of the page size this module was built for. */
  pageShift(): number;
  /** Address of the control block. */
  controlAddress(): number;
  /** Reads the configuration words of the control block, lays out all tables, writes their addresses and the total size (float64). Status. */
  enginePlan(): number;
  /** The first state of the tables, in fresh memory (zeros) that has grown to the planned size. Status. */
  engineInit(): number;
  /** Walks the whole state; 0, or STATUS_INVARIANT with the broken invariant's number and place. */
  engineValidate(): number;

  // ---- VMs and rights -------------------------------------------------------------------------------------------
  /** A VM with one replica. `eviction`: EVICTION_…; `seekOrder`: up to five SEEK_… classes, four bits each, first in the lowest; flags: EXPAND_… */
  vmCreate(regions: number, addressSpacePages: number, eviction: number, seekOrder: number, evictBatch: number, flags: number): number;
  vmDispose(vm: number): number;
  /** First replica of a VM. */
  vmReplica(vm: number): number;
  /** Reduces by `regions`; `firstSlot` 0xffffffff: by the selection policy, else the machine slots firstSlot … firstSlot+regions-1. Returns the change. */
  rightsReduce(vm: number, regions: number, firstSlot: number, flags: number, requestNs: number): number;
  /** Expands by `regions`. `grantNs` is when the rights move (later than `requestNs` only under eager). Returns the change. */
  rightsExpand(vm: number, regions: number, flags: number, requestNs: number, grantNs: number): number;
  /** Expands by the machine slots firstSlot … firstSlot+slots-1: regions come to the places named. Returns the change. */
  rightsExpandRange(vm: number, slots: number, firstSlot: number, flags: number, requestNs: number): number;
  /**
   * FLAG_BY_LIST (rightsReduce, rightsExpand, vmCreate): the `regions` regions stand in the column CB_PICKS as numbers + 1, in the order in which they
   * are dealt with. Room there: CB_REGIONS words.
   */
  /** The user of the region that `vm` manages at a machine slot releases it, I/O issued at `issueNs`; nobody becomes its user. Status; the end of the I/O is in CB_IO_END_NS. */
  rightsRelease(vm: number, slot: number, issueNs: number): number;
  /** Sets (WATCH_NONE: ends) a VM's release condition and forgets its comparisons. `isJudged` 1: releaseJudge decides. Status. */
  vmWatch(vm: number, mode: number, periodNs: number, isJudged: number): number;
  /** One more comparison: STATISTIC_…, COMPARISON_…, constant, and what each borrowed region adds to it. Status. */
  vmCondition(vm: number, statistic: number, comparison: number, constant: number, perBorrowed: number): number;
  /** 1: pages of a region that the VM releases move where it has room; 0: they go out. Status. */
  vmMovesFirst(vm: number, isOn: number): number;
  /** A sampling moment, and judgement of every region that the VM only uses, at `timeNs`. Regions released, or the negated status. */
  vmSweep(vm: number, timeNs: number): number;
  /** Counts what the VM's memory holds: INFORMATION_… words at CB_INFORMATION. Status. */
  vmInformation(vm: number): number;
  /** Fig. 9 for one machine slot. Status. */
  rightsTouch(vm: number, slot: number): number;
  changeCancel(change: number): number;

  // ---- replicas --------------------------------------------------------------------------------------------------
  /** A second replica with the pages of a replica or snapshot. The replica, or the negated status. */
  replicaFork(replica: number): number;
  /** A snapshot: a holder of the replica's pages that runs nowhere; replicaDispose ends it. The snapshot, or the negated status. */
  replicaSnapshot(replica: number): number;
  /** A replica of the VM without pages. The replica, or the negated status. */
  replicaEmpty(vm: number): number;
  /** The replica has no pages any more. Status. */
  replicaClear(replica: number): number;
  /**
   * Pages at or above `from` that `a` and `b` (0: one without pages) do not have as the same page, ascending, in CB_PAGE_LIST, at most `most`. How many, or the
   * negated status.
   */
  replicaChanged(a: number, b: number, from: number, most: number): number;
  /** How many pages of its own a replica may take from now on; 0: any number. Status. */
  replicaQuota(replica: number, pages: number): number;
  replicaRestore(replica: number, from: number): number;
  replicaDispose(replica: number): number;
  /** Pages `page …` become those of `from`, a replica or snapshot of the same VM. Status; pages before a failure are done. */
  replicaTakePages(replica: number, from: number, page: number, pages: number): number;
  /** Pages `page …`, all untouched, become the pages of images in the slots `slot …` (IMAGE_SLOT_FIRST on). All or nothing. Status. */
  imageMap(replica: number, page: number, pages: number, slot: number): number;
  /** `isInStep` 1: the replica is compared with the others of its VM that are. Status. */
  replicaStep(replica: number, isInStep: number): number;
  /** Compares the VM's replicas in step and merges what is equal; counts in CB_SWEEP_…. Status; what was done before a failure stands. */
  vmCompare(vm: number): number;
  /** TRIGGER_… of comparison on write, KEEP_…, COMPARE_… bits. Status. */
  vmComparePolicy(vm: number, trigger: number, keep: number, flags: number): number;
  /** The first page at or above `from` in which they differ, plus 1; 0: none; or the negated status. */
  vmDifference(vm: number, from: number): number;
  /** Counts what the VM's replicas and snapshots share: SHARING_… float64s at CB_SHARING. Status. */
  vmSharing(vm: number): number;
  /** Merges equal pages at different addresses; counts in CB_SCAN_…. Needs FEATURE_SCAN. Status. */
  vmScan(vm: number): number;
  /** A VM's salt: engineScan() merges its pages with those of VMs of the same one; 0: with nobody's. Status. */
  vmSalt(vm: number, salt: number): number;
  /** Merges equal pages of VMs of one salt into pages of the common holder (CB_COMMON_VM); counts in CB_SCAN_…. Status. */
  engineScan(): number;
  /** Hashes the VM's pages in frames and finds those that have changed without a store; counts in CB_SCRUB_…, page objects in CB_PAGE_LIST. Status. */
  vmScrub(vm: number): number;
  /** Zero-extended value (as f64), or the negated status. */
  load8(replica: number, address: number): number;
  load16(replica: number, address: number): number;
  load32(replica: number, address: number): number;
  /** Status; the eight bytes are in the control block's scratch words. */
  load64(replica: number, address: number): number;
  store8(replica: number, address: number, value: number): number;
  store16(replica: number, address: number, value: number): number;
  store32(replica: number, address: number, value: number): number;
  /** Stores the eight bytes of the control block's scratch words. */
  store64(replica: number, address: number): number;
  /** A guest's compared store of an aligned word, its own look into the column done: the frame's address, without generation and SEEN. 1; 0: use store32. */
  storeSeen32(processor: number, frame: number, address: number, value: number): number;
  /** Checks a range for a bulk operation: bounds, protection, device pages. `write` 0 or 1. Status. */
  rangeCheck(replica: number, address: number, length: number, write: number): number;
  /** One piece of a bulk operation, `length` bytes in one page, an access: the address in linear memory of the byte at `address`, as unsigned (`>>> 0`); 0 on failure (status in the control block). */
  pageForRead(replica: number, address: number, length: number): number;
  pageForWrite(replica: number, address: number, length: number): number;
  /** After the bytes of pageForWrite are written, with the same arguments and nothing in between: where stores are compared (vmComparePolicy). */
  pageWritten(replica: number, address: number, length: number): void;
  /** Without any counter or time: where page `page`'s content is. Linear-memory address of its frame or of its slot (`>>> 0`), or 0: then peekSlot() tells. */
  peek(replica: number, page: number): number;
  /** After peek returned 0: slot number + 1 in the host's store, or 0 for a page of zeros; a slot from IMAGE_SLOT_FIRST on is an image's. */
  peekSlot(): number;
  /** ADVICE_…; whole pages. Status; pages done in the control block. */
  advise(replica: number, page: number, pages: number, advice: number): number;
  /** PROTECTION_… for whole pages. Status. */
  protect(replica: number, page: number, pages: number, protection: number): number;

  // ---- traces --------------------------------------------------------------------------------------------------
  /** A player that replays compact-trace blocks on a replica; flags: PLAYER_… */
  playerCreate(replica: number, flags: number): number;
  playerDispose(player: number): number;
  /** Address of the player's block buffer (`>>> 0`); TRACE_BLOCK_BYTES long. */
  playerBuffer(player: number): number;
  /** Address of the player's next-use column, one u32 a visit, for `farthest` (`>>> 0`). */
  playerNextUse(player: number): number;
  /** Address of the player's own figures, laid out as PLAYER_… (`>>> 0`). */
  playerFigures(player: number): number;
  /** A new block of `bytes` bytes with `records` records stands in the buffer. Status. */
  playerFeed(player: number, bytes: number, records: number): number;
  /** Runs until the clock reaches `untilNs`, `maxRecords` records are done, the block ends, or a fault waited for I/O. RUN_… , or the negated status. */
  playerRun(player: number, untilNs: number, maxRecords: number): number;
  /** Passes over records of the block that was fed, without an access. Status. */
  playerSkip(player: number, records: number): number;
}

/** What the compiled engine calls on the host. */
export interface EngineImports {
  /** Writes `count` pages; at `batch` stand pairs of u32: slot, address of the page. Returns how many were written, in order; fewer than `count` means the next one failed. */
  swapWrite(batch: number, count: number): number;
  /** Reads one page, of the store or (slots from IMAGE_SLOT_FIRST on) of an image, into `address`. 0, or not 0 on failure. */
  swapRead(slot: number, address: number): number;
  /** Should the VM release the region (number + 1)? JUDGE_KEEP, JUDGE_RELEASE, or anything else on failure. */
  releaseJudge(vm: number, region: number): number;
}
