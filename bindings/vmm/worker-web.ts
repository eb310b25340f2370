// The script of a Web Worker that runs a VMM. It is published as one file without imports: import maps do not reach workers, and the entry `usufruct/inline`
// carries it along as text. There it may also run in Node.
import type { MessagePort as NodePort } from 'node:worker_threads';
import { vmmServe } from './serve.ts';
import type { ParentPort } from './serve.ts';

interface WebScope {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  addEventListener(type: 'message', listener: (event: MessageEvent) => void): void;
}

function parentOf(): ParentPort {
  const node = (globalThis as { process?: Partial<NodeJS.Process> }).process?.getBuiltinModule?.('node:worker_threads').parentPort;
  return node === undefined || node === null ? parentWeb(globalThis as unknown as WebScope) : parentNode(node);
}

function parentWeb(scope: WebScope): ParentPort {
  return {
    post: (message, transfer) => scope.postMessage(message, [...transfer]),
    listen: (receive) => scope.addEventListener('message', ({ data }) => receive(data)),
  };
}

function parentNode(port: NodePort): ParentPort {
  return {
    post: (message, transfer) => port.postMessage(message, [...transfer]),
    listen: (receive) => void port.on('message', receive),
  };
}

vmmServe(parentOf());
