import { ModuleLoadError } from '../errors.ts';

/** Fetches the bytes of one of the two builds: for shared memory, or not. Each entry of the package plugs in its own. */
export type ModuleSource = (shared: boolean) => Promise<BufferSource>;

let source: ModuleSource | undefined;
const compiled = new Map<boolean, Promise<WebAssembly.Module>>();

/** Called once, by the entry that was imported; the first one stays. */
export function moduleSourceSet(chosen: ModuleSource): void {
  source ??= chosen;
}

/** The module of a build, compiled once. */
export function moduleLoad(shared: boolean): Promise<WebAssembly.Module> {
  let module = compiled.get(shared);
  if (module === undefined) {
    module = moduleCompile(shared);
    compiled.set(shared, module);
    module.catch(() => compiled.delete(shared));
  }
  return module;
}

async function moduleCompile(shared: boolean): Promise<WebAssembly.Module> {
  const build = shared ? 'shared' : 'not shared';
  if (source === undefined)
    throw new ModuleLoadError('No source of the WebAssembly module is plugged in; import the package by its name.', { build });
  try {
    return await WebAssembly.compile(await source(shared));
  } catch (cause) {
    throw new ModuleLoadError(
      `The WebAssembly module (build: ${build}) could not be loaded: ${String(cause)}. Serve dist/wasm next to the scripts, or import 'usufruct/inline', which carries it along.`,
      { build },
      { cause },
    );
  }
}
