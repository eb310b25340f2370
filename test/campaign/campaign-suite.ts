/**
 * The long campaign of random operations against the plain model. MODEL_RUNS runs in all (100,000), spread over the builds; MODEL_SEED starts it
 * where an earlier one started. Each line of progress names the seed of its chunk.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { EVENTS_TO_MEET } from '../model/events-to-meet.ts';
import { campaign } from '../model/machine.ts';
import { builds } from '../support/builds.ts';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 100_000);
const SEED = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);
const CHUNK_RUNS = 500;
/** One wide run takes as long as many small ones. */
const SMALL_FOR_EACH_WIDE = 20;
const STEPS_MOST = 80;

export function campaignSuite(target: string): void {
  const seen = new Map<string, number>();

  it.each(builds.filter((build) => build.target === target))('$name', async (build) => {
    const runs = Math.ceil(RUNS / builds.length);
    for (let done = 0; done < runs; done += CHUNK_RUNS) {
      const chunk = Math.min(CHUNK_RUNS, runs - done);
      const seed = SEED + done;
      const started = performance.now();
      campaign(build, { shape: 'small', runs: chunk, stepsMost: STEPS_MOST, seed, seen });
      campaign(build, { shape: 'wide', runs: Math.ceil(chunk / SMALL_FOR_EACH_WIDE), stepsMost: STEPS_MOST, seed, seen });
      console.log(
        `${build.name}: ${done + chunk} of ${runs} runs agree (seed ${seed}, ${((performance.now() - started) / 1000).toFixed(1)} s)`,
      );
      await breathe();
    }
  });

  it('met all that matters', () => {
    expect(EVENTS_TO_MEET.filter((what) => !seen.has(what))).toEqual([]);
  });
}
