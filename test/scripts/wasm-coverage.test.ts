// The counters of a coverage run count, and change nothing else.
import { expect, test } from 'vitest';
import wabt from 'wabt';
import { instrument } from '../../scripts/wasm-coverage/instrument.mjs';
import { placeAt, places } from '../../scripts/wasm-coverage/source-map.mjs';

const TEXT = `(module
  (import "env" "offset" (global $offset i32))
  (import "env" "memory" (memory 1))
  (global $calls (mut i32) (i32.const 0))
  (func (export "sum") (param $n i32) (result i32) (local $sum i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.eqz (local.get $n)) (then (return (global.get $offset))))
    (loop $again
      (local.set $sum (i32.add (local.get $sum) (local.get $n)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n)))
    (if (result i32) (i32.gt_u (local.get $sum) (i32.const 100)) (then (i32.const -1)) (else (local.get $sum))))
  (func (export "calls") (result i32) (global.get $calls))
  (func (export "wide") (param $at i32) (result i32) (local $f f64)
    (local.set $f (f64.const 2.5))
    (v128.store offset=16 (local.get $at) (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (v128.load (local.get $at)) (v128.const i64x2 1 2)))
    (memory.fill (local.get $at) (i32.const 7) (i32.const 300))
    (block $b (block $a (br_table $a $b (local.get $at))))
    (i32x4.extract_lane 1 (v128.load (i32.add (local.get $at) (i32.trunc_sat_f64_s (local.get $f)))))))`;

async function prepared() {
  const { parseWat } = await wabt();
  const plain = new Uint8Array(parseWat('sample.wat', TEXT, { simd: true, bulk_memory: true }).toBinary({}).buffer);
  const { bytes, points } = instrument(plain);
  const counters = points.map(() => new WebAssembly.Global<'i32'>({ value: 'i32', mutable: true }, 0));
  const imports = { env: { offset: 40, memory: new WebAssembly.Memory({ initial: 1 }) } };
  const coverage = Object.fromEntries(counters.map((counter, i) => [String(i), counter]));
  const start = (module: Uint8Array, all: WebAssembly.Imports) =>
    new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(module)), all).exports as Record<string, (n?: number) => number>;
  return { points, counters, plain: start(plain, imports), covered: start(bytes, { ...imports, coverage }) };
}

test('each block is counted as often as it runs', async () => {
  const { points, counters, covered } = await prepared();
  expect(points.map(({ kind }) => kind)).toEqual(['function', 'if', 'loop', 'if', 'else', 'function', 'function']);
  const counts = () => counters.map(({ value }) => value);
  covered['sum']!(0);
  expect(counts()).toEqual([1, 1, 0, 0, 0, 0, 0]);
  covered['sum']!(4);
  expect(counts()).toEqual([2, 1, 4, 0, 1, 0, 0]);
  covered['sum']!(50);
  covered['wide']!(1000);
  expect(counts()).toEqual([3, 1, 54, 1, 1, 0, 1]);
});

test('the module answers as it did without counters', async () => {
  const { plain, covered } = await prepared();
  for (const n of [0, 1, 13, 14, 1000]) expect(covered['sum']!(n)).toBe(plain['sum']!(n));
  expect(covered['calls']!()).toBe(5);
  for (const at of [0, 1, 2000]) expect(covered['wide']!(at)).toBe(plain['wide']!(at));
  expect(covered['wide']!(0)).toBe(0x07070707);
});

test('a byte of the module is found in its source', () => {
  // offsets 10, 14, 40; the second source from the second place on; lines 1, 6, 4
  const sorted = places({ sources: ['a.ts', 'b.ts'], mappings: 'UAAA,ICKA,0BAFA' });
  expect(sorted).toEqual([
    { offset: 10, source: 'a.ts', line: 1 },
    { offset: 14, source: 'b.ts', line: 6 },
    { offset: 40, source: 'b.ts', line: 4 },
  ]);
  expect(placeAt(sorted, 11)?.line).toBe(6);
  expect(placeAt(sorted, 14)?.line).toBe(6);
  expect(placeAt(sorted, 41)).toBeUndefined();
});
