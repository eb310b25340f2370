// The names that bindings/engine/exports.ts gives to the boundary, read from its source: the types themselves are gone at run time.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const FILE = fileURLToPath(new URL('../../bindings/engine/exports.ts', import.meta.url));

/** Names of the methods of an interface of bindings/engine/exports.ts, sorted. */
export function methodsOf(interfaceName: string): string[] {
  const source = ts.createSourceFile(FILE, readFileSync(FILE, 'utf8'), ts.ScriptTarget.Latest);
  const found = source.statements.find((node) => ts.isInterfaceDeclaration(node) && node.name.text === interfaceName);
  if (found === undefined || !ts.isInterfaceDeclaration(found)) throw new Error(`${FILE} has no interface ${interfaceName}`);
  return found.members
    .filter((member) => ts.isMethodSignature(member))
    .map((member) => member.name.getText(source))
    .sort();
}
