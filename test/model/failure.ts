/** What an operation of the model ends with when it cannot be done: a status of assembly/shared/status.ts. */
export class ModelFailure extends Error {
  readonly status: number;
  /** A fault was counted whose page has not come in. */
  isInFault = false;
  /** Of a region of a list: region, place, SELECTABLE_…; of a policy that failed: region. */
  readonly about: readonly number[];

  constructor(status: number, what: string, about: readonly number[] = []) {
    super(what);
    this.name = 'ModelFailure';
    this.status = status;
    this.about = about;
  }
}
