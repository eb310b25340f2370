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
export type { VmOptions } from './vm-options.ts';
export { Replica } from './replica.ts';
export type { Advice, Protection } from './replica.ts';
export { GuestMemory } from './guest-memory.ts';
export type { ChunkOptions } from './guest-memory.ts';
export type { AccessWidth, DeviceHandlers } from './device.ts';
export { Change } from './change.ts';
export type { ChangeKind, ChangeReport, ChangeState, RegionReport } from './change.ts';
export { Reconfiguration } from './reconfiguration.ts';
export type { Move, ReconfigurationState } from './reconfiguration.ts';
export type { EngineEvent, EventListener, EventMap, EventName } from './events/event-map.ts';
export type { Inspection, RegionRow, SwapRow, TableUse, VmRow } from './inspect.ts';
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
export type { SignalOption } from './signal.ts';
export { formatBytes, formatNs, parseBandwidth, parseBytes, parseBytesSigned, parseFraction, parseTimeNs } from './units.ts';
export type { Quantity } from './units.ts';
export {
  AccessRefusedError,
  AddressOutOfRangeError,
  ChangeFinishedError,
  ChangeForgottenError,
  DevicePageError,
  DisposedError,
  EngineTooLargeError,
  InvalidOptionError,
  InvariantError,
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
  ReentrantError,
  ReserveExhaustedError,
  SharedMemoryUnavailableError,
  SlotTakenError,
  SwapFullError,
  SwapReadError,
  SwapStoreError,
  SwapWriteError,
  TablesFullError,
  TooLittleLeftError,
  TraceCorruptError,
  UsufructError,
} from './errors.ts';
export type { ErrorDetails } from './errors.ts';
