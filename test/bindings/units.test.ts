import { expect, test } from 'vitest';
import { formatBytes, formatNs, parseBandwidth, parseBytes, parseBytesSigned, parseFraction, parseTimeNs } from '../../bindings/node.ts';
import { InvalidOptionError } from '../../bindings/node.ts';
import { thrownBy } from '../support/engines.ts';

test.each([
  ['48MiB', 50331648],
  ['256 KiB', 262144],
  ['1.5MiB', 1572864],
  ['4GiB', 4294967296],
  ['10B', 10],
  ['2kB', 2000],
  ['0', 0],
  [' 12 ', 12],
  [4096, 4096],
  [0, 0],
])('%s is %d bytes', (text, bytes) => {
  expect(parseBytes('memory', text)).toBe(bytes);
});

test.each([
  '-16MiB',
  '48Mib',
  '48 miB',
  'MiB',
  '',
  '1e3',
  '1.5B',
  '0.3KiB',
  '5 %',
  '1_000',
  -1,
  1.5,
  NaN,
  Infinity,
  2 ** 53,
  null,
  undefined,
  true,
  {},
  [],
  4n,
])('%s is no size', (value) => {
  const error = thrownBy(() => parseBytes('memory', value));
  expect(error).toBeInstanceOf(InvalidOptionError);
  expect(error).toMatchObject({ code: 'INVALID_OPTION', details: { field: 'memory' } });
  expect((error as Error).message).toMatch(/^memory is .+; allowed: a whole number of bytes/);
});

test('sizes with a sign', () => {
  expect(parseBytesSigned('change', '-16MiB')).toBe(-16777216);
  expect(parseBytesSigned('change', '+16MiB')).toBe(16777216);
  expect(
    parseBytesSigned(
      'change',
      '- 1KiB' /* a blank behind the sign is no number */
        .replace(' ', ''),
    ),
  ).toBe(-1024);
  expect(parseBytesSigned('change', -4096)).toBe(-4096);
  expect(() => parseBytesSigned('change', '--1')).toThrow(InvalidOptionError);
  expect(() => parseBytesSigned('change', '- 1')).toThrow(InvalidOptionError);
});

test.each([
  ['90us', 90_000],
  ['90µs', 90_000],
  ['0.1us', 100],
  ['2.3us', 2300],
  ['4.17ms', 4_170_000],
  ['1s', 1e9],
  ['7ns', 7],
  [25, 25],
])('%s is %d ns', (text, ns) => {
  expect(parseTimeNs('readLatency', text)).toBe(ns);
});

test.each(['-1us', '0.5ns', '1m', '1h', -1, 0.5])('%s is no time', (value) => {
  expect(() => parseTimeNs('readLatency', value)).toThrow(/readLatency is .*nanoseconds/);
});

test('bandwidths and fractions', () => {
  expect(parseBandwidth('b', '3GB/s')).toBe(3e9);
  expect(parseBandwidth('b', '550 MB/s')).toBe(5.5e8);
  expect(parseBandwidth('b', '1MiB/s')).toBe(2 ** 20);
  expect(parseBandwidth('b', 0.5)).toBe(0.5);
  for (const value of ['3GB', 0, '0MB/s', -1, '3Gbit/s']) expect(() => parseBandwidth('b', value)).toThrow(InvalidOptionError);
  expect(parseFraction('p', '10 %')).toBe(0.1);
  expect(parseFraction('p', '100%')).toBe(1);
  expect(parseFraction('p', 0.5)).toBe(0.5);
  for (const value of ['101%', 1.01, -0.1, 'half']) expect(() => parseFraction('p', value)).toThrow(InvalidOptionError);
});

test('back to text', () => {
  expect([0, 1023, 1024, 262144, 1572864, 2 ** 32].map(formatBytes)).toEqual(['0B', '1023B', '1KiB', '256KiB', '1.5MiB', '4GiB']);
  expect([0, 999, 1000, 90_000, 12_670_000, 3e9].map(formatNs)).toEqual(['0ns', '999ns', '1us', '90us', '12.67ms', '3s']);
  expect(formatBytes(-16 * 2 ** 20)).toBe('-16MiB');
});
