import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { DECODE_CORRUPT, DECODE_CROSSING, DECODE_END, TRACE_UNIT_BYTES } from '../../assembly/shared/trace-format.ts';
import { BlockDecoder } from '../../bindings/trace/decode.ts';
import { encodeBlocks } from '../../bindings/trace/encode.ts';
import type { TraceRecord } from '../../bindings/trace/record.ts';
import type { TraceBlock } from '../../bindings/trace/trace.ts';
import { TraceError } from '../../bindings/trace/trace-error.ts';
import { type CompiledDecoder, compiledDecoder, type DecodedRecord, decoderModule } from '../support/trace-decoder.ts';
import { anyRecord, anyRecords, batchStream } from '../support/trace-records.ts';

let compiled: CompiledDecoder;
let module: WebAssembly.Module;

beforeAll(() => {
  module = decoderModule();
  compiled = compiledDecoder(module);
});

async function blocksOf(records: readonly TraceRecord[]): Promise<TraceBlock[]> {
  const blocks: TraceBlock[] = [];
  for await (const block of encodeBlocks('a', batchStream(records))) blocks.push(block);
  return blocks;
}

/** What the TypeScript decoder tells, in the compiled one's terms. */
function told(block: TraceBlock): DecodedRecord[] {
  const { count, kinds, addresses, sizes, secondUnits } = new BlockDecoder('a').decode(block);
  return Array.from({ length: count }, (_, i) => {
    const crosses = (addresses[i]! % TRACE_UNIT_BYTES) + sizes[i]! > TRACE_UNIT_BYTES;
    return {
      code: kinds[i]! | (crosses ? DECODE_CROSSING : 0),
      address: addresses[i]!,
      size: sizes[i]!,
      second: crosses ? secondUnits[i]! * TRACE_UNIT_BYTES : 0,
    };
  });
}

describe('the compiled decoder', () => {
  it('tells the same as the other one', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, async (records) => {
        for (const block of await blocksOf(records)) {
          const decoded = compiled.decode(block.payload, block.records);
          expect(decoded.end).toBe(DECODE_END);
          expect(decoded.records).toEqual(told(block));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does so over many blocks and when it runs out of nodes', async () => {
    const scattered = fc.sample(anyRecord, { numRuns: 40_000, seed: 7 });
    const blocks = await blocksOf(scattered);
    expect(blocks.length).toBeGreaterThan(2);
    for (const block of blocks) expect(compiled.decode(block.payload, block.records).records).toEqual(told(block));
  });

  it('tells the first records of a payload that is damaged behind them, and where', async () => {
    const block = (await blocksOf(fc.sample(anyRecord, { numRuns: 200, seed: 3 })))[0]!;
    const whole = compiled.decode(block.payload, block.records);
    for (let length = 0; length < block.payload.length; length++) {
      const cut = compiled.decode(block.payload.subarray(0, length), block.records);
      expect(cut.end).toBe(DECODE_CORRUPT);
      expect(cut.records).toEqual(whole.records.slice(0, cut.record));
      expect(cut.byte).toBe(length);
    }
  });

  it('wants neither more records nor more bytes than there are', async () => {
    const block = (await blocksOf(fc.sample(anyRecord, { numRuns: 50, seed: 4 })))[0]!;
    expect(compiled.decode(block.payload, block.records).end).toBe(DECODE_END);
    expect(compiled.decode(block.payload, block.records + 1)).toMatchObject({ end: DECODE_CORRUPT, record: block.records });
    expect(compiled.decode(block.payload, block.records - 1).end).toBe(DECODE_CORRUPT);
    expect(compiled.decode(new Uint8Array(0), 0)).toMatchObject({ end: DECODE_END, records: [] });
    expect(compiled.decode(Uint8Array.of(0), 0).end).toBe(DECODE_CORRUPT);
  });

  it('never traps and agrees with the other one about garbage', () => {
    const garbage = fc.uint8Array({ minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(garbage, fc.integer({ min: 1, max: 200 }), (payload, records) => {
        const decoded = compiled.decode(payload, records);
        // all units known, so that only the payload is judged; a record that starts in the last unit may not cross, which only one of them checks
        const block: TraceBlock = {
          index: 0,
          firstRecord: 0,
          records,
          dataRecords: 0,
          payload,
          firstUnit: 2 ** 20 + 1,
          units: new Float64Array(0),
        };
        const dataRecords = decoded.records.filter(({ code }) => (code & 3) !== 0).length;
        let other: DecodedRecord[] | undefined;
        try {
          other = told({ ...block, dataRecords });
        } catch (error) {
          if (!(error instanceof TraceError)) throw error;
        }
        if (decoded.end === DECODE_END) expect(other).toHaveLength(records);
        else expect(other).toBeUndefined();
      }),
      { numRuns: 2000 },
    );
  });

  it('has no data, no start, no memory of its own, and imports nothing else', () => {
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    expect(WebAssembly.Module.exports(module).filter(({ kind }) => kind === 'global' || kind === 'table')).toEqual([]);
  });
});
