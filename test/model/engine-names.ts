/** How the words of operations are called at the boundary of the compiled engine. */
import * as layout from '../../assembly/shared/layout.ts';
import type { Advice } from './access.ts';
import type { Comparison } from './judgement.ts';
import type { ChangeView } from './operation.ts';
import type { Figures, Statistics } from './statistics.ts';
import type { EvictionPolicy, Keep, Mode, Protection, SeekClass, Summary, Trigger } from './world.ts';

type Codes<Word extends string> = Readonly<Record<Word, number>>;

export const EVICTION: Codes<EvictionPolicy> = {
  lru: layout.EVICTION_LRU,
  fifo: layout.EVICTION_FIFO,
  clock: layout.EVICTION_CLOCK,
  farthest: layout.EVICTION_FARTHEST,
};

export const SEEK: Codes<SeekClass> = {
  managed: layout.SEEK_MANAGED,
  userless: layout.SEEK_USERLESS,
  borrowed: layout.SEEK_BORROWED,
  takeOver: layout.SEEK_TAKE_OVER,
  evict: layout.SEEK_EVICT,
};

export const ADVICE: Codes<Advice> = {
  normal: layout.ADVICE_NORMAL,
  unused: layout.ADVICE_UNUSED,
  discardable: layout.ADVICE_DISCARDABLE,
  willNeed: layout.ADVICE_WILL_NEED,
  locked: layout.ADVICE_LOCKED,
};

export const PROTECTION: Codes<Protection | 'device' | 'noDevice'> = {
  none: layout.PROTECTION_NONE,
  read: layout.PROTECTION_READ,
  readWrite: layout.PROTECTION_READ_WRITE,
  device: layout.PROTECTION_DEVICE,
  noDevice: layout.PROTECTION_NO_DEVICE,
};

export const STATES: Readonly<Record<number, ChangeView['state']>> = {
  [layout.CHANGE_GRANTED]: 'granted',
  [layout.CHANGE_SETTLED]: 'settled',
  [layout.CHANGE_ABANDONED]: 'abandoned',
  [layout.CHANGE_CANCELLED]: 'cancelled',
};

export const MODE: Codes<Mode> = {
  capacity: layout.FLAG_CAPACITY_NOW,
  evacuate: layout.FLAG_EVACUATE,
  readOnly: layout.FLAG_READ_ONLY,
  closed: layout.FLAG_CLOSED,
};

export const SUMMARY: Codes<Summary> = {
  cache: layout.SUMMARY_CACHE,
  stamp: layout.SUMMARY_STAMP,
  nextUse: layout.SUMMARY_NEXT_USE,
  statistics: layout.SUMMARY_STATISTICS,
};

export const WATCH: Codes<'none' | 'exact' | 'sampled'> = {
  none: layout.WATCH_NONE,
  exact: layout.WATCH_EXACT,
  sampled: layout.WATCH_SAMPLED,
};

export const TRIGGER: Codes<Trigger> = {
  never: layout.TRIGGER_NEVER,
  any: layout.TRIGGER_ANY,
  copy: layout.TRIGGER_COPY,
  basic: layout.TRIGGER_BASIC,
};

export const KEEP: Codes<Keep> = {
  target: layout.KEEP_TARGET,
  corresponding: layout.KEEP_CORRESPONDING,
  basic: layout.KEEP_BASIC,
  copy: layout.KEEP_COPY,
};

export const VERDICT: Codes<'keep' | 'release' | 'fail'> = { keep: layout.JUDGE_KEEP, release: layout.JUDGE_RELEASE, fail: 77 };

export const STATISTIC: Codes<keyof Figures> = {
  accesses: layout.STATISTIC_ACCESSES,
  accessesSince: layout.STATISTIC_ACCESSES_SINCE,
  accessesPerPeriod: layout.STATISTIC_ACCESSES_PER_PERIOD,
  bytesEach: layout.STATISTIC_BYTES_EACH,
  bytes: layout.STATISTIC_BYTES,
  bytesSince: layout.STATISTIC_BYTES_SINCE,
  bytesSinceAverage: layout.STATISTIC_BYTES_SINCE_AVERAGE,
  bytesPerPeriod: layout.STATISTIC_BYTES_PER_PERIOD,
  bytesPerPeriodAverage: layout.STATISTIC_BYTES_PER_PERIOD_AVERAGE,
  timeSinceNs: layout.STATISTIC_TIME_SINCE_NS,
};

export const COMPARISON: Codes<Comparison> = {
  '>=': layout.COMPARISON_AT_LEAST,
  '<=': layout.COMPARISON_AT_MOST,
  '>': layout.COMPARISON_ABOVE,
  '<': layout.COMPARISON_BELOW,
  '==': layout.COMPARISON_EQUAL,
  '!=': layout.COMPARISON_NOT_EQUAL,
};

/** Where the figures of a region stand in its record. */
export const STATISTICS: Codes<Exclude<keyof Statistics, 'reduction'>> = {
  accesses: layout.STATISTICS_ACCESSES,
  accessesSince: layout.STATISTICS_ACCESSES_SINCE,
  bytes: layout.STATISTICS_BYTES_ALL,
  bytesEach: layout.STATISTICS_BYTES_EACH,
  bytesSince: layout.STATISTICS_BYTES_SINCE,
  lastAccesses: layout.STATISTICS_LAST_ACCESSES,
  lastBytes: layout.STATISTICS_LAST_BYTES,
  period: layout.STATISTICS_PERIOD,
  periodAccesses: layout.STATISTICS_PERIOD_ACCESSES,
  periodBytes: layout.STATISTICS_PERIOD_BYTES,
  sinceNs: layout.STATISTICS_SINCE_NS,
};
