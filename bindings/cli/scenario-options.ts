import { type Command, InvalidArgumentError } from 'commander';
import { COMPARISONS, STATISTICS } from '../early-release/check.ts';
import { EXPAND_CRITERIA } from '../policy/expand-criteria.ts';
import { RELEASE_CRITERIA } from '../policy/release-criteria.ts';
import { SEEK_CLASSES } from '../policy/seek.ts';
import { said } from '../scenario/said.ts';

/** What `run` and `compare` share: what the scenario's file says at its top can be said anew on the command line. */
export interface ScenarioOptions {
  readonly json?: boolean;
  readonly report?: string;
  readonly eviction?: string;
  readonly seek?: readonly string[];
  readonly evictBatch?: string;
  readonly memory?: string;
  readonly region?: string;
  readonly useRight?: string;
  readonly capacity?: string;
  readonly access?: string;
  readonly release?: string;
  readonly earlyRelease?: readonly object[];
  readonly counting?: string;
  readonly period?: string;
  readonly sweep?: string;
  readonly selectExpand?: readonly string[];
  readonly selectRelease?: readonly string[];
  readonly modules?: string;
  readonly shortfall?: string;
  readonly order?: string;
  readonly chunk?: string;
  readonly sameVmOnceAtATime?: boolean;
  readonly reserve?: string;
  readonly refill?: string;
  readonly reserveShortfall?: string;
}

const CONDITION = /^\s*([A-Za-z]+)\s*(>=|<=|==|!=|>|<)\s*(\S(?:.*\S)?)\s*$/;

/** A line for each table of names, broken where a terminal would. */
function listing(what: string, table: Readonly<Record<string, unknown>>): string {
  const lines = [''];
  for (const name of Object.keys(table)) {
    const line = `${lines[lines.length - 1]!} ${name}`;
    if (line.length > LISTING_WIDTH) lines.push(` ${name}`);
    else lines[lines.length - 1] = line;
  }
  return `${what}\n${lines.map((line) => ` ${line}\n`).join('')}`;
}

const LISTING_WIDTH = 76;

const NAMES = `
Sizes, times and bandwidths without a unit are bytes, nanoseconds and bytes per second.
${listing('Criteria of --select-expand:', EXPAND_CRITERIA)}${listing('Criteria of --select-release:', RELEASE_CRITERIA)}${listing('Statistics of --early-release:', STATISTICS)}${listing('Comparisons of --early-release:', COMPARISONS)}${listing('Classes of --seek:', SEEK_CLASSES)}`;

/** Adds the options to a command. */
export function scenarioOptions(command: Command): Command {
  return command
    .option('--json', 'print one JSON object instead of the table; failures are one JSON object on stderr')
    .option('--report <file>', 'write a page with pictures to this file')
    .option('--eviction <policy>', 'eviction policy of VMs that name none: lru, fifo, clock, farthest')
    .option('--seek <classes>', 'where VMs that do not say it seek a frame: classes in order, with commas', names)
    .option('--evict-batch <n>', 'pages that they evict at a time')
    .option('--memory <size>', 'memory of the pool, for example 48MiB')
    .option('--region <size>', 'size of a region, for example 256KiB')
    .option('--use-right <who>', 'who keeps the use right: presentUser, managerPreferred')
    .option('--capacity <when>', 'when the total of the giver drops: atRelease, atDeclaration')
    .option('--access <how>', 'what becomes of memory that was given up: unchanged, evacuate, readOnly')
    .option('--release <how>', 'what becomes of pages on release: pageOut, moveFirst')
    .option('--early-release <condition>', "release condition, for example 'accessesPerPeriod <= 64'; several must all hold", condition)
    .option('--counting <how>', 'for release conditions, the built-in one included: exact, sampled')
    .option('--period <time>', 'for statistics per period, for example 1ms (default: 5ms)')
    .option('--sweep <time>', 'judge idle regions too, so often')
    .option('--select-expand <names>', 'which regions an expansion gets: criteria in order of priority, with commas', names)
    .option('--select-release <names>', 'which regions a reduction gives up: criteria in order of priority, with commas', names)
    .option('--modules <size>', 'size of a memory module')
    .option('--shortfall <how>', 'when a change asks for more than there is: reject, bestEffort')
    .option('--order <name>', 'order of issue: reductionsFirst, allAtOnce, oneByOne, cycles, overlappedCycles')
    .option('--chunk <size>', 'split changes into pieces of this size')
    .option('--same-vm-once-at-a-time', 'never two requests to the same VM at once')
    .option('--reserve <size>', 'memory of the reserve, for the strategy reserve')
    .option('--refill <bandwidth>', 'how fast the reserve refills, for example 200MB/s')
    .option('--reserve-shortfall <how>', 'when the reserve is too small: reject, wait')
    .addHelpText('after', NAMES);
}

const DIGITS = /^\s*\d+\s*$/;

/** A size, a time or a bandwidth: what has no unit is a number, as in a scenario file. */
function amount(text: string | undefined): number | string | undefined {
  return text !== undefined && DIGITS.test(text) ? Number(text) : text;
}

function condition(text: string, before: readonly object[] = []): readonly object[] {
  const [, statistic, comparison, constant = ''] = CONDITION.exec(text) ?? [];
  if (statistic === undefined)
    throw new InvalidArgumentError("It must be STATISTIC COMPARISON CONSTANT, such as 'accessesPerPeriod <= 64'.");
  return [...before, { statistic, comparison, constant: Number.isFinite(Number(constant)) ? Number(constant) : constant }];
}

export function names(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim());
}

/** The options as fields at the top of a scenario file. */
export function fieldsOf(options: ScenarioOptions): Readonly<Record<string, unknown>> {
  const { eviction, seek, useRight, release, order, shortfall, sameVmOnceAtATime } = options;
  const amounts = said({
    memory: amount(options.memory),
    region: amount(options.region),
    modules: amount(options.modules),
    chunk: amount(options.chunk),
    evictBatch: amount(options.evictBatch),
  });
  const parts = {
    declaration: said({ capacity: options.capacity, access: options.access }),
    selection: said({ expand: options.selectExpand, release: options.selectRelease }),
    reserve: said({ memory: amount(options.reserve), refill: amount(options.refill), shortfall: options.reserveShortfall }),
    earlyRelease: said({
      when: options.earlyRelease,
      counting: options.counting,
      period: amount(options.period),
      sweep: amount(options.sweep),
    }),
  };
  const some = Object.fromEntries(Object.entries(parts).filter(([, fields]) => Object.keys(fields).length > 0));
  return { ...said({ eviction, seek, useRight, release, order, shortfall, sameVmOnceAtATime }), ...amounts, ...some };
}
