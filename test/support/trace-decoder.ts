// The compiled decoder alone, without the engine around it.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CURSOR_BYTES, DECODE_CROSSING, DECODE_END, TRACE_BLOCK_BYTES } from '../../assembly/shared/trace-format.ts';

interface DecoderExports {
  decodeReset(cursor: number, payload: number, bytes: number, records: number): void;
  decodeNext(cursor: number): number;
  decodedAddress(cursor: number): number;
  decodedSize(cursor: number): number;
  decodedSecondAddress(cursor: number): number;
  decodedFirstBytes(cursor: number): number;
  decodedRecord(cursor: number): number;
  decodedByte(cursor: number): number;
}

/** What the decoder told of a record. */
export interface DecodedRecord {
  readonly code: number;
  readonly address: number;
  readonly size: number;
  readonly second: number;
}

export interface Decoded {
  readonly records: readonly DecodedRecord[];
  /** DECODE_END or DECODE_CORRUPT. */
  readonly end: number;
  readonly record: number;
  readonly byte: number;
}

export interface CompiledDecoder {
  decode(payload: Uint8Array, records: number): Decoded;
}

const COMPILER = join(import.meta.dirname, '../../node_modules/assemblyscript/bin/asc.js');
const SOURCE = join(import.meta.dirname, '../../assembly/player/decode.ts');

const PAGE_BYTES = 1 << 16;
const CURSOR = PAGE_BYTES;
/** The payload ends where the memory ends, so that a read behind it traps. */
const PAGES = Math.ceil((CURSOR + CURSOR_BYTES + TRACE_BLOCK_BYTES) / PAGE_BYTES);

/** Compiles assembly/player/decode.ts by itself: it needs no other part of the engine. Takes some seconds. */
export function decoderModule(): WebAssembly.Module {
  const folder = mkdtempSync(join(tmpdir(), 'usufruct-decoder-'));
  const output = join(folder, 'decode.wasm');
  try {
    const options = ['-O3', '--converge', '--noAssert', '--runtime', 'stub', '--use', 'abort=', '--importMemory', '--enable', 'simd'];
    execFileSync(process.execPath, [COMPILER, '--config', 'none', SOURCE, ...options, '--outFile', output], { stdio: 'pipe' });
    return new WebAssembly.Module(readFileSync(output));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function compiledDecoder(module: WebAssembly.Module): CompiledDecoder {
  const memory = new WebAssembly.Memory({ initial: PAGES });
  const decoder = new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as DecoderExports;
  return {
    decode(payload, count) {
      const start = memory.buffer.byteLength - payload.length;
      new Uint8Array(memory.buffer).set(payload, start);
      decoder.decodeReset(CURSOR, start, payload.length, count);
      const records: DecodedRecord[] = [];
      let code: number;
      while ((code = decoder.decodeNext(CURSOR)) < DECODE_END) {
        const crosses = (code & DECODE_CROSSING) !== 0;
        const second = crosses ? decoder.decodedSecondAddress(CURSOR) >>> 0 : 0;
        records.push({ code, address: decoder.decodedAddress(CURSOR) >>> 0, size: decoder.decodedSize(CURSOR), second });
      }
      if (decoder.decodeNext(CURSOR) !== code) throw new Error(`the decoder answered ${code}, then something else`);
      return { records, end: code, record: decoder.decodedRecord(CURSOR), byte: decoder.decodedByte(CURSOR) };
    },
  };
}
