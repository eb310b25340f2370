/** The value that `share` of the list does not exceed (nearest rank); 0 for an empty list. */
export function quantile(values: readonly number[], share: number): number {
  const ascending = [...values].sort((a, b) => a - b);
  return ascending[Math.max(1, Math.ceil(share * ascending.length)) - 1] ?? 0;
}

export const MEDIAN = 0.5;
export const NINETY_NINE = 0.99;
