import { Change } from '../change.ts';
import { InvalidOptionError } from '../errors.ts';
import { Image } from '../image/image.ts';
import { Reconfiguration } from '../reconfiguration/reconfiguration.ts';
import { Replica } from '../replica.ts';
import { Snapshot } from '../snapshot.ts';
import { Vm } from '../vm.ts';
import type { FirstReplica, Kind, Reference, Releases } from './protocol.ts';

/** What an outer face of an object is made with, besides the number. */
type FactsOf = (value: object, table: ObjectTable) => unknown;

interface Entry {
  readonly value: object;
  /** How often the other side was told of it. */
  told: number;
}

/** Reports that are read from outside, one by one. Its source begins to listen at once. */
export class OpenIterator {
  readonly #source: AsyncIterator<unknown>;
  #first: Promise<IteratorResult<unknown>> | undefined;

  constructor(source: AsyncIterator<unknown>) {
    this.#source = source;
    this.#first = source.next();
    this.#first.catch(() => undefined); // whoever asks for it is told
  }

  next(): Promise<IteratorResult<unknown>> {
    const next = this.#first ?? this.#source.next();
    this.#first = undefined;
    return next;
  }

  async return(): Promise<void> {
    await this.#source.return?.();
  }
}

const KINDS: readonly (readonly [kind: Kind, type: abstract new (...args: never[]) => object, facts: FactsOf])[] = [
  ['vm', Vm, (vm) => (vm as Vm).name],
  ['replica', Replica, () => undefined],
  ['snapshot', Snapshot, () => undefined],
  ['image', Image, (image) => ({ bytes: (image as Image).bytes, pages: (image as Image).pages })],
  ['change', Change, (change, table) => ({ vm: table.reference((change as Change).vm), report: reportOf(change as Change) })],
  ['reconfiguration', Reconfiguration, () => undefined],
  ['iterator', OpenIterator, () => undefined],
];

/** The report of a change; none when the engine has forgotten it, which happens to changes that ended long ago. */
function reportOf(change: Change): unknown {
  try {
    return change.report();
  } catch {
    return undefined;
  }
}

/**
 * The objects of an engine that are known outside, by number. One that is forgotten outside is forgotten here as soon as both sides count the same number
 * of messages about it. VMs stay known, so that their use after the end can be told from a mistake.
 */
export class ObjectTable {
  readonly #entries = new Map<number, Entry>();
  readonly #numbers = new WeakMap<object, number>();
  #last = 0;

  /** The reference that stands for an object of the engine; undefined for all else. */
  referenceOf(value: object): Reference | undefined {
    const known = KINDS.find(([, type]) => value instanceof type);
    if (known === undefined) return undefined;
    const [kind, , facts] = known;
    const id = this.#numberOf(value);
    this.#entries.get(id)!.told += 1;
    return { $: kind, id, facts: facts(value, this) };
  }

  reference(value: object): Reference {
    return this.referenceOf(value)!;
  }

  object(reference: Reference | FirstReplica, path: string): object {
    const isFirst = reference.$ === 'firstReplica';
    const entry = this.#entries.get(isFirst ? reference.vm : reference.id);
    if (entry === undefined) throw new InvalidOptionError(path, 'an object that the VMM does not know', 'one that this VMM handed out');
    return isFirst ? (entry.value as Vm).replica : entry.value;
  }

  release(releases: Releases): void {
    for (const [id, times] of releases) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      entry.told -= times;
      if (entry.told > 0) continue;
      this.#entries.delete(id);
      this.#numbers.delete(entry.value);
    }
  }

  #numberOf(value: object): number {
    const known = this.#numbers.get(value);
    if (known !== undefined) return known;
    this.#last += 1;
    this.#numbers.set(value, this.#last);
    this.#entries.set(this.#last, { value, told: 0 });
    return this.#last;
  }
}
