// Reads the imports of source files and holds them against the order of the layers: imports point one way.
import { readdirSync, readFileSync } from 'node:fs';
import { posix, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Source files by their path from the root, with `/`. */
export type Sources = ReadonlyMap<string, string>;

/** All TypeScript files under the folders, declarations included. */
export function sourcesUnder(...folders: readonly string[]): Sources {
  const sources = new Map<string, string>();
  for (const folder of folders) {
    for (const entry of readdirSync(posix.join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !entry.name.endsWith('.ts')) continue;
      const path = posix.join(entry.parentPath, entry.name);
      sources.set(relative(ROOT, path).split(sep).join('/'), readFileSync(path, 'utf8'));
    }
  }
  return sources;
}

/** What a file imports, by any form: `import`, `export … from`, `import()`, the type `import('…')`, `import … = require()`. */
export function importsOf(path: string, text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) found.push(specifier.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.Latest));
  return found;
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0];
  if (ts.isImportTypeNode(node)) return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined;
  if (ts.isExternalModuleReference(node)) return node.expression;
  return undefined;
}

/** The file a relative import names; other imports (packages, `node:`) are undefined. */
export function target(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(from), specifier) : undefined;
}

/** Layers from the lowest up; each is a list of names: a folder with `/` behind it, or a file without its ending. */
export type Layers = readonly (readonly string[])[];

/** A tree of sources with an order. */
export interface House {
  readonly root: string;
  readonly layers: Layers;
  /** What files that no layer names belong to; undefined: each file must be named. */
  readonly rest: number | undefined;
  /** Layers whose names may not import one another. */
  readonly apart: readonly number[];
  /** Folders outside that any file may import. */
  readonly outside: readonly string[];
}

interface Place {
  readonly name: string;
  readonly layer: number;
}

function placeOf(house: House, path: string): Place | undefined {
  const inside = path.slice(house.root.length + 1).replace(/(\.d)?\.ts$/, '');
  const covers = (name: string): boolean => (name.endsWith('/') ? inside.startsWith(name) : inside === name);
  const layer = house.layers.findIndex((names) => names.some(covers));
  if (layer >= 0) return { name: house.layers[layer]!.find(covers)!, layer };
  return house.rest === undefined ? undefined : { name: inside, layer: house.rest };
}

function judge(house: House, from: string, to: string): string | undefined {
  if (house.outside.some((folder) => to.startsWith(`${folder}/`))) return undefined;
  if (!to.startsWith(`${house.root}/`)) return `${from} imports ${to}, which is outside ${house.root}/`;
  const here = placeOf(house, from);
  const there = placeOf(house, to);
  if (here === undefined) return `${from} belongs to no layer`;
  if (there === undefined) return `${from} imports ${to}, which belongs to no layer`;
  if (there.layer > here.layer) return `${from} imports ${to}: ${there.name} is above ${here.name}`;
  if (there.layer === here.layer && there.name !== here.name && house.apart.includes(here.layer)) {
    return `${from} imports ${to}: ${here.name} and ${there.name} stand side by side`;
  }
  return undefined;
}

/** Every import that goes the wrong way, one sentence each. */
export function violations(house: House, sources: Sources): string[] {
  const found: string[] = [];
  for (const [path, text] of sources) {
    if (!path.startsWith(`${house.root}/`)) continue;
    for (const specifier of importsOf(path, text)) {
      const to = target(path, specifier);
      const wrong = to === undefined ? undefined : judge(house, path, to);
      if (wrong !== undefined) found.push(wrong);
    }
  }
  return found;
}

/** The packages and `node:` modules that are reachable from a file, each with the file that imports it. */
export function packagesReachable(sources: Sources, entry: string): Map<string, string> {
  const packages = new Map<string, string>();
  const seen = new Set([entry]);
  const waiting = [entry];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const specifier of importsOf(path, sources.get(path) ?? '')) {
      const to = target(path, specifier);
      if (to === undefined) packages.set(specifier, path);
      else if (!seen.has(to)) {
        seen.add(to);
        waiting.push(to);
      }
    }
  }
  return packages;
}
