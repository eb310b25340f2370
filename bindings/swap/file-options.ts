export interface FileSwapOptions {
  /** Take over a file that exists (its content is lost); by default that is an error. */
  readonly overwrite?: boolean;
  /** Leave the file where it is when the store closes; by default it is deleted. */
  readonly keep?: boolean;
  /** Write the whole file at once, so that a full disk shows at the start and not in the middle; by default it grows as it is used. */
  readonly preallocate?: boolean;
}
