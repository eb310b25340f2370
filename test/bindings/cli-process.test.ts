// The command as the system runs it: built, in a process of its own.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CompareResult } from '../../bindings/scenario/compare.ts';
import { lackeyText, withFiles } from './scenario-support.ts';

const COMMAND = fileURLToPath(new URL('../../dist/bindings/cli/main.js', import.meta.url));
const EXPECTED = fileURLToPath(new URL('../golden/two-vms.loads-store.expected.json', import.meta.url));
const GOLDEN = fileURLToPath(new URL('../golden/two-vms.scenario.json', import.meta.url));

interface Exit {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `meanwhile` may act on the process when its first output has come. */
function run(args: readonly string[], meanwhile?: (child: ReturnType<typeof spawn>) => void): Promise<Exit> {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const caught = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (caught.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (caught.stderr += chunk.toString()));
  meanwhile?.(child);
  return new Promise((resolve) => void child.on('close', (status) => resolve({ status, ...caught })));
}

describe('the built command', () => {
  beforeAll(() => {
    expect(existsSync(COMMAND), 'npm run build comes first').toBe(true);
  });

  it('runs a scenario with the packaged module', async () => {
    const { status, stdout, stderr } = await run(['run', GOLDEN, '--json']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ contentsEqual: true, runs: [{ strategy: 'rights' }, { strategy: 'eager' }] });
  });

  it('compares strategies: the golden scenario under each of them, the figures of the two that were worked out by hand among them', async () => {
    const { status, stdout, stderr } = await run(['compare', GOLDEN, '--json', '--strategies', 'rights,eager,managerPreferred,moveFirst']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { entries, contentsEqual } = JSON.parse(stdout) as CompareResult;
    expect(contentsEqual).toBe(true);
    const { runs } = JSON.parse(readFileSync(EXPECTED, 'utf8')) as { readonly runs: readonly { readonly virtualNs: number }[] };
    expect(entries.slice(0, 2).map(({ figures }) => figures!.finishNs)).toEqual(runs.map(({ virtualNs }) => virtualNs));
  });

  it('a comparison that cannot start names every problem, each on a line', async () => {
    const scenario = { useRight: 'x', release: 'y', memory: '1MiB' };
    await withFiles({ 's.json': JSON.stringify(scenario) }, async (directory) => {
      const { status, stdout, stderr } = await run(['compare', join(directory, 's.json')]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(
        stderr
          .trimEnd()
          .split('\n')
          .map((line) => /s\.json: (\w+)/.exec(line)?.[1])
          .sort(),
      ).toEqual(['release', 'swap', 'useRight', 'vms']);
    });
  });

  it('help names the command and its options', async () => {
    expect((await run(['--help'])).stdout).toMatch(/compare \[options\] \[scenario\]/);
    const { stdout } = await run(['compare', '--help']);
    for (const option of ['--strategies', '--json', '--report', '--use-right', '--early-release', '--select-release', '--reserve'])
      expect(stdout).toContain(option);
  });

  it('ends with 2 for misuse', async () => {
    expect(await run(['run', '--fast'])).toMatchObject({ status: 2, stdout: '' });
    expect(await run([])).toMatchObject({ status: 2, stdout: '' });
  });

  it('a reader that goes away is no failure', async () => {
    const { status, stderr } = await run(['run', GOLDEN], (child) => void child.stdout!.destroy());
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('an interrupt ends the run in order: status 1, and the swap file is gone', async () => {
    const records = Array.from({ length: 300_000 }, (_, index) => ({ kind: 'S' as const, address: BigInt((index % 40) * 4096), size: 8 }));
    const scenario = {
      memory: '64KiB',
      region: '4KiB',
      swap: { size: '1MiB', store: 'file', path: 'swap.bin' },
      vms: [{ name: 'a', memory: '64KiB', trace: 'a.lackey' }],
    };
    await withFiles({ 'a.lackey': lackeyText(records), 's.json': JSON.stringify(scenario) }, async (directory) => {
      const swap = join(directory, 'swap.bin');
      const ended = run(['run', join(directory, 's.json')], (child) => {
        // the file is made when the run starts
        const timer = setInterval(() => {
          if (!existsSync(swap)) return;
          clearInterval(timer);
          child.kill('SIGINT');
        }, 5);
      });
      expect(await ended).toEqual({ status: 1, stdout: '', stderr: 'usufruct: interrupted\n' });
      expect(existsSync(swap)).toBe(false);
    });
  });
});
