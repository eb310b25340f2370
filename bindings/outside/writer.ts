import { addressError } from '../engine/failure.ts';
import { causeShown, InvalidOptionError, PolicyFailedError } from '../errors.ts';
import { checkFields, checkFunction, checkInteger } from '../options.ts';
import { Replica } from '../replica.ts';
import type { Vm } from '../vm.ts';

/** A write by something that is none of the VM's replicas: a device, the host. */
export interface WriteRequest {
  readonly vm: Vm;
  /** The writer's name. The source tells it by its VMID. */
  readonly writer: string;
  readonly address: number;
  readonly bytes: Uint8Array<ArrayBufferLike>;
}

/** What is written where: `bytes` at `address`, in these replicas of the VM; by default in all that are in step, or in the first one where none is. */
export interface WritePiece {
  readonly address: number;
  readonly bytes: Uint8Array<ArrayBufferLike>;
  readonly replicas?: readonly Replica[];
}

/**
 * What a writer's writes do, defined in advance (US 9,063,868, variation 2): the pieces that are written instead of the request, in this order, all or none.
 * No pieces: the write is dropped. It is asked when the write is carried out, and must not change the engine.
 */
export type WriterProcess = (request: WriteRequest) => readonly WritePiece[];

/** The writer of writes that name none; it may be defined like any other. */
export const WRITER_DEFAULT = 'host';

/** Of a piece; also those of a request, which can be one, as it is or changed. */
const PIECE_FIELDS = ['address', 'bytes', 'replicas', 'vm', 'writer'];

const asRequested: WriterProcess = ({ address, bytes }) => [{ address, bytes }];

/** A piece with its replicas, all alive. */
export interface CheckedPiece {
  readonly address: number;
  readonly bytes: Uint8Array<ArrayBufferLike>;
  readonly replicas: readonly Replica[];
}

/** The processes of a VM's writers, by name. */
export class Writers {
  readonly #processes = new Map<string, WriterProcess>([[WRITER_DEFAULT, asRequested]]);

  /** `field` names the process in messages. */
  define(field: string, name: unknown, process: unknown): void {
    if (typeof name !== 'string' || name === '') throw new InvalidOptionError('name', name, 'text, not empty');
    checkFunction(field, process);
    this.#processes.set(name, process as WriterProcess);
  }

  /** A name that has a process. */
  checkName(name: unknown): string {
    if (typeof name === 'string' && this.#processes.has(name)) return name;
    const known = [...this.#processes.keys()].map((writer) => `'${writer}'`).join(', ');
    throw new InvalidOptionError('options.writer', name, `a writer that is defined: ${known} (see vm.writerDefine)`);
  }

  /** The pieces of a request, checked. */
  pieces(request: WriteRequest): readonly CheckedPiece[] {
    const process = this.#processes.get(request.writer)!;
    if (process === asRequested) return [checkPiece('', request, request.vm)];
    try {
      const answer: unknown = process(request);
      if (!Array.isArray(answer)) throw new InvalidOptionError('its answer', answer, 'an array of pieces');
      return (answer as readonly unknown[]).map((piece, index) => {
        checkFields(`piece ${index}`, piece, PIECE_FIELDS);
        return checkPiece(`piece ${index}: `, piece as WritePiece, request.vm);
      });
    } catch (cause) {
      const { writer, vm } = request;
      const message = `The process of writer '${writer}' of VM '${vm.name}' failed: ${causeShown(cause)}. Nothing was written.`;
      throw new PolicyFailedError(message, { policy: 'writer', writer, vm: vm.name }, { cause });
    }
  }
}

export type CheckedWriters = readonly (readonly [name: string, process: WriterProcess])[];

/** `option`: the writers of a VM to be made, by name, or nothing. */
export function checkWriters(field: string, option: unknown): CheckedWriters {
  if (option === undefined) return [];
  const writers = Object.entries(checkFields(field, option, Object.keys(option ?? {})));
  for (const [name, process] of writers) checkFunction(`${field}.${name}`, process);
  return writers as [string, WriterProcess][];
}

/** The replicas that a write to the VM reaches. */
function replicasInStep(vm: Vm): readonly Replica[] {
  const inStep = vm.replicas.filter((replica) => replica.isInStep);
  return inStep.length > 0 ? inStep : [vm.replica];
}

function checkPiece(what: string, piece: Partial<WritePiece>, vm: Vm): CheckedPiece {
  const { address, bytes, replicas = replicasInStep(vm) } = piece;
  if (!(bytes instanceof Uint8Array)) throw new InvalidOptionError(`${what}bytes`, bytes, 'a Uint8Array');
  const start = checkInteger(`${what}address`, address, 0);
  const { addressSpaceBytes } = vm.replica;
  if (start + bytes.length > addressSpaceBytes) throw addressError(start, bytes.length, addressSpaceBytes);
  if (!Array.isArray(replicas)) throw new InvalidOptionError(`${what}replicas`, replicas, 'an array of replicas of the VM');
  for (const replica of replicas as readonly unknown[]) {
    if (!(replica instanceof Replica) || replica.vm !== vm) throw new InvalidOptionError(`${what}replicas`, replica, 'replicas of the VM');
    if (replica.isDisposed) throw replica.disposed();
  }
  return { address: start, bytes, replicas: [...new Set(replicas)] };
}
