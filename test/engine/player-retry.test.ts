import { expect, test } from 'vitest';
import {
  ADVICE_UNUSED,
  PLAYER_LOADS_STORE,
  PLAYER_RECORDS,
  RUN_BLOCK_DONE,
  VM_ACCESSES,
  VM_FAULTS,
  VM_TIME_NS,
} from '../../assembly/shared/layout.ts';
import { STATUS_SWAP_FULL } from '../../assembly/shared/status.ts';
import { KIND_STORE, TRACE_UNIT_BYTES } from '../../assembly/shared/trace-format.ts';
import { encodeBlocks } from '../../bindings/trace/encode.ts';
import type { TraceRecord } from '../../bindings/trace/record.ts';
import { buildOf } from '../support/builds.ts';
import { RawEngine } from '../support/raw.ts';
import { batchStream } from '../support/trace-records.ts';

const FOREVER = Infinity;

test('a record that failed is carried out once when its page has come in some other way meanwhile', async () => {
  const engine = new RawEngine(buildOf('debug'));
  engine.start({
    regions: 1,
    regionPages: 2,
    slots: 0,
    store: 'linear',
    accessNs: 1,
    readNs: 0,
    writeNs: 0,
    queue: 1,
    expand: 'lowest',
    columnPages: 64,
  });
  const { exports } = engine;
  const vm = exports.vmCreate(1, 64, 0, 0, 1, 0);
  const replica = exports.vmReplica(vm);
  const records: TraceRecord[] = [0, 1, 2, 0].map((unit) => ({ kind: KIND_STORE, unit, offset: 0, size: 8 }));
  const player = exports.playerCreate(replica, PLAYER_LOADS_STORE);
  for await (const block of encodeBlocks('three', batchStream(records))) {
    engine.bytes().set(block.payload, exports.playerBuffer(player) >>> 0);
    expect(exports.playerFeed(player, block.payload.length, block.records)).toBe(0);
  }
  expect(exports.playerRun(player, FOREVER, FOREVER)).toBe(-STATUS_SWAP_FULL);
  expect(exports.playerRun(player, FOREVER, FOREVER)).toBe(-STATUS_SWAP_FULL);

  expect(exports.advise(replica, 0, 1, ADVICE_UNUSED)).toBe(0);
  expect(exports.store8(replica, 2 * TRACE_UNIT_BYTES, 99)).toBe(0); // page 2 is there now, with a cached translation
  expect(exports.playerRun(player, FOREVER, 1)).toBeGreaterThan(0);
  expect(engine.numberAt((exports.playerFigures(player) >>> 0) + PLAYER_RECORDS)).toBe(3);
  expect(exports.load8(replica, 2 * TRACE_UNIT_BYTES)).toBe(2); // (n + A) & 0xff of record 2

  expect(exports.advise(replica, 1, 1, ADVICE_UNUSED)).toBe(0);
  expect(exports.playerRun(player, FOREVER, FOREVER)).toBe(RUN_BLOCK_DONE);
  const record = engine.vmRecord(vm);
  expect(engine.numberAt(record + VM_ACCESSES)).toBe(records.length + 2);
  expect(engine.numberAt(record + VM_TIME_NS)).toBe(records.length + 2);
  expect(engine.numberAt(record + VM_FAULTS)).toBe(4); // pages 0, 1, from outside 2, and 0 again; the two tries that failed count no fault
  expect(exports.engineValidate()).toBe(0);
});
