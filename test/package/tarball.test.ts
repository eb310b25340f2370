// The package as it would be published: packed, unpacked beside the repo, imported, run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { consumerCreate, finish, type Consumer } from '../support/consumer.ts';
import { importsOf } from '../support/imports.ts';

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

/** The same by a VMM in a worker. */
const programOfVmm = (from: string) => `
import { UsufructError, Vmm } from '${from}';
const vms = [{ memory: '512KiB' }, { memory: '512KiB' }];
const vmm = await Vmm.start({ where: 'worker', memory: '1MiB', region: '64KiB', swap: { size: '4MiB', store: 'memory' }, vms });
const [a, b] = await vmm.vms();
const stores = (from, to, more) => Array.from({ length: (to - from) / 4096 }, (_, page) => ['store32', from + page * 4096, from + page * 4096 + more]);
await Promise.all([a.memory.batch(stores(0, 524288, 1)), b.memory.batch(stores(0, 524288, 2))]);
const change = await vmm.reconfigure([{ vm: a, change: '-256KiB' }, { vm: b, change: '256KiB' }]);
const written = (await change.report()).pageOutsBeforeGrant;
await b.memory.batch(stores(524288, 786432, 2));
let same = 0;
for (let at = 0; at < 524288; at += 4096) if (await a.memory.load32(at) === at + 1 && await b.memory.load32(at) === at + 2) same++;
let code = 'none';
try { await a.memory.load32(2 ** 31); } catch (error) { if (error instanceof UsufructError) code = error.code; }
const managed = await Promise.all([a, b].map(async (vm) => (await vm.figures()).managedBytes));
console.log(JSON.stringify({ written, same, managed, code }));
`;

const TYPED_PROGRAM = `
import { Engine, UsufructError, Vmm, type AsyncChange, type AsyncVm, type Replica, type Vm } from 'usufruct';
const vmm: Vmm = await Vmm.start({ where: 'worker', memory: '1MiB', swap: { size: '1MiB', store: 'memory' } });
const [first]: readonly AsyncVm[] = await vmm.vms();
const given: AsyncChange | undefined = await first?.reduce('256KiB', { useRight: 'managerPreferred' });
// @ts-expect-error: a reduction has no such option
await first?.reduce('256KiB', { usedRight: 1 });
await given?.settled;
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
        'dist/bindings/vmm/worker-node.js',
        'dist/bindings/vmm/worker-web.js',
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

describe('the script of Web Workers', () => {
  test('is one file without imports, and the same as the text that the inline entry carries', async () => {
    const file = join(consumer.packageFolder, 'dist/bindings/vmm/worker-web.js');
    const text = readFileSync(file, 'utf8').replace(/\n\/\/# sourceMappingURL=.*\n?$/, '');
    expect(importsOf(file, text)).toEqual([]);
    const { workerText } = (await import(join(consumer.packageFolder, 'dist/bindings/vmm/inline-worker.js'))) as { workerText: string };
    expect(workerText.trim() === text.trim()).toBe(true);
  });
});

describe('used from another project', () => {
  test.each(['usufruct', 'usufruct/inline'])('a program that imports %s', async (from) => {
    const { status, stdout, stderr } = await consumer.runFile('program.js', program(from));
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(EXPECTED);
  });

  test.each(['usufruct', 'usufruct/inline'])('a VMM in a worker from %s; the program ends by itself', async (from) => {
    const { status, stdout, stderr } = await consumer.runFile('program.js', programOfVmm(from));
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual(EXPECTED);
  });

  test('the worker’s script has an address, for bundlers that move files', async () => {
    const text = `import { Vmm } from 'usufruct';
      const vmm = await Vmm.start({ where: 'worker', worker: new URL(import.meta.resolve('usufruct/worker')), memory: '1MiB' });
      console.log(vmm.where, (await vmm.figures()).regions);`;
    expect(await consumer.runFile('address.js', text)).toEqual({ status: 0, stdout: 'worker 4\n', stderr: '' });
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
