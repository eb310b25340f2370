// The public names that every entry of the package has.
export { Engine } from './engine.ts';
export type { PageRange } from './engine.ts';
export type { EngineOptions, Handover, SwapOptions, TableOptions } from './engine-options.ts';
export { Vm } from './vm.ts';
export type { MachineRange } from './machine-range.ts';
export type { VmCounters } from './vm-counters.ts';
export type { MemoryInformation } from './information.ts';
export type { AccessFigures } from './early-release/figures.ts';
export type { Comparison, Condition, Counting, EarlyRelease, FiguresFunction, Statistic } from './early-release/options.ts';
export type { ReduceOptions, RequestOptions } from './request-options.ts';
export type { ByteRange } from './byte-ranges.ts';
export type { PageDifference, ReplicaComparison } from './comparison.ts';
export type { AreaKind, PageTableRange, PageTableRow } from './page-table.ts';
export type { ScanReport, SharingCounters } from './sharing.ts';
export type { CommonRow, ScanAcrossReport } from './common-memory.ts';
export type { PageFlip, ScrubReport } from './scrub.ts';
export type { ComparePolicy } from './compare-policy.ts';
export type { CompareTrigger, ExceptionRule, KeptArea, MergeRule } from './policy/compare.ts';
export type { VmOptions } from './vm-options.ts';
export { OutsideWrite } from './outside/outside-write.ts';
export type { OutsideWriteState } from './outside/outside-write.ts';
export type { OutsideWriteOptions } from './outside/outside.ts';
export type { WritePiece, WriteRequest, WriterProcess } from './outside/writer.ts';
export { Image } from './image/image.ts';
export type { ImageAt, ImageOption } from './image/mapping.ts';
export type { ImageSource } from './image/source.ts';
export { Replica } from './replica.ts';
export type { Advice, Protection } from './page-control.ts';
export { Snapshot } from './snapshot.ts';
export type { SnapshotOptions } from './snapshot.ts';
export type { ForkOptions } from './quota.ts';
export type { PageAddress, PageChange } from './changed-pages.ts';
export type { SaveOptions } from './snapshot/save.ts';
export type { LoadOptions } from './snapshot/load.ts';
export type { ForkVmOptions } from './snapshot/fork-vm.ts';
export { GuestMemory } from './guest-memory.ts';
export type { ChunkOptions } from './guest-memory.ts';
export type { AccessWidth, DeviceHandlers } from './device.ts';
export { Change } from './change.ts';
export type { ChangeKind, ChangeReport, ChangeState, RegionReport } from './change.ts';
export { Reconfiguration } from './reconfiguration/reconfiguration.ts';
export type { ReconfigurationState } from './reconfiguration/reconfiguration.ts';
export type { AmountMove, GiveMove, Move, RealMove, TakeMove } from './reconfiguration/moves.ts';
export type { ReconfigureOptions } from './reconfiguration/options.ts';
export type {
  AnsweredReport,
  FinalReport,
  GrantedReport,
  ReconfigurationReport,
  RegionMovedReport,
  ReportEvent,
} from './reconfiguration/reports.ts';
export { RECONFIGURATION_ORDERS } from './policy/order.ts';
export type { ReconfigurationOrder } from './policy/order.ts';
export { RESERVE_SHORTFALLS } from './policy/reserve.ts';
export type { ReserveShortfall } from './policy/reserve.ts';
export type { ReserveOptions } from './reserve/options.ts';
export type { ReserveEvent, ReserveRow } from './reserve/reserve.ts';
export type { EngineEvent, EventListener, EventMap, EventName } from './events/event-map.ts';
export type { EngineInspection, InspectedVm, Inspection, RegionRow, SwapRow, TableUse, VmRow } from './inspect.ts';
export type { PageRow, PageState } from './engine/page-walk.ts';
export type { PageZone } from './engine/page-zone.ts';
export { formatRights, formatRightsTable } from './rights-drawing.ts';
export type { Eviction } from './policy/eviction.ts';
export type { Declaration, DeclaredAccess, DeclaredCapacity } from './policy/declaration.ts';
export type { UseRight } from './policy/use-right.ts';
export type { ReleaseWay } from './policy/release-way.ts';
export type { SeekClass } from './policy/seek.ts';
export type { Shortfall } from './policy/expand.ts';
export type { Candidate } from './engine/candidates.ts';
export type { Criterion, NamedCriterion, SelectionRequest } from './policy/criterion.ts';
export { EXPAND_CRITERIA } from './policy/expand-criteria.ts';
export type { ExpandCriterionName } from './policy/expand-criteria.ts';
export { RELEASE_CRITERIA } from './policy/release-criteria.ts';
export type { ReleaseCriterionName } from './policy/release-criteria.ts';
export type { ExpandSelection, ReleaseSelection } from './policy/selection.ts';
export type { SelectionOptions, SummaryChoice } from './policy/selection-settings.ts';
export type { SwapGeometry, SwapStore } from './swap/store.ts';
export { memorySwapStore } from './swap/memory.ts';
export { DEVICE_PRESETS } from './swap/timing.ts';
export type { DevicePreset, DeviceTiming, TimingOptions } from './swap/timing.ts';
export { swapStoreConformance } from './swap/conformance.ts';
export type { ConformanceTools } from './swap/conformance.ts';
export { Vmm } from './vmm/vmm.ts';
export type { AsyncEvent, DisposeOptions, Program } from './vmm/vmm.ts';
export type { VmmOptions, VmmPlace } from './vmm/vmm-options.ts';
export { AsyncVm } from './vmm/async-vm.ts';
export { AsyncReplica } from './vmm/async-replica.ts';
export { AsyncImage } from './vmm/async-image.ts';
export type { ImageDescription } from './vmm/image-description.ts';
export { AsyncSnapshot } from './vmm/async-snapshot.ts';
export { AsyncMemory } from './vmm/async-memory.ts';
export type { WriteOptions } from './vmm/async-memory.ts';
export type { Access, AccessResult } from './vmm/batch.ts';
export { AsyncChange } from './vmm/async-change.ts';
export { AsyncReconfiguration } from './vmm/async-reconfiguration.ts';
export type { Received, Sent } from './vmm/async-types.ts';
export { moduleExport } from './vmm/module-export.ts';
export type { ModuleExport } from './vmm/module-export.ts';
export type { StoreDescription } from './vmm/stores.ts';
export type { WorkerOption } from './vmm/spawn.ts';
export type { WorkerLike } from './vmm/worker-port.ts';
export { Lockstep } from './lockstep/lockstep.ts';
export type { FailOptions } from './lockstep/lockstep.ts';
export { LockstepProcessor } from './lockstep/lockstep-processor.ts';
export { traceProgram } from './lockstep/trace-program.ts';
export type { TraceProgramMaker, TraceProgramOptions } from './lockstep/trace-program.ts';
export type { TraceCheckPoints } from './lockstep/trace-check-points.ts';
export type {
  CheckPointCounts,
  CheckPointOutcome,
  CheckPointReport,
  Difference,
  Flip,
  MemoryDifference,
  PlaceDifference,
  ReplicaPlace,
  StateDifference,
} from './lockstep/difference.ts';
export { lockstepRecords } from './lockstep/judge-options.ts';
export type { FlipPolicy } from './lockstep/judge-options.ts';
export { CHECK_POINT_END, CHECK_POINT_START } from './lockstep/types.ts';
export type {
  AssignmentPolicy,
  AssignmentRow,
  CheckPoint,
  DifferencePolicy,
  LockstepCompare,
  LockstepEnd,
  LockstepEventMap,
  LockstepEventName,
  LockstepListener,
  LockstepOptions,
  LockstepReplicaResult,
  LockstepResult,
  LockstepRunOptions,
  ProcessorFigures,
  ProcessorForm,
  ProgramGuest,
  ProgramMaker,
  ProgramStop,
  ProgressRow,
  ReplicaProgram,
} from './lockstep/types.ts';
export { traceFrom } from './trace/source.ts';
export type { TraceOpen, TraceSourceOptions } from './trace/source.ts';
export type { Trace, TraceBlock, TraceFormat, TraceReadOptions, TraceTotals } from './trace/trace.ts';
export type { TraceError, TraceErrorCode, TraceErrorDetails } from './trace/trace-error.ts';
export type { SignalOption } from './signal.ts';
export { formatBytes, formatNs, parseBandwidth, parseBytes, parseBytesSigned, parseFraction, parseTimeNs } from './units.ts';
export type { Quantity } from './units.ts';
export {
  AccessRefusedError,
  AddressOutOfRangeError,
  CannotCrossError,
  ChangeFinishedError,
  ChangeForgottenError,
  DevicePageError,
  DisposedError,
  EngineTooLargeError,
  ImageInUseError,
  ImageReadError,
  ImageSourceError,
  InvalidOptionError,
  InvariantError,
  LockstepHaltedError,
  MisalignedError,
  ModuleLoadError,
  NotEnoughMemoryError,
  NotManagedError,
  NotSelectableError,
  OperatorOnlyError,
  OutOfFramesError,
  OverlapError,
  PolicyFailedError,
  ProtectedError,
  QuotaExceededError,
  ReentrantError,
  ReserveExhaustedError,
  SharedMemoryUnavailableError,
  SlotTakenError,
  SnapshotCorruptError,
  SnapshotMismatchError,
  SwapFullError,
  SwapReadError,
  SwapStoreError,
  SwapWriteError,
  TablesFullError,
  TooLittleLeftError,
  TraceCorruptError,
  UsufructError,
  WorkerFailedError,
} from './errors.ts';
export type { ErrorDetails } from './errors.ts';
