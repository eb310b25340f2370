import type { Inspection, RegionRow } from './inspect.ts';

const NOBODY = '-';

/**
 * The rights table as a drawing in text, in the manner of Figs. 11 and 13: a column for each run of regions with the same manager and user.
 *
 *     region   0-3   4-5   6     7
 *     manager  OS1   OS2   OS2   OS2
 *     user     OS1   OS1   OS2   OS1
 */
export function formatRights(inspection: Pick<Inspection, 'regions'>): string {
  const columns = runs(inspection.regions).map((run) => {
    const first = run[0]!;
    const last = run[run.length - 1]!;
    return [run.length === 1 ? `${first.region}` : `${first.region}-${last.region}`, first.manager ?? NOBODY, first.user ?? NOBODY];
  });
  return aligned([['region', 'manager', 'user'], ...columns]);
}

/** Every row with its addresses, as in Fig. 19: real address, manager, its machine address, user, its machine address. */
export function formatRightsTable(inspection: Pick<Inspection, 'regions'>): string {
  const { regions } = inspection;
  const hex = (address: number | null): string => (address === null ? NOBODY : `0x${address.toString(16)}`);
  return aligned([
    ['region', ...regions.map(({ region }) => `${region}`)],
    ['real', ...regions.map(({ realAddress }) => hex(realAddress))],
    ['manager', ...regions.map(({ manager }) => manager ?? NOBODY)],
    ['at', ...regions.map(({ managerAddress }) => hex(managerAddress))],
    ['user', ...regions.map(({ user }) => user ?? NOBODY)],
    ['at', ...regions.map(({ userAddress }) => hex(userAddress))],
  ]);
}

function runs(rows: readonly RegionRow[]): readonly (readonly RegionRow[])[] {
  const result: RegionRow[][] = [];
  for (const row of rows) {
    const run = result[result.length - 1];
    if (run?.[0]?.manager === row.manager && run[0].user === row.user) run.push(row);
    else result.push([row]);
  }
  return result;
}

/** Columns of equal height side by side, each as wide as its widest text. */
function aligned(columns: readonly (readonly string[])[]): string {
  const widths = columns.map((column) => Math.max(...column.map((text) => text.length)));
  const height = columns[0]!.length;
  const lines = Array.from({ length: height }, (_, row) => columns.map((column, index) => column[row]!.padEnd(widths[index]!)).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}
