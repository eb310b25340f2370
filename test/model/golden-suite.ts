/** Golden files: sequences of operations with the rows of the source's figures, or figures worked out by hand. A suite for any subject. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Operation, Subject } from './operation.ts';
import type { WorldOptions } from './world.ts';

interface GoldenStep {
  readonly row?: string;
  readonly do: Operation;
  readonly status?: number;
  readonly bytes?: string;
  readonly done?: number;
  readonly endNs?: number;
  /** The part of the view that the source, or the derivation, speaks of. */
  readonly view?: object;
}

interface Golden {
  readonly title: string;
  readonly world: WorldOptions;
  readonly steps: readonly GoldenStep[];
}

const FIGURES = ['fig-11.json', 'fig-13.json', 'fig-14.json', 'fig-15.json', 'fig-16.json'];
const WITH_FAILURES = [...FIGURES, 'swap-failure.json'];

function goldenRead(file: string): Golden {
  return JSON.parse(readFileSync(new URL(`../golden/${file}`, import.meta.url), 'utf8')) as Golden;
}

/** `canFail`: the subject's swap device can be told to fail. */
export function goldenSuite(name: string, canFail: boolean, subjectOf: (options: WorldOptions) => Subject): void {
  const files = canFail ? WITH_FAILURES : FIGURES;
  describe.each(files.map((file) => ({ file, golden: goldenRead(file) })))(`${name}: $golden.title`, ({ golden }) => {
    const subject = subjectOf(golden.world);
    it.each(golden.steps.map((step, index) => ({ ...step, title: step.row ?? `${index}: ${step.do.op}` })))('$title', (step) => {
      const { status = 0, bytes, done, endNs } = step;
      const given = Object.entries({ bytes, done, endNs }).filter(([, value]) => value !== undefined);
      const expected = { status, ...Object.fromEntries(given) };
      expect(subject.apply(step.do)).toMatchObject(expected);
      if (step.view) expect(subject.view()).toMatchObject(step.view);
    });
  });
}
