// What the tests of requests for the whole system look at: tables as letters, and orders of issue as rounds.
import type { Engine, Reconfiguration } from '../../bindings/node.ts';
import { REGION_BYTES } from './engines.ts';

/** One letter a region: who has the right, '-' for nobody. */
export function rightsRow(engine: Engine, right: 'manager' | 'user'): string {
  return engine
    .inspect()
    .regions.map((row) => row[right] ?? '-')
    .join('');
}

/** Managers and users, one letter a region. */
export function rightsRows(engine: Engine): readonly [managers: string, users: string] {
  return [rightsRow(engine, 'manager'), rightsRow(engine, 'user')];
}

/** Machine addresses of the regions that a VM manages, in regions, ascending. */
export function slotsOf(engine: Engine, vm: string): readonly number[] {
  const slots = engine.inspect().regions.flatMap((row) => (row.manager === vm ? [row.managerAddress! / REGION_BYTES] : []));
  return slots.sort((a, b) => a - b);
}

/** What was issued together, round by round: 'a-2' gave two regions up, 'b+1' got one. */
export async function roundsOf(reconfiguration: Reconfiguration): Promise<readonly string[]> {
  const rounds: string[][] = [];
  for await (const report of reconfiguration.reports()) {
    if (report.kind !== 'answered') return rounds.map((round) => round.join(' '));
    const { change, regions, round } = report;
    (rounds[round] ??= []).push(`${change.vm.name}${change.kind === 'reduce' ? '-' : '+'}${regions}`);
  }
  throw new Error('no report of the grant');
}
