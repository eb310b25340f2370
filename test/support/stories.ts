// Stories: operations on an engine as data, told to an engine itself or to a VMM. What comes of them is a log that can be compared.
import { AsyncChange, AsyncReplica, AsyncVm, Change, Replica, UsufructError, Vm } from '../../bindings/node.ts';
import type { Engine, Vmm } from '../../bindings/node.ts';
import { EVENT_NAMES } from './event-names.ts';

/** One operation. Text that begins with '@' names an object: '@engine', what an earlier step was `as`, and '.memory' or '.replica' of it. */
export interface Step {
  readonly on: string;
  readonly method: string;
  readonly args?: readonly unknown[];
  readonly as?: string;
}

export type Log = readonly unknown[];

type Objects = Map<string, unknown>;
type Methods = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** The story of an engine in this thread. */
export function storyOfEngine(engine: Engine, steps: readonly Step[]): Log {
  const log: unknown[] = [];
  const objects: Objects = new Map([['@engine', engine]]);
  for (const name of EVENT_NAMES) engine.on(name, (event) => log.push(plain(event)));
  for (const { on, method, args = [], as } of steps) {
    try {
      const value = callEngine(
        found(objects, on),
        method,
        args.map((arg) => withObjects(arg, objects)),
      );
      if (as !== undefined) objects.set(as, value);
      log.push({ answer: plain(value) });
    } catch (error) {
      log.push({ answer: plain(error) });
    }
  }
  return log;
}

/** The same story of a VMM, each step when the one before is done. */
export async function storyOfVmm(vmm: Vmm, steps: readonly Step[]): Promise<Log> {
  const log: unknown[] = [];
  const objects: Objects = new Map([['@engine', vmm]]);
  for (const name of EVENT_NAMES) await vmm.on(name, (event) => log.push(plain(event)));
  for (const { on, method, args = [], as } of steps) {
    try {
      const value = await call(
        found(objects, on),
        method,
        args.map((arg) => withObjects(arg, objects)),
      );
      if (as !== undefined) objects.set(as, value);
      log.push({ answer: plain(value) });
    } catch (error) {
      log.push({ answer: plain(error) });
    }
  }
  return log;
}

/** What the steps answered, without the events. */
export function answersIn(log: Log): Log {
  return log.flatMap((entry) => (typeof entry === 'object' && entry !== null && 'answer' in entry ? [entry.answer] : []));
}

/** Answers of all steps, asked for without waiting; steps may not use what others are `as`. */
export async function answersOfVmm(vmm: Vmm, objects: Objects, steps: readonly Step[]): Promise<Log> {
  const asked = steps.map(({ on, method, args = [] }) =>
    call(
      found(objects, on),
      method,
      args.map((arg) => withObjects(arg, objects)),
    ),
  );
  const settled = await Promise.allSettled(asked as readonly Promise<unknown>[]);
  return settled.map((result) => plain(result.status === 'fulfilled' ? result.value : result.reason));
}

function call(target: unknown, method: string, args: readonly unknown[]): unknown {
  return (target as Methods)[method]!(...args);
}

/** An engine has the same methods, but for three that take or give something that is not data. */
function callEngine(target: unknown, method: string, args: readonly unknown[]): unknown {
  if (method === 'pages') return [...(call(target, method, args) as Iterable<unknown>)];
  if (method === 'peek') return call(target, method, [args[0], new Uint8Array(args[1] as number)]);
  return call(target, method === 'digest' ? 'digestSync' : method, args);
}

function found(objects: Objects, name: string): unknown {
  const [head, ...rest] = name.split('.');
  const object = objects.get(head!);
  if (object === undefined) throw new Error(`the story has no ${name}`);
  return rest.reduce<unknown>(memberOf, object);
}

function memberOf(value: unknown, field: string): unknown {
  if (value instanceof Vm && field === 'memory') return value.replica.memory;
  return (value as Readonly<Record<string, unknown>>)[field];
}

function withObjects(value: unknown, objects: Objects): unknown {
  if (typeof value === 'string' && value.startsWith('@')) return found(objects, value);
  if (Array.isArray(value)) return value.map((item: unknown) => withObjects(item, objects));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, withObjects(item, objects)]));
}

/** Objects of an engine or a VMM, and errors, as plain data. */
export function plain(value: unknown): unknown {
  if (value instanceof Vm || value instanceof AsyncVm) return { vm: value.name };
  if (value instanceof Change) return { change: value.report() };
  if (value instanceof AsyncChange) return { change: value.last };
  if (value instanceof Replica || value instanceof AsyncReplica) return 'a replica';
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof UsufructError) return plainError(value);
  if (value instanceof Error) return { name: value.name, message: value.message };
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, plain(item)]));
}

/** Where a disposed object was made is a line of the thread that made it. */
function plainError(error: UsufructError): unknown {
  const { madeAt, ...details } = error.details;
  const message = madeAt === undefined ? error.message : error.message.replace(String(madeAt), '…');
  return { type: error.constructor.name, name: error.name, code: error.code, message, details, cause: plain(error.cause) };
}
