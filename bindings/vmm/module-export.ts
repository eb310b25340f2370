import { InvalidOptionError } from '../errors.ts';

/** An export of a module that the VMM imports where it runs: how functions and stores of a user's own get into a worker. Plain data, so it can be stored. */
export interface ModuleExport {
  /** An absolute URL, or the name of a package. */
  readonly module: string;
  readonly export: string;
  /** With them the export is called, and what it returns is used; without, the export itself is. */
  readonly arguments?: readonly unknown[];
}

const FIELDS = ['module', 'export', 'arguments'];
const ALLOWED = 'an absolute URL, for instance new URL("./policies.js", import.meta.url), or the name of a package';

/**
 * Names an export in place of a function or swap store. Give it any option of a VMM that takes a function; it is imported in the thread in which the
 * engine runs. `args`: the export is a maker, to be called with them.
 */
export function moduleExport(module: string | URL, name: string, ...args: readonly unknown[]): ModuleExport {
  if (typeof module !== 'string' && !(module instanceof URL)) throw new InvalidOptionError('module', module, ALLOWED);
  if (/^\.{0,2}\//.test(String(module))) throw new InvalidOptionError('module', module, ALLOWED);
  if (typeof name !== 'string' || name === '') throw new InvalidOptionError('name', name, 'the name of an export');
  return { module: String(module), export: name, ...(args.length > 0 ? { arguments: args } : {}) };
}

export function isModuleExport(value: object): value is ModuleExport {
  const { module, export: name } = value as Partial<ModuleExport>;
  return typeof module === 'string' && typeof name === 'string' && Object.keys(value).every((field) => FIELDS.includes(field));
}

/** Imports it, and calls it if it is to be called. InvalidOptionError where there is no such module or export. */
export async function moduleExportGet({ module, export: name, arguments: args }: ModuleExport, path: string): Promise<unknown> {
  const found = await moduleImport(module, path);
  if (!Object.hasOwn(found, name))
    throw new InvalidOptionError(`${path}.export`, name, `an export of ${module}: ${Object.keys(found).join(', ')}`);
  const value = found[name];
  if (args === undefined) return value;
  if (typeof value !== 'function') throw new InvalidOptionError(`${path}.export`, name, `a function, if it is given arguments`);
  return (value as (...args: readonly unknown[]) => unknown)(...args);
}

async function moduleImport(module: string, path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    // what users name is theirs to have: bundlers are to leave it alone
    return (await import(/* webpackIgnore: true */ /* @vite-ignore */ module)) as Readonly<Record<string, unknown>>;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw Object.assign(new InvalidOptionError(`${path}.module`, module, `a module that can be imported (${reason})`), { cause });
  }
}
