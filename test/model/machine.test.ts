import { describe, expect, it } from 'vitest';
import { builds } from '../support/builds.ts';
import { EVENTS_TO_MEET } from './events-to-meet.ts';
import { campaign } from './machine.ts';

/** More than 1,000 in all, on nine builds; large pages take longest to compare. The long campaign is `npm run test:campaign`. */
const RUNS_SMALL = 150;
const RUNS_LARGE_PAGES = 60;
const LARGE_PAGE_KIB = 16;
const RUNS_WIDE = 6;
const TIMEOUT_MS = 180_000;

describe('random operations: the compiled engine does what the plain model does', () => {
  const seen = new Map<string, number>();

  it.each(builds)(
    '$name',
    (build) => {
      const runs = build.pageKib < LARGE_PAGE_KIB ? RUNS_SMALL : RUNS_LARGE_PAGES;
      campaign(build, { shape: 'small', runs, stepsMost: 60, seen });
      campaign(build, { shape: 'wide', runs: RUNS_WIDE, stepsMost: 30, seen });
    },
    TIMEOUT_MS,
  );

  it('met all that matters', () => {
    expect(EVENTS_TO_MEET.filter((what) => !seen.has(what))).toEqual([]);
  });
});
