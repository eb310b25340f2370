/** What an operation of the model ends with when it cannot be done: a status of assembly/shared/status.ts. */
export class ModelFailure extends Error {
  readonly status: number;
  /** A fault was counted whose page has not come in. */
  isInFault = false;

  constructor(status: number, what: string) {
    super(what);
    this.name = 'ModelFailure';
    this.status = status;
  }
}
