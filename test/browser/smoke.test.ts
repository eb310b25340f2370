// The built package in a real browser: on a cross-origin isolated page with the shared build, on a plain page with the other.
import { existsSync } from 'node:fs';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serve, type StaticServer } from './server.ts';

const BROWSERS = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
// as root, and without any traffic of the browser's own
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--no-first-run',
  '--no-pings',
];
const PAGES_A = 128;
const PAGES_B = 192;
const MOVED_REGIONS = 4;
/** What b wrote last into its first page. */
const FIRST_BYTES = [...new Uint8Array(Uint32Array.of(3 * 1_000_003).buffer)];

let browser: Browser;

beforeAll(async () => {
  const executablePath = BROWSERS.find((path) => path !== undefined && existsSync(path));
  if (executablePath === undefined)
    throw new Error('there is no Chromium: install it (Debian: chromium) or name one in the environment variable CHROMIUM');
  browser = await chromium.launch({ executablePath, args: ARGUMENTS });
});

afterAll(() => browser.close());

describe.each([
  { page: 'a cross-origin isolated page', isolated: true, module: '/dist/wasm/usufruct-shared.wasm', other: '/dist/wasm/usufruct.wasm' },
  { page: 'a plain page', isolated: false, module: '/dist/wasm/usufruct.wasm', other: '/dist/wasm/usufruct-shared.wasm' },
])('on $page', ({ isolated, module, other }) => {
  let server: StaticServer;
  beforeAll(async () => {
    server = await serve(isolated);
  });
  afterAll(() => server.close());

  /** Calls a function of the page. What was fetched for it, and what it returned. */
  const call = async (name: string): Promise<{ fetched: readonly string[]; result: unknown; problems: readonly string[] }> => {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    const served = server.answered.length;
    await page.goto(`${server.origin}/test/browser/page.html`);
    await page
      .waitForFunction((one) => one in globalThis || undefined, name, { timeout: 20_000 })
      .catch((error: unknown) => {
        throw new Error(`the page did not load: ${problems.join('; ') || String(error)}`);
      });
    const result: unknown = await page.evaluate(`${name}()`);
    await page.close();
    return { fetched: server.answered.slice(served), result, problems };
  };

  test.each(['run', 'runInline', 'runHere', 'runWorker', 'runWorkerInline'])('memory moves between two VMs (%s)', async (name) => {
    const { fetched, result, problems } = await call(name);
    const isInline = name.endsWith('Inline');
    expect(problems).toEqual([]);
    expect(result).toMatchObject({ isolated, grantNs: 0, outBeforeGrant: 0, settled: true, intact: [PAGES_A, PAGES_B] });
    expect(result).toMatchObject({ managed: [256 * 1024, 768 * 1024] });
    const { pageOuts, pageIns } = result as { pageOuts: number; pageIns: number };
    expect(pageOuts).toBeGreaterThan(0);
    expect(pageIns).toBeGreaterThan(0);
    expect(fetched).not.toContain(other);
    expect(fetched.includes(module)).toBe(!isInline);
    expect(fetched.includes('/dist/bindings/vmm/worker-web.js')).toBe(name === 'runWorker');
    if (name.startsWith('run') && 'followed' in (result as object)) {
      expect(result).toMatchObject({ followed: MOVED_REGIONS, typed: 'a class', first: FIRST_BYTES });
    }
  });

  test('an image, read when it is touched, and a write to all replicas', async () => {
    const { result, problems } = await call('runImage');
    expect(problems).toEqual([]);
    expect(result).toEqual({ bytes: new Array(3).fill([7, 1, 2, 7]), end: 0, read: 2, resident: 2 });
  });

  test('a worker that cannot be started', async () => {
    const { result } = await call('failWorker');
    expect(result).toMatchObject({
      name: 'WorkerFailedError',
      code: 'WORKER_FAILED',
      details: { reason: 'its script could not be loaded' },
    });
  });
});
