// What passes between a VMM and those who use it, in one thread or between two: the whole wire contract.
import type { ThrownWire } from './error-wire.ts';

/** The classes of the engine whose objects stay with the engine; outside they have a number. */
export type Kind = 'vm' | 'replica' | 'snapshot' | 'image' | 'change' | 'reconfiguration' | 'iterator';

/** An object of the engine as messages name it. `facts`: what its face outside shows without asking. */
export interface Reference {
  readonly $: Kind;
  readonly id: number;
  readonly facts: unknown;
}

/** The first replica of a VM, which needs no number of its own: `vm.replica`. */
export interface FirstReplica {
  readonly $: 'firstReplica';
  readonly vm: number;
}

/** An AbortSignal on its way into a worker; `aborted` has the reason of one that is aborted already. */
export interface SignalReference {
  readonly $: 'signal';
  readonly id: number;
  readonly aborted: ThrownWire | undefined;
}

/** An error among the data: in a report of a reconfiguration that failed, for instance. */
export interface ErrorReference {
  readonly $: 'error';
  readonly thrown: ThrownWire;
}

export type Wire = Reference | FirstReplica | SignalReference | ErrorReference;

/** What is asked: the VMM as a whole, one of its objects, or the memory of a replica. */
export type Target = 'engine' | 'memory' | Kind;

export interface Request {
  readonly target: Target;
  /** Of which object; undefined for the engine. */
  readonly of: Reference | FirstReplica | undefined;
  readonly method: string;
  readonly args: readonly unknown[];
  /** Buffers in `args` that the caller gives away: they may move instead of being copied. */
  readonly transfer: readonly ArrayBuffer[];
}

/** What came of a request; `transfer` as in requests. */
export interface Answer {
  readonly value: unknown;
  readonly transfer: readonly ArrayBuffer[];
}

/** The objects that users have forgotten, each with how often they had been told of it. */
export type Releases = readonly (readonly [id: number, times: number])[];

/** A VMM as its users reach it. Requests are carried out one after another, in the order in which they are made. */
export interface VmmService {
  /** Makes the engine and its first VMs. Once, before all else. */
  start(options: object): Promise<Answer>;
  request(request: Request): Promise<Answer>;
  release(releases: Releases): void;
}

/** Takes events, before the answer to the request that caused them. */
export type EventSink = (events: readonly unknown[]) => void;

export function isWire(value: object): value is Wire {
  return '$' in value && typeof value.$ === 'string';
}

// ---- between two threads ----------------------------------------------------------------------------------------------

/** What a worker answers: errors go as data, so that nothing of them is lost. `aborted`: the signal whose reason was thrown. */
export type Reply = Answer | { readonly thrown: ThrownWire; readonly aborted: number | undefined };

/** The functions of a worker, which birpc calls by name. */
export interface WorkerFunctions {
  start(options: object): Promise<Reply>;
  request(request: Request): Promise<Reply>;
  release(releases: Releases): void;
  /** A signal that went over has been aborted. */
  abort(signal: number, reason: ThrownWire): void;
  /** A signal that went over can be aborted no more. */
  signalForget(signal: number): void;
}

/** What a worker says on its own, beside birpc's messages: that it is there, and events. */
export type Notice = { readonly usufruct: 'ready' } | { readonly usufruct: 'events'; readonly events: readonly unknown[] };

export function isNotice(message: unknown): message is Notice {
  return typeof message === 'object' && message !== null && 'usufruct' in message;
}

/** The buffers that go along with a message of birpc: those of a request (`a`: its arguments), or of an answer (`r`). */
export function transferOf(message: unknown): readonly ArrayBuffer[] {
  const { a, r } = message as { readonly a?: readonly Partial<Request>[]; readonly r?: Partial<Answer> };
  return r?.transfer ?? a?.[0]?.transfer ?? [];
}
