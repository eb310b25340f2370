// The examples of a Markdown text: fenced blocks marked `js run` or `ts run`, and what they are said to print.

export interface Example {
  /** Line of the opening fence, from 1. */
  readonly line: number;
  readonly language: string;
  readonly code: string;
  /** The text of a block marked `text output` right behind the code, or undefined. */
  readonly output: string | undefined;
}

interface Block {
  readonly line: number;
  readonly info: string;
  readonly text: string;
  /** Index of the line behind its end. */
  readonly next: number;
}

const FENCE = /^(`{3,})(.*)$/;

function blockAt(lines: readonly string[], at: number): Block | undefined {
  const open = FENCE.exec(lines[at] ?? '');
  if (open === null) return undefined;
  const end = lines.indexOf(open[1]!, at + 1);
  if (end < 0) throw new Error(`the block in line ${at + 1} has no end`);
  return { line: at + 1, info: open[2]!.trim(), text: lines.slice(at + 1, end).join('\n') + '\n', next: end + 1 };
}

/** All examples, in order. */
export function examplesOf(markdown: string): Example[] {
  const lines = markdown.split(/\r?\n/);
  const examples: Example[] = [];
  for (let at = 0; at < lines.length;) {
    const block = blockAt(lines, at);
    at = block?.next ?? at + 1;
    const language = /^(js|ts) run$/.exec(block?.info ?? '')?.[1];
    if (block === undefined || language === undefined) continue;
    let behind = at;
    while (lines[behind] === '') behind++;
    const printed = blockAt(lines, behind);
    examples.push({ line: block.line, language, code: block.text, output: printed?.info === 'text output' ? printed.text : undefined });
  }
  return examples;
}
