import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KIND_FETCH, KIND_LOAD, KIND_MODIFY, KIND_STORE } from '../../assembly/shared/trace-format.ts';
import { LackeyWriter } from '../../bindings/trace/lackey-text.ts';
import { lackeyRecords } from '../../bindings/trace/lackey.ts';
import { batchOf, type TraceRecord, TRACED_UNITS } from '../../bindings/trace/record.ts';
import { TraceError } from '../../bindings/trace/trace-error.ts';
import { anyRecords, collected, inPieces, streamOf } from '../support/trace-records.ts';

const encoder = new TextEncoder();

function records(text: string): Promise<TraceRecord[]> {
  return collected(lackeyRecords('a.lackey', streamOf(encoder.encode(text))));
}

async function failure(text: string): Promise<TraceError> {
  const error: unknown = await records(text).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof TraceError)) throw new Error(`not refused: ${JSON.stringify(text)}`);
  return error;
}

describe('reading lackey text', () => {
  it('reads the four kinds', async () => {
    expect(await records('I  04001234,3\n L 1ffeffe7e0,8\n S 1FFEFFE7E8,16\n M 00000fff,1\n')).toEqual([
      { kind: KIND_FETCH, unit: 0x4001, offset: 0x234, size: 3 },
      { kind: KIND_LOAD, unit: 0x1ffeffe, offset: 0x7e0, size: 8 },
      { kind: KIND_STORE, unit: 0x1ffeffe, offset: 0x7e8, size: 16 },
      { kind: KIND_MODIFY, unit: 0, offset: 0xfff, size: 1 },
    ]);
  });

  it("skips what is not a record: valgrind's lines and the program's output", async () => {
    const text = '==12== Lackey\n\n I am output\nIn short\n Lines\n  L 1000,4\n--12-- x\nI  00001000,4\n==12== done';
    expect(await records(text)).toEqual([{ kind: KIND_FETCH, unit: 1, offset: 0, size: 4 }]);
  });

  it('reads a last line without its end, and lines that end in CR LF', async () => {
    expect(await records(' L 1000,4\r\n S 2000,8')).toHaveLength(2);
    expect((await records('==1== x\r\nI  1000,4\r\n'))[0]!.size).toBe(4);
  });

  it('reads addresses of up to sixteen digits and records that end at 2^64', async () => {
    expect(await records(' S fffffffffffffff8,8\n L ffffffffffffffff,1\n')).toEqual([
      { kind: KIND_STORE, unit: TRACED_UNITS - 1, offset: 0xff8, size: 8 },
      { kind: KIND_LOAD, unit: TRACED_UNITS - 1, offset: 0xfff, size: 1 },
    ]);
  });

  it.each([
    [' L fffffffffffffff9,8', 'TRACE_ADDRESS'],
    ['I  ffffffffffffffff,2', 'TRACE_ADDRESS'],
    [' L 1000,0', 'TRACE_SIZE'],
    [' L 1000,4097', 'TRACE_SIZE'],
    [' M 1000,99999999999999999999999', 'TRACE_SIZE'],
    ['I  zz,4', 'TRACE_LINE'],
    ['I  1000', 'TRACE_LINE'],
    ['I  1000,', 'TRACE_LINE'],
    ['I  ,4', 'TRACE_LINE'],
    ['I ', 'TRACE_LINE'],
    [' L 1000,4x', 'TRACE_LINE'],
    [' L 1000,-4', 'TRACE_LINE'],
    [' L 1000 4', 'TRACE_LINE'],
    [' S 10000000000000000,4', 'TRACE_LINE'],
    [` S ${'0'.repeat(300)}1000,4`, 'TRACE_LINE'],
  ])('refuses %j with the number of its line', async (line, code) => {
    const error = await failure(`==1== x\nI  1000,4\n${line}\nI  1000,4\n`);
    expect(error.code).toBe(code);
    expect(error.details).toMatchObject({ file: 'a.lackey', line: 3 });
    expect(error.message).toMatch(/^a\.lackey, line 3: .*; allowed: /);
    expect((await failure(`I  1000,4\n\n${line}`)).details).toMatchObject({ line: 3 });
  });

  it('accepts the sizes at the edge', async () => {
    expect((await records(' L 1001,4096\n L 1fff,1\n')).map(({ size }) => size)).toEqual([4096, 1]);
  });

  it('reads the same in pieces of any size', async () => {
    const text = encoder.encode(`==1== x\nI  04001234,3\n L 1ffeffe7e0,8\n${'output '.repeat(100)}\n S 10,4\r\n\n M ffffffffff,4096\n`);
    const whole = await collected(lackeyRecords('a', streamOf(text)));
    expect(whole).toHaveLength(4);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        expect(await collected(lackeyRecords('a', inPieces(text, sizes)))).toEqual(whole);
      }),
    );
  });

  it('counts lines across pieces', async () => {
    const text = encoder.encode('==1== x\nI  1000,4\n\nI  1000,0\n');
    for (let piece = 1; piece <= text.length; piece++) {
      await expect(collected(lackeyRecords('a', inPieces(text, [piece])))).rejects.toMatchObject({
        code: 'TRACE_SIZE',
        details: { line: 4 },
      });
    }
  });
});

describe('writing lackey text', () => {
  it('writes what lackey writes', () => {
    const batch = batchOf([
      { kind: KIND_FETCH, unit: 0x4001, offset: 0x034, size: 3 },
      { kind: KIND_LOAD, unit: 0x1ffeffe, offset: 0x7e0, size: 10 },
      { kind: KIND_STORE, unit: TRACED_UNITS - 1, offset: 0xff8, size: 8 },
      { kind: KIND_MODIFY, unit: 0, offset: 0, size: 4096 },
    ]);
    const text = new TextDecoder().decode(new LackeyWriter().write(batch));
    expect(text).toBe('I  04001034,3\n L 1ffeffe7e0,10\n S fffffffffffffff8,8\n M 00000000,4096\n');
  });

  it('is read back record for record', async () => {
    await fc.assert(
      fc.asyncProperty(anyRecords, async (given) => {
        const text = new LackeyWriter().write(batchOf(given));
        expect(await collected(lackeyRecords('a', streamOf(text)))).toEqual(given);
      }),
    );
  });
});
