// The package as it would be published: packed, unpacked beside the repo, imported, run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consumerCreate, finish, type Consumer } from '../support/consumer.ts';

const TARBALL_MOST_BYTES = 8_000_000;
const TSC = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));

/** Two VMs, memory moves while both are full, contents stay. */
const program = (from: string) => `
import { Engine, UsufructError } from '${from}';
const engine = await Engine.create({ memory: '1MiB', region: '64KiB', swap: { size: '4MiB' } });
const a = engine.createVm({ memory: '512KiB' });
const b = engine.createVm({ memory: '512KiB' });
const [mine, yours] = [a.replicas[0].memory, b.replicas[0].memory];
for (let at = 0; at < 524288; at += 4096) { mine.store32(at, at + 1); yours.store32(at, at + 2); }
const change = engine.reconfigure([{ vm: a, change: '-256KiB' }, { vm: b, change: '256KiB' }]);
const written = change.pageOutsBeforeGrant;
for (let at = 524288; at < 786432; at += 4096) yours.store32(at, at + 2);
let same = 0;
for (let at = 0; at < 524288; at += 4096) if (mine.load32(at) === at + 1 && yours.load32(at) === at + 2) same++;
let code = 'none';
try { mine.load32(2 ** 31); } catch (error) { if (error instanceof UsufructError) code = error.code; }
console.log(JSON.stringify({ written, same, managed: [a.managedBytes, b.managedBytes], code }));
engine.dispose();
`;
const EXPECTED = { written: 0, same: 128, managed: [262_144, 786_432], code: 'ADDRESS_OUT_OF_RANGE' };

const TYPED_PROGRAM = `
import { Engine, UsufructError, type Replica, type Vm } from 'usufruct';
const engine: Engine = await Engine.create({ memory: '1MiB' });
const vm: Vm = engine.createVm({ memory: '512KiB' });
const replica: Replica | undefined = vm.replicas[0];
const value: number | undefined = replica?.memory.load32(0);
// @ts-expect-error: a size is a number of bytes or a text
await Engine.create({ memory: true });
export { UsufructError, value };
`;

let consumer: Consumer;
beforeAll(async () => {
  consumer = await consumerCreate();
});
afterAll(() => consumer.remove());

describe('what is in it', () => {
  test('the entries, the modules, the command, the licence', () => {
    expect(consumer.files).toEqual(
      expect.arrayContaining([
        'CHANGELOG.md',
        'LICENSE',
        'README.md',
        'dist/bindings/cli/main.js',
        'dist/bindings/index.d.ts',
        'dist/bindings/index.js',
        'dist/bindings/inline.js',
        'dist/bindings/node.js',
        'dist/wasm/usufruct-shared.wasm',
        'dist/wasm/usufruct.wasm',
        'package.json',
      ]),
    );
  });

  test('no sources, tests or scripts; a size that is fit to install', () => {
    const strangers = consumer.files.filter((file) => !/^(dist|examples)\/|^(CHANGELOG|README)\.md$|^LICENSE$|^package\.json$/.test(file));
    expect(strangers).toEqual([]);
    expect(consumer.files.filter((file) => file.startsWith('dist/') && /(?<!\.d)\.ts$/.test(file))).toEqual([]);
    expect(consumer.tarballBytes).toBeLessThan(TARBALL_MOST_BYTES);
  });

  test('every source map carries its source', () => {
    for (const file of consumer.files.filter((one) => one.endsWith('.js.map'))) {
      const map = JSON.parse(readFileSync(join(consumer.packageFolder, file), 'utf8')) as { sources: string[]; sourcesContent?: string[] };
      expect(map.sourcesContent, file).toHaveLength(map.sources.length);
    }
  });

  test('publint has nothing to say', async () => {
    const { messages } = await publint({ pkgDir: consumer.packageFolder, pack: false, strict: true });
    const manifest = JSON.parse(readFileSync(join(consumer.packageFolder, 'package.json'), 'utf8')) as Record<string, unknown>;
    expect(messages.map((message) => formatMessage(message, manifest))).toEqual([]);
  });
});

describe('used from another project', () => {
  test.each(['usufruct', 'usufruct/inline'])('a program that imports %s', async (from) => {
    const { status, stdout, stderr } = await consumer.runFile('program.js', program(from));
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(EXPECTED);
  });

  test('a program that breaks shows it', async () => {
    const { status, stderr } = await consumer.runFile('broken.js', `import { NoSuchThing } from 'usufruct'; console.log(NoSuchThing);`);
    expect(status).toBe(1);
    expect(stderr).toContain('NoSuchThing');
  });

  // without the types of Node, which a browser's project does not have
  test.each(['NodeNext', 'Preserve'])('a typed program, module %s', async (module) => {
    const lib = ['es2023', 'dom', 'esnext.disposable'];
    const compilerOptions = { noEmit: true, strict: true, target: 'es2023', lib, types: [], skipDefaultLibCheck: true, module };
    consumer.write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['typed.ts'] }));
    consumer.write('typed.ts', TYPED_PROGRAM);
    const { stdout } = await finish(process.execPath, [TSC, '-p', '.'], consumer.folder);
    expect(stdout).toBe('');
  });

  test('the command tells its version, and refuses what it does not know', async () => {
    const { version } = JSON.parse(readFileSync(join(consumer.packageFolder, 'package.json'), 'utf8')) as { version: string };
    expect(await consumer.runCommand('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    const refused = await consumer.runCommand('no-such-command');
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('no-such-command');
  });
});
