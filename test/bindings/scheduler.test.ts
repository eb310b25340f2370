import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Processor, Scheduler, type SliceEnd } from '../../bindings/scheduler.ts';

/** A processor whose records cost what a list says; a cost above `waitNs` counts as a wait for I/O. `blocks`: input is asked for every so many records. */
class ListProcessor implements Processor {
  timeNs = 0;
  position = 0;
  readonly length: number;
  readonly #costsNs: readonly number[];
  readonly #waitNs: number;
  readonly #block: number;
  #fed = 0;
  refills = 0;

  constructor(costsNs: readonly number[], waitNs = Infinity, block = Infinity) {
    this.#costsNs = costsNs;
    this.#waitNs = waitNs;
    this.#block = block;
    this.length = costsNs.length;
    this.#fed = Math.min(block, this.length);
  }

  run(untilNs: number, untilPosition: number): SliceEnd {
    for (;;) {
      if (this.position >= untilPosition) return 'position';
      if (this.timeNs >= untilNs) return 'time';
      if (this.position >= this.#fed) return 'input';
      const costNs = this.#costsNs[this.position]!;
      this.timeNs += costNs;
      this.position += 1;
      if (costNs > this.#waitNs) return 'waited';
    }
  }

  async refill(): Promise<void> {
    await Promise.resolve();
    this.refills += 1;
    this.#fed = Math.min(this.#fed + this.#block, this.length);
  }
}

/** Which processor ran how far, slice by slice. */
function watched(processors: readonly ListProcessor[]): { readonly log: string[] } {
  const log: string[] = [];
  processors.forEach((processor, index) => {
    const run = processor.run.bind(processor);
    processor.run = (untilNs, untilPosition) => {
      const end = run(untilNs, untilPosition);
      log.push(`${index}@${processor.timeNs}`);
      return end;
    };
  });
  return { log };
}

const ones = (count: number): number[] => new Array<number>(count).fill(1);

describe('which processor runs', () => {
  it('takes the lowest clock, ties in the order given, a slice at a time', async () => {
    const processors = [new ListProcessor(ones(25)), new ListProcessor(ones(15))];
    const { log } = watched(processors);
    await new Scheduler(processors, { sliceNs: 10 }).run();
    expect(log).toEqual(['0@10', '1@10', '0@20', '1@15', '0@25']);
  });

  it('chooses again when a fault has waited for I/O', async () => {
    const processors = [new ListProcessor([1, 100, 1], 50), new ListProcessor(ones(30))];
    const { log } = watched(processors);
    await new Scheduler(processors, { sliceNs: 1000 }).run();
    expect(log).toEqual(['0@101', '1@30', '0@102']);
  });

  it('goes on with the same slice when input has come', async () => {
    const withBlocks = [new ListProcessor(ones(25), Infinity, 3), new ListProcessor(ones(15), Infinity, 4)];
    const { log } = watched(withBlocks);
    await new Scheduler(withBlocks, { sliceNs: 10 }).run();
    expect(log.filter((_, index) => log[index + 1]?.[0] !== log[index]![0])).toEqual(['0@10', '1@10', '0@20', '1@15', '0@25']);
    expect(withBlocks[0]!.refills).toBe(8);
  });
});

describe('appointments', () => {
  it('at a position: the processor yields there, and it is kept when the processor is next chosen', async () => {
    const processors = [new ListProcessor(ones(25)), new ListProcessor([7, 7, 7, 7])];
    const scheduler = new Scheduler(processors, { sliceNs: 10 });
    const kept: string[] = [];
    scheduler.appoint({
      due: { processor: processors[0]!, position: 5 },
      carryOut: (timeNs) => kept.push(`${timeNs} ${processors.map((processor) => processor.timeNs).join()}`),
    });
    await scheduler.run();
    // processor 0 yields at 5, processor 1 is behind and runs to 14, then it is 0's turn again
    expect(kept).toEqual(['5 5,14']);
  });

  it('at position 0 and at the end of the program', async () => {
    const processors = [new ListProcessor(ones(4)), new ListProcessor(ones(9))];
    const scheduler = new Scheduler(processors, { sliceNs: 3 });
    const kept: string[] = [];
    for (const position of [4, 0]) {
      scheduler.appoint({ due: { processor: processors[0]!, position }, carryOut: (timeNs) => kept.push(`${position} at ${timeNs}`) });
    }
    await scheduler.run();
    expect(kept).toEqual(['0 at 0', '4 at 4']);
    expect(processors[1]!.timeNs).toBe(9);
  });

  it('at a time: when the lowest clock of the unfinished has reached it, and no slice runs past it', async () => {
    const processors = [new ListProcessor(ones(40)), new ListProcessor(ones(8))];
    const scheduler = new Scheduler(processors, { sliceNs: 10 });
    const kept: string[] = [];
    scheduler.appoint({
      due: { timeNs: 13 },
      carryOut: (timeNs) => kept.push(`${timeNs} ${processors.map((processor) => processor.timeNs).join()}`),
    });
    await scheduler.run();
    expect(kept).toEqual(['13 13,8']);
  });

  it('at a time after the end: when all have finished', async () => {
    const processors = [new ListProcessor(ones(4))];
    const scheduler = new Scheduler(processors);
    const kept: number[] = [];
    scheduler.appoint({ due: { timeNs: 500 }, carryOut: (timeNs) => kept.push(timeNs) });
    await scheduler.run();
    expect(kept).toEqual([500]);
    expect(processors[0]!.timeNs).toBe(4);
  });

  it('those due at the same place are kept in the order in which they were made, also when one makes another', async () => {
    const processors = [new ListProcessor(ones(6))];
    const scheduler = new Scheduler(processors);
    const kept: string[] = [];
    const due = { processor: processors[0]!, position: 3 };
    scheduler.appoint({
      due,
      carryOut: (timeNs) => {
        kept.push('first');
        scheduler.appoint({ due: { timeNs }, carryOut: () => kept.push('made by the first') });
      },
    });
    scheduler.appoint({ due, carryOut: () => kept.push('second') });
    await scheduler.run();
    expect(kept).toEqual(['first', 'made by the first', 'second']);
  });
});

describe('what holds for any processors', () => {
  const costs = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 });
  const wait = 25;

  it('the order does not depend on how the input is cut into blocks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(costs, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(60),
        async (lists, block, place) => {
          const run = async (blockRecords: number): Promise<readonly string[]> => {
            const processors = lists.map((list) => new ListProcessor(list, wait, blockRecords));
            const kept: string[] = [];
            const scheduler = new Scheduler(processors, { sliceNs: 20 });
            const position = Math.min(place, lists[0]!.length);
            const note = (timeNs: number): void => void kept.push(`${timeNs} ${processors.map((processor) => processor.timeNs).join()}`);
            scheduler.appoint({ due: { processor: processors[0]!, position }, carryOut: note });
            scheduler.appoint({ due: { timeNs: place * 3 }, carryOut: note });
            await scheduler.run();
            expect(processors.every((processor) => processor.position === processor.length)).toBe(true);
            return kept;
          };
          expect(await run(block)).toEqual(await run(Infinity));
        },
      ),
    );
  });
});

describe('stopping', () => {
  it('an abort ends the run with its reason', async () => {
    const endless: Processor = {
      timeNs: 0,
      position: 0,
      length: 1,
      run: (untilNs) => {
        (endless as { timeNs: number }).timeNs = untilNs;
        return 'time';
      },
      refill: () => Promise.resolve(),
    };
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(new Scheduler([endless]).run({ signal: controller.signal })).rejects.toThrow('enough');
  });

  it('a processor that fails ends the run', async () => {
    const broken: Processor = {
      timeNs: 0,
      position: 0,
      length: 1,
      run: () => {
        throw new Error('broken');
      },
      refill: () => Promise.resolve(),
    };
    await expect(new Scheduler([broken]).run()).rejects.toThrow('broken');
  });
});
