// The script of a worker in Node that runs a VMM.
import { parentPort } from 'node:worker_threads';
import { hasherSet } from '../engine/hash.ts';
import { hasherNode } from '../engine/hash-node.ts';
import { fileImage } from '../image/file.ts';
import { fileSwapStore } from '../swap/file.ts';
import { vmmServe } from './serve.ts';
import { fileImageSet } from './image-description.ts';
import { fileStoreSet } from './stores.ts';

if (parentPort === null) throw new Error('this script is for a worker: new Worker(…) of node:worker_threads');
const port = parentPort;
hasherSet(hasherNode);
fileStoreSet(fileSwapStore);
fileImageSet(fileImage);
vmmServe({
  post: (message, transfer) => port.postMessage(message, [...transfer]),
  listen: (receive) => void port.on('message', receive),
});
