import { describe, expect, it } from 'vitest';
import { builds } from '../support/builds.ts';
import { campaign } from './machine.ts';

const RUNS_EACH = Number(process.env['MODEL_RUNS'] ?? 120);
const STEPS_MOST = 60;

describe('random operations: the compiled engine does what the plain model does', () => {
  const seen = new Map<string, number>();

  it.each(builds)('$name', (build) => campaign(build, { runs: RUNS_EACH, stepsMost: STEPS_MOST, seen }));

  it('met all that matters', () => {
    console.log(
      'SEEN ' +
        [...seen]
          .sort()
          .map((e) => e.join(' '))
          .join('; '),
    );
  });
});
