// A project beside the repo that has the packed tarball installed, and nothing else but the dependencies it declares.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Consumer {
  /** The project's folder. */
  readonly folder: string;
  /** The package as unpacked. */
  readonly packageFolder: string;
  /** Its files, by their path in the package, sorted. */
  readonly files: readonly string[];
  readonly tarballBytes: number;
  /** Writes a file of the project. */
  write(name: string, text: string): void;
  /** Writes a file of the project and runs it with Node. */
  runFile(name: string, text: string): Promise<Finished>;
  /** Runs the package's command. */
  runCommand(...args: readonly string[]): Promise<Finished>;
  remove(): void;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

/** Packs the repo as it is built now, unpacks it into a new project. */
export async function consumerCreate(): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), 'usufruct-consumer-'));
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', folder], { cwd: ROOT });
  const [tarball] = JSON.parse(packed.stdout) as [{ filename: string; size: number }];
  const packageFolder = join(folder, 'node_modules', 'usufruct');
  mkdirSync(packageFolder, { recursive: true });
  await run('tar', ['-xzf', join(folder, tarball.filename), '-C', packageFolder, '--strip-components=1']);
  const manifest = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as Manifest;
  for (const name of Object.keys(manifest.dependencies ?? {})) link(name, folder);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  return {
    folder,
    packageFolder,
    files: filesUnder(packageFolder),
    tarballBytes: tarball.size,
    write: (name, text) => writeFileSync(join(folder, name), text),
    runFile(name, text) {
      writeFileSync(join(folder, name), text);
      return finish(process.execPath, [name], folder);
    },
    runCommand: (...args) => finish(process.execPath, [join(packageFolder, manifest.bin['usufruct'] ?? ''), ...args], folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Makes an installed dependency visible in the project. */
function link(name: string, folder: string): void {
  const place = join(folder, 'node_modules', name);
  mkdirSync(dirname(place), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules', name), place);
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort();
}

/** Runs a program to its end, whatever its status. */
export async function finish(program: string, args: readonly string[], cwd: string): Promise<Finished> {
  try {
    const { stdout, stderr } = await run(program, args, { cwd, maxBuffer: 64 * 1024 * 1024 });
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== 'number') throw error;
    return { status: code, stdout: stdout ?? '', stderr: stderr ?? '' };
  }
}
