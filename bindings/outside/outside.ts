import type { Core } from '../engine/core.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkFields } from '../options.ts';
import type { Vm } from '../vm.ts';
import { OutsideWrite } from './outside-write.ts';
import { piecesWrite } from './spread.ts';
import { WRITER_DEFAULT, Writers } from './writer.ts';

export interface OutsideWriteOptions {
  /** Who writes, by the name of a process that was defined for it; 'host' by default. */
  readonly writer?: string;
}

interface Waiting {
  readonly write: OutsideWrite;
  readonly bytes: Uint8Array<ArrayBufferLike>;
}

/** The writes of a VM that none of its replicas makes: at once, or while its replicas are apart, when they meet. */
export class OutsideWrites {
  readonly writers = new Writers();
  readonly #core: Core;
  readonly #vm: Vm;
  #isHeld = false;
  #waiting: Waiting[] = [];

  constructor(core: Core, vm: Vm) {
    this.#core = core;
    this.#vm = vm;
  }

  /** At once: throws where it fails. */
  write(address: number, bytes: Uint8Array<ArrayBufferLike>, options: OutsideWriteOptions = {}): OutsideWrite {
    checkFields('options', options, ['writer']);
    const writer = this.writers.checkName(options.writer ?? WRITER_DEFAULT);
    if (!(bytes instanceof Uint8Array)) throw new InvalidOptionError('bytes', bytes, 'a Uint8Array');
    this.#core.begin('vm.write');
    if (this.#vm.isDisposed) throw this.#vm.disposed();
    const write = new OutsideWrite(writer, address, bytes.length);
    if (this.#isHeld) {
      this.#waiting.push({ write, bytes: bytes.slice() }); // the caller may use the array again
      return write;
    }
    this.#carryOut({ write, bytes });
    if (write.error !== undefined) throw write.error;
    return write;
  }

  /** Writes wait from now on: the replicas are about to run, each at its own speed. */
  hold(): void {
    this.#isHeld = true;
  }

  /** The replicas have met: what waits is carried out, in the order in which it came. How many writes. */
  carryOut(): number {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const one of waiting) this.#carryOut(one);
    return waiting.length;
  }

  /** Nobody runs any more: what waits is carried out, and nothing waits from now on. */
  release(): void {
    this.#isHeld = false;
    this.carryOut();
  }

  #carryOut({ write, bytes }: Waiting): void {
    const vm = this.#vm;
    write.carryOut(() => {
      if (vm.isDisposed) throw vm.disposed();
      piecesWrite(this.#core, this.writers.pieces({ vm, writer: write.writer, address: write.address, bytes }));
    });
  }
}
