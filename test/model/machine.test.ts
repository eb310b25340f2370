import { describe, expect, it } from 'vitest';
import { builds } from '../support/builds.ts';
import { campaign, EVENTS_TO_MEET } from './machine.ts';

/** On each of nine builds. The long campaign is `npm run test:campaign`. */
const RUNS_SMALL = 120;
const RUNS_WIDE = 6;

describe('random operations: the compiled engine does what the plain model does', () => {
  const seen = new Map<string, number>();

  it.each(builds)('$name', (build) => {
    campaign(build, { shape: 'small', runs: RUNS_SMALL, stepsMost: 60, seen });
    campaign(build, { shape: 'wide', runs: RUNS_WIDE, stepsMost: 30, seen });
  });

  it('met all that matters', () => {
    expect(EVENTS_TO_MEET.filter((what) => !seen.has(what))).toEqual([]);
  });
});
