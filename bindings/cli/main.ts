#!/usr/bin/env node
import { commandRun } from './command.ts';

const interrupted = new AbortController();
// The first Ctrl-C ends the run in order; a second one ends the process at once.
process.once('SIGINT', () => interrupted.abort(new Error('interrupted')));
// A reader that closes the pipe early (head, less) wants no more output, and no complaint.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
}

process.exitCode = await commandRun(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, signal: interrupted.signal });
