// A static server for the smoke test: the built package and the page that imports it, with or without cross-origin isolation.
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SERVED = ['/dist/', '/node_modules/@assemblyscript/loader/', '/node_modules/birpc/', '/test/browser/'];
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};
const ISOLATION = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export interface StaticServer {
  readonly origin: string;
  /** Paths that were answered, in order. */
  readonly answered: readonly string[];
  close(): Promise<void>;
}

export async function serve(isolated: boolean): Promise<StaticServer> {
  const answered: string[] = [];
  const server: Server = createServer((request, response) => {
    void answer(request.url ?? '/').then(({ status, body, type }) => {
      if (status === 200) answered.push(request.url ?? '/');
      response.writeHead(status, { 'Content-Type': type, ...(isolated ? ISOLATION : {}) });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    answered,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

async function answer(url: string): Promise<{ status: number; body: Uint8Array | string; type: string }> {
  const path = normalize(new URL(url, 'http://localhost').pathname);
  const type = TYPES[extname(path)];
  if (type === undefined || !SERVED.some((folder) => path.startsWith(folder)))
    return { status: 404, body: 'not served', type: 'text/plain' };
  try {
    return { status: 200, body: await readFile(join(ROOT, path)), type };
  } catch {
    return { status: 404, body: 'not found', type: 'text/plain' };
  }
}
