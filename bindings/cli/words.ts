// What tables and sentences are made of.

/** A row of the comparison: one figure under each strategy. A row without cells is a heading. */
export interface FigureRow {
  readonly label: string;
  readonly cells: readonly string[];
}

/** "a, b and c". */
export function listed(items: readonly string[]): string {
  return items.length <= 1 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`;
}
