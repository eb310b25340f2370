/** What an operation of the model ends with when it cannot be done: a status of assembly/shared/status.ts. */
export class ModelFailure extends Error {
  readonly status: number;

  constructor(status: number, what: string) {
    super(what);
    this.name = 'ModelFailure';
    this.status = status;
  }
}
