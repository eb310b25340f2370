import type { Change } from './change.ts';
import type { DueList } from './due.ts';
import type { Core } from './engine/core.ts';
import type { JudgeBridge } from './engine/judge-bridge.ts';
import type { SwapBridge } from './engine/swap-bridge.ts';
import type { Events } from './events/events.ts';
import type { SelectionSettings } from './policy/selection-settings.ts';
import type { RightsSettings } from './request-options.ts';
import type { Reserve } from './reserve/reserve.ts';
import type { Vm } from './vm.ts';
import type { VmOptions } from './vm-options.ts';

/** What the objects of one engine share. */
export interface EngineParts {
  readonly core: Core;
  readonly bridge: SwapBridge;
  readonly events: Events;
  /** What the virtual clock brings. */
  readonly due: DueList;
  readonly regionBytes: number;
  /** The latest clock of all VMs. */
  nowNs(): number;
  readonly judges: JudgeBridge;
  readonly rights: RightsSettings;
  /** How regions are chosen. */
  readonly selection: SelectionSettings;
  /** The pool of the handover 'reserve', once the engine stands. */
  reserve: Reserve | undefined;
  /** The living VM with that handle. */
  vmOf(handle: number): Vm | undefined;
  /** The object for a change that the engine has just made. */
  changeMake(vm: Vm, handle: number): Change;
  createVm(options: VmOptions): Vm;
  vmRemove(vm: Vm): void;
}
