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

  test.each(['run', 'runInline'])('memory moves between two VMs (%s)', async (name) => {
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
    const result = await page.evaluate(name === 'run' ? 'run()' : 'runInline()');
    await page.close();

    expect(problems).toEqual([]);
    expect(result).toMatchObject({ isolated, grantNs: 0, outBeforeGrant: 0, settled: true, intact: [PAGES_A, PAGES_B] });
    expect(result).toMatchObject({ managed: [256 * 1024, 768 * 1024] });
    const { pageOuts, pageIns } = result as { pageOuts: number; pageIns: number };
    expect(pageOuts).toBeGreaterThan(0);
    expect(pageIns).toBeGreaterThan(0);
    const fetched = server.answered.slice(served);
    expect(fetched).not.toContain(other);
    if (name === 'run') expect(fetched).toContain(module);
    else expect(fetched).not.toContain(module);
  });
});
