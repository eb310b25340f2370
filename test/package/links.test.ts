// Links between the documents lead to files that are there, and to headings that are there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folders = ['docs', 'docs/decisions'];
const documents = [
  'README.md',
  'CHANGELOG.md',
  ...folders.flatMap((folder) => readdirSync(join(ROOT, folder)).map((name) => `${folder}/${name}`)),
].filter((name) => name.endsWith('.md'));

const read = (path: string): string => readFileSync(path, 'utf8');

/** The anchors of a document's headings, as GitHub makes them. */
function anchorsOf(path: string): readonly string[] {
  return [...read(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
}

const links = documents.flatMap((document) =>
  [...read(join(ROOT, document)).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => [document, link!] as const),
);
const inside = links.filter(([, link]) => !/^https?:/.test(link));

test('there are links', () => expect(inside.length).toBeGreaterThan(50));

test.each(inside)('%s: %s', (document, link) => {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? join(ROOT, document) : resolve(ROOT, dirname(document), file);
  expect(existsSync(path)).toBe(true);
  if (anchor !== undefined) expect(anchorsOf(path)).toContain(anchor);
});
