import { CB_TOTAL_BYTES } from '../../assembly/shared/layout.ts';
import { ModuleLoadError } from '../errors.ts';
import type { Origin } from '../dispose.ts';
import type { SwapStore } from '../swap/store.ts';
import { configWrite } from './config.ts';
import type { CoreConfig } from './config.ts';
import { Core } from './core.ts';
import type { EngineExports } from './exports.ts';
import { engineInstantiate } from './instantiate.ts';
import { JudgeBridge } from './judge-bridge.ts';
import { memoryCreate, memoryGrow } from './memory.ts';
import { moduleLoad } from './source.ts';
import { SwapBridge } from './swap-bridge.ts';

export interface StartRequest {
  readonly shared: boolean;
  readonly module: BufferSource | WebAssembly.Module | undefined;
  readonly store: SwapStore | undefined;
  readonly origin: Origin;
  /** Asked once the page size of the module is known. */
  configOf(pageBytes: number): CoreConfig;
}

export interface Started {
  readonly core: Core;
  readonly bridge: SwapBridge;
  readonly judges: JudgeBridge;
  readonly config: CoreConfig;
}

/** Loads and instantiates the compiled engine, has it plan its tables, grows the memory to the plan, and starts it. */
export async function engineStart(request: StartRequest): Promise<Started> {
  const module = await moduleOf(request);
  const memory = memoryCreate(request.shared);
  const bridge = new SwapBridge(request.store);
  const judges = new JudgeBridge();
  const { swapWrite, swapRead } = bridge;
  const exports = await engineInstantiate(module, memory, { swapWrite, swapRead, releaseJudge: judges.releaseJudge });
  const config = enginePlan(exports, memory, request);

  const core = new Core(exports, memory.buffer, exports.controlAddress(), request.origin);
  bridge.coreSet(core);
  judges.coreSet(core);
  core.require(exports.engineInit());
  request.store?.attach({ slots: config.slots, pageBytes: core.pageBytes });
  return { core, bridge, judges, config };
}

/** Plans on a core whose views end with the memory before growth. */
function enginePlan(exports: EngineExports, memory: WebAssembly.Memory, request: StartRequest): CoreConfig {
  const planner = new Core(exports, memory.buffer, exports.controlAddress(), request.origin);
  const config = request.configOf(planner.pageBytes);
  configWrite(planner, config);
  planner.require(exports.enginePlan());
  memoryGrow(memory, planner.number(CB_TOTAL_BYTES));
  return config;
}

async function moduleOf({ module, shared }: StartRequest): Promise<WebAssembly.Module> {
  if (module === undefined) return moduleLoad(shared);
  if (module instanceof WebAssembly.Module) return module;
  try {
    return await WebAssembly.compile(module);
  } catch (cause) {
    throw new ModuleLoadError(`The bytes given as \`module\` are not a WebAssembly module: ${String(cause)}.`, {}, { cause });
  }
}
