// The sizes that docs/memory-map.md draws are those of the layout.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import * as layout from '../../assembly/shared/layout.ts';

const MAP = readFileSync(fileURLToPath(new URL('../../docs/memory-map.md', import.meta.url)), 'utf8');

test.each([
  ['control block', layout.CONTROL_BYTES],
  ['VM records', layout.VM_BYTES],
  ['replica records', layout.REPLICA_BYTES],
  ['processor records', layout.PROCESSOR_BYTES],
  ['change records', layout.CHANGE_BYTES],
  ['event ring', layout.EVENT_BYTES],
  ['machine-map nodes', layout.MAP_BYTES],
  ['frame table', layout.FRAME_BYTES],
  ['page objects', layout.OBJECT_BYTES],
  ['page-table nodes', layout.NODE_BYTES],
  ['summaries of regions', layout.STATISTICS_BYTES],
])('%s: %i B', (row, bytes) => {
  const line = MAP.split('\n').find((one) => one.includes(`│ ${row} `));
  expect(line, `the row "${row}"`).toBeDefined();
  // the first size in the row
  expect(/(\d+) B\b/.exec(line!)?.[1]).toBe(String(bytes));
});
