// A VM of several replicas in a scenario file: what is read, and what is refused, with the field's name.
import { describe, expect, it } from 'vitest';
import { ScenarioError } from '../../bindings/scenario/problem.ts';
import { scenarioFrom } from '../../bindings/scenario/read.ts';
import type { Scenario } from '../../bindings/scenario/types.ts';

const LIMITS = { pageBytes: 4096 };

function read(vm: object): Scenario {
  const form = { memory: '1MiB', region: '4KiB', swap: { size: '1MiB' }, vms: [{ name: 'a', memory: '64KiB', trace: 'a.lackey', ...vm }] };
  return scenarioFrom('/somewhere/s.json', form, LIMITS);
}

function problems(vm: object): readonly string[] {
  try {
    read(vm);
  } catch (error) {
    if (error instanceof ScenarioError) return error.problems.map(({ message }) => message);
    throw error;
  }
  return [];
}

const THREE = { replicas: 3, checkPoints: { every: 0.01 } };

describe('a VM of replicas', () => {
  it('has every time in ns, every frequency in Hz, every fraction as a number, what is not said undefined', () => {
    const { vms } = read({
      ...THREE,
      checkPoints: { every: '1 %', limit: '10ms' },
      processors: [{ name: 'old', frequency: '1GHz', rate: '70 %' }, { frequency: 2e9 }, { level: 3 }],
      assignment: 'fixed',
      progress: 'program',
      compare: {
        onWrite: 'any',
        afterCopy: false,
        atCheckPoints: true,
        every: '1ms',
        keep: 'copy',
        merge: 'allEqual',
        exception: 'retries',
      },
      onDifference: ['vote', 'rollBack', 'halt'],
      retries: 2,
      standby: 1,
      scrub: true,
    });
    expect(vms[0]!.replicas).toEqual({
      count: 3,
      checkPoints: { every: { fraction: 0.01 }, limitNs: 10e6 },
      processors: [{ name: 'old', frequencyHz: 1e9, rate: 0.7 }, { frequencyHz: 2e9 }, { level: 3 }],
      assignment: 'fixed',
      progress: 'program',
      compare: {
        onWrite: 'any',
        afterCopy: false,
        atCheckPoints: true,
        every: { ns: 1e6 },
        keep: 'copy',
        merge: 'allEqual',
        exception: 'retries',
      },
      onDifference: ['vote', 'rollBack', 'halt'],
      retries: 2,
      standby: 1,
      scrub: 'report',
      faults: [],
    });
    expect(read({ ...THREE, processors: 2, turn: '50us' }).vms[0]!.replicas).toMatchObject({ turnNs: 50_000 });
    expect(
      read({ replicas: 1, checkPoints: { records: 500 }, processors: 1, compare: { every: { accesses: 9 }, onWrite: false } }).vms[0],
    ).toMatchObject({
      replicas: { count: 1, checkPoints: { every: { records: 500 } }, processors: 1, compare: { every: { accesses: 9 }, onWrite: false } },
    });
    expect(read({ replicas: 2, checkPoints: { at: [0.25, '50 %', 1] }, onDifference: 'rollBack' }).vms[0]!.replicas).toMatchObject({
      checkPoints: { every: { at: [0.25, 0.5, 1] } },
      onDifference: ['rollBack'],
      standby: 0,
      scrub: null,
    });
    expect(read({}).vms[0]!.replicas).toBeUndefined();
  });

  it('has faults of memory, of the state, and of the whole replica', () => {
    const faults = [
      { replica: 1, at: 0.5, page: 3 },
      { replica: 2, at: '35 %', page: 0, offset: 4095, bits: [0, 7] },
      { replica: 3, at: 0, address: '0xFFFFFFFFFFFFFFFF', byte: 255, unseen: true },
      { replica: 3, at: 1, address: 4097, bits: 4 },
      { replica: 1, at: 0.5, state: true, permanent: true },
      { replica: 1, at: 0.5, dies: true },
    ];
    const read1 = read({ ...THREE, faults }).vms[0]!.replicas!.faults;
    expect(read1.map(({ what }) => what)).toEqual([
      { kind: 'memory', place: { block: 3, offset: 0 }, change: { bits: [0] }, isUnseen: false },
      { kind: 'memory', place: { block: 0, offset: 4095 }, change: { bits: [0, 7] }, isUnseen: false },
      { kind: 'memory', place: { address: 2n ** 64n - 1n }, change: { byte: 255 }, isUnseen: true },
      { kind: 'memory', place: { address: 4097n }, change: { bits: [4] }, isUnseen: false },
      { kind: 'state', bits: [64] },
      { kind: 'dies', isReplaced: false },
    ]);
    expect(read1.map(({ replica, at, isPermanent }) => [replica, at, isPermanent])).toEqual([
      [1, 0.5, false],
      [2, 0.35, false],
      [3, 0, false],
      [3, 1, false],
      [1, 0.5, true],
      [1, 0.5, false],
    ]);
  });

  it.each([
    [{ replicas: 0 }, 'vms[0].replicas is 0: it must be a whole number from 1 to 10000.'],
    [{ replicas: 2.5 }, 'vms[0].replicas is 2.5: it must be a whole number from 1 to 10000.'],
    [{ replicas: 10_001 }, 'vms[0].replicas is 10001: it must be a whole number from 1 to 10000.'],
    [{ replicas: '3' }, 'vms[0].replicas is "3": it must be a whole number from 1 to 10000.'],
    [{ processors: 2 }, 'vms[0].processors is 2: it is for a VM that says how many "replicas" it has.'],
    [{ faults: [] }, 'vms[0].faults is an array of 0: it is for a VM that says how many "replicas" it has.'],
    [{ ...THREE, processors: 0 }, 'vms[0].processors is 0: it must be a whole number from 1 to 10000.'],
    [
      { ...THREE, processors: [] },
      'vms[0].processors is an array of 0: it must be a number of equal processors, or a list of them, at least one.',
    ],
    [
      { ...THREE, processors: [{ frequency: '1GB' }] },
      'vms[0].processors[0].frequency is "1GB": it must be a frequency above 0: Hz, or text with a unit (Hz, kHz, MHz, GHz).',
    ],
    [
      { ...THREE, processors: [{ rate: 1.5 }] },
      'vms[0].processors[0].rate is 1.5: it must be the share of the processor that the program gets, above 0 and at most 1, such as 0.7 or "70 %".',
    ],
    [
      { ...THREE, processors: [{ rate: 0.5, level: 2 }] },
      'vms[0].processors[0] is an object (Object): its performance is its "frequency" and "rate", or a "level", and only one of the two.',
    ],
    [
      { ...THREE, checkPoints: {} },
      'vms[0].checkPoints is an object (Object): it must have exactly one of "every", a fraction of the program, "records", and "at", a list of fractions.',
    ],
    [
      { ...THREE, checkPoints: { every: 0 } },
      'vms[0].checkPoints.every is 0: it must be a fraction of the program, above 0 and at most 1, such as 0.01 or "1 %".',
    ],
    [
      { ...THREE, checkPoints: { at: [0.5, 0.5] } },
      'vms[0].checkPoints.at is an array of 2: it must be a list of fractions of the program, ascending, such as [0.25, "50 %"], at least one.',
    ],
    [
      { replicas: 2, compare: { atCheckPoints: true } },
      'vms[0].compare.atCheckPoints is true: there are none: "checkPoints" says where they are.',
    ],
    [{ replicas: 2, compare: { afterCopy: true } }, 'vms[0].compare.afterCopy is true: it is for a VM that compares on writes, "onWrite".'],
    [{ ...THREE, compare: { every: 0 } }, 'vms[0].compare.every is 0: a time between comparisons must be above 0.'],
    [{ ...THREE, compare: { onWrite: true } }, 'vms[0].compare.onWrite is true: it must be false or one of "any", "copy", "basic".'],
    [
      { replicas: 2, standby: 1 },
      'vms[0].standby is 1: a standby is brought up to date at check points, and "checkPoints" does not say where they are.',
    ],
    [{ ...THREE, checkPoints: { every: 0.5, limit: 0 } }, 'vms[0].checkPoints.limit is 0: it must be a time above 0.'],
    [
      { ...THREE, checkPoints: { every: 0.5, limit: '1ms' }, compare: { atCheckPoints: false } },
      'vms[0].checkPoints.limit is "1ms": nobody waits at check points: "compare.atCheckPoints" is false.',
    ],
    [{ ...THREE, turn: '50us' }, 'vms[0].turn is "50us": allowed is no turns: 3 processors are enough for 3 replicas.'],
    [{ ...THREE, standby: 2 }, 'vms[0].standby is 2: it must be a whole number from 0 to 1.'],
    [
      { ...THREE, replicas: 2, onDifference: 'vote' },
      'vms[0].onDifference is "vote": a vote needs at least 3 replicas, and the VM has 2: name a policy behind it.',
    ],
    [
      { replicas: 3, onDifference: ['vote'] },
      'vms[0].onDifference is an array of 1: differences are found at check points, and nothing is compared there: "checkPoints" and "compare.atCheckPoints" say so.',
    ],
    [
      { ...THREE, onDifference: ['halt', 'vote'] },
      'vms[0].onDifference[1] is "vote": "halt" before it always succeeds: it can only be the last one.',
    ],
    [
      { ...THREE, onDifference: ['vote', 'vote'] },
      'vms[0].onDifference is an array of 2: it must be a name, or a list in the order of trying, of report, halt, vote, rollBack, at least one, each once.',
    ],
    [
      { ...THREE, onDifference: 'vote', retries: 2 },
      'vms[0].retries is 2: it counts attempts of "rollBack" or "report", and "onDifference" names neither.',
    ],
    [{ ...THREE, scrub: 'vote' }, 'vms[0].scrub is "vote": it must be true, false, "report" or "halt".'],
    [
      { ...THREE, eviction: 'farthest' },
      'vms[0].eviction is "farthest": replicas come to an access at different times: "farthest" is for a VM without "replicas".',
    ],
    [
      { ...THREE, faults: [{ replica: 1, at: 0, state: true, bits: 96 }] },
      'vms[0].faults[0].bits is 96: the processor state of a trace has 96 bits, counted from 0.',
    ],
    [
      { ...THREE, faults: [{ replica: 1, at: 0, state: true, joins: true }] },
      'vms[0].faults[0].joins is true: another replica joins where one "dies".',
    ],
    [{ ...THREE, memory: '12KiB' }, 'vms[0].memory is "12KiB": a VM of replicas needs at least 4 pages, 16KiB.'],
    [{ ...THREE, faults: [{ replica: 4, at: 0, state: true }] }, 'vms[0].faults[0].replica is 4: the VM has 3, counted from 1.'],
    [
      { ...THREE, faults: [{ replica: 1, at: 2, state: true }] },
      'vms[0].faults[0].at is 2: it must be a fraction of the program, from 0 to 1, such as 0.35 or "35 %".',
    ],
    [
      { ...THREE, faults: [{ replica: 1, at: 0, page: 1, state: true }] },
      'vms[0].faults[0] is an object (Object): it must have exactly one of "page", "address", "state" and "dies".',
    ],
    [{ ...THREE, faults: [{ replica: 1, at: 0, state: false }] }, 'vms[0].faults[0].state is false: it must be true.'],
    [
      { ...THREE, faults: [{ replica: 1, at: 0, address: '0x10000000000000000' }] },
      'vms[0].faults[0].address is "0x10000000000000000": it must be an address of the trace, a number or text such as "0x1ffe8000", below 2^64.',
    ],
    [
      { ...THREE, faults: [{ replica: 1, at: 0, address: 1, offset: 1 }] },
      'vms[0].faults[0].offset is 1: it is the number of a byte in a "page".',
    ],
    [
      { ...THREE, faults: [{ replica: 1, at: 0, state: true, byte: 1 }] },
      'vms[0].faults[0].byte is 1: it is for a fault in memory, in a "page" or at an "address".',
    ],
    [
      { ...THREE, faults: [{ replica: 1, at: 0, page: 1, byte: 1, bits: 1 }] },
      'vms[0].faults[0].bits is 1: a byte is stored already, "byte".',
    ],
    [{ ...THREE, faults: [{ replica: 1, at: 0, dies: true, bits: 1 }] }, 'vms[0].faults[0].bits is 1: a replica that dies has none.'],
    [
      { ...THREE, faults: [{ replica: 1, at: 0, dies: true, unseen: true }] },
      'vms[0].faults[0].unseen is true: it is for a fault in memory, in a "page" or at an "address".',
    ],
    [
      { ...THREE, faults: [{ replica: 1, at: 0, page: 1, offset: 4095, bits: 8 }] },
      'vms[0].faults[0].bits is 8: bit 8 is not in the same 4 KiB any more: at most 7 here.',
    ],
  ])('%j is refused', (vm, message) => {
    expect(problems(vm)).toEqual([message]);
  });

  it('a reduction leaves it four pages, where a VM without replicas keeps two', () => {
    const form = (vm: object, bytes: string): object => ({
      memory: '64KiB',
      region: '4KiB',
      swap: { size: '1MiB' },
      vms: [{ name: 'a', memory: '32KiB', trace: 'a.lackey', ...vm }],
      changes: [{ when: { vm: 'a', progress: 0.5 }, reconfigure: { a: bytes } }],
    });
    const refused = 'changes[0].reconfigure.a is "-20KiB": the VM manages 32KiB by then and must keep at least 16KiB.';
    expect(() => scenarioFrom('s.json', form(THREE, '-20KiB'), LIMITS)).toThrow(refused);
    expect(() => scenarioFrom('s.json', form(THREE, '-16KiB'), LIMITS)).not.toThrow();
    expect(() => scenarioFrom('s.json', form({}, '-24KiB'), LIMITS)).not.toThrow();
  });
});
