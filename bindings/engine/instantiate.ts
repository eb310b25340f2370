import { instantiate } from '@assemblyscript/loader';
import { ModuleLoadError } from '../errors.ts';
import type { EngineExports, EngineImports } from './exports.ts';

/** Host calls of a module that never makes them unless it is a debug build with a bug. */
function abort(_message: number, _file: number, line: number, column: number): never {
  throw new Error(`assertion of the compiled engine failed at ${line}:${column}`);
}

/**
 * Instantiates the compiled engine on `memory`. Imports are matched by name, wherever the module looks for them. What is returned are the
 * instance's own exports: the loader's wrappers cost more than the calls.
 */
export async function engineInstantiate(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  host: EngineImports,
): Promise<EngineExports> {
  const { swapWrite, swapRead, releaseJudge } = host;
  const offered: Readonly<Record<string, WebAssembly.ImportValue>> = { memory, abort, swapWrite, swapRead, releaseJudge };
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const wanted of WebAssembly.Module.imports(module)) {
    const value = offered[wanted.name];
    if (value === undefined) throw misfit(`it imports ${wanted.module}.${wanted.name}, which nobody provides`);
    (imports[wanted.module] ??= {})[wanted.name] = value;
  }
  try {
    const { instance } = await instantiate(module, imports);
    return instance.exports as unknown as EngineExports;
  } catch (cause) {
    throw misfit(
      `it does not instantiate: ${String(cause)}; a module built for shared memory needs \`shared: true\`, another one \`shared: false\``,
      cause,
    );
  }
}

function misfit(reason: string, cause?: unknown): ModuleLoadError {
  return new ModuleLoadError(`The WebAssembly module does not fit: ${reason}.`, {}, cause === undefined ? undefined : { cause });
}
