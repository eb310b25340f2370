// The release condition of a VM (Fig. 15 S612, [0360-0361]): comparisons of statistics with thresholds, or a function of the host's.
import {
  COMPARISON_ABOVE,
  COMPARISON_AT_LEAST,
  COMPARISON_AT_MOST,
  COMPARISON_BELOW,
  COMPARISON_EQUAL,
  CONDITION_BYTES,
  CONDITION_COMPARISON,
  CONDITION_CONSTANT,
  CONDITION_PER_BORROWED,
  CONDITION_STATISTIC,
  JUDGE_KEEP,
  JUDGE_RELEASE,
  STATISTICS_ACCESSES,
  STATISTICS_ACCESSES_SINCE,
  STATISTICS_BYTES_ALL,
  STATISTICS_BYTES_EACH,
  STATISTICS_BYTES_SINCE,
  STATISTICS_LAST_ACCESSES,
  STATISTICS_LAST_BYTES,
  STATISTICS_PERIOD,
  STATISTIC_ACCESSES,
  STATISTIC_ACCESSES_PER_PERIOD,
  STATISTIC_ACCESSES_SINCE,
  STATISTIC_BYTES,
  STATISTIC_BYTES_EACH,
  STATISTIC_BYTES_PER_PERIOD,
  STATISTIC_BYTES_PER_PERIOD_AVERAGE,
  STATISTIC_BYTES_SINCE,
  STATISTIC_BYTES_SINCE_AVERAGE,
  STATISTIC_TIME_SINCE_NS,
  VM_CONDITIONS,
  VM_CONDITION_COUNT,
  VM_JUDGED,
  VM_OWN,
  VM_USED,
} from '../shared/layout.ts';
import { STATUS_POLICY_FAILED } from '../shared/status.ts';
import { fail } from '../store/control.ts';
import { vmRecord } from '../store/vm.ts';
import { releaseJudge } from './host.ts';
import { statisticsRecord, statisticsSinceNs } from './statistics.ts';

/** A statistic's value; NaN where it is unknown, with which no comparison holds. */
function statistic(region: u32, which: u32, timeNs: f64): f64 {
  const record = statisticsRecord(region);
  if (which == STATISTIC_ACCESSES) return load<f64>(record + STATISTICS_ACCESSES);
  if (which == STATISTIC_ACCESSES_SINCE) return load<f64>(record + STATISTICS_ACCESSES_SINCE);
  if (which == STATISTIC_BYTES) return load<f64>(record + STATISTICS_BYTES_ALL);
  if (which == STATISTIC_BYTES_SINCE) return load<f64>(record + STATISTICS_BYTES_SINCE);
  if (which == STATISTIC_TIME_SINCE_NS) return statisticsSinceNs(region, timeNs);
  if (which == STATISTIC_BYTES_EACH) return load<f64>(record + STATISTICS_ACCESSES) ? load<f64>(record + STATISTICS_BYTES_EACH) : NaN;
  if (which == STATISTIC_BYTES_SINCE_AVERAGE)
    return load<f64>(record + STATISTICS_BYTES_SINCE) / load<f64>(record + STATISTICS_ACCESSES_SINCE);
  if (!load<f64>(record + STATISTICS_PERIOD)) return NaN;
  if (which == STATISTIC_ACCESSES_PER_PERIOD) return load<f64>(record + STATISTICS_LAST_ACCESSES);
  if (which == STATISTIC_BYTES_PER_PERIOD) return load<f64>(record + STATISTICS_LAST_BYTES);
  if (which == STATISTIC_BYTES_PER_PERIOD_AVERAGE)
    return load<f64>(record + STATISTICS_LAST_BYTES) / load<f64>(record + STATISTICS_LAST_ACCESSES);
  return NaN;
}

function holds(value: f64, comparison: u32, threshold: f64): bool {
  if (isNaN(value)) return false;
  if (comparison == COMPARISON_AT_LEAST) return value >= threshold;
  if (comparison == COMPARISON_AT_MOST) return value <= threshold;
  if (comparison == COMPARISON_ABOVE) return value > threshold;
  if (comparison == COMPARISON_BELOW) return value < threshold;
  return comparison == COMPARISON_EQUAL ? value == threshold : value != threshold;
}

/** S612: JUDGE_RELEASE or JUDGE_KEEP; or the negated status. The figures have been brought up to `timeNs`. */
export function conditionJudge(vm: u32, region: u32, timeNs: f64): i32 {
  const record = vmRecord(vm);
  if (load<u32>(record + VM_JUDGED)) {
    const verdict = releaseJudge(vm, region);
    return verdict == JUDGE_KEEP || verdict == JUDGE_RELEASE ? verdict : -fail(STATUS_POLICY_FAILED, vm, region, 0);
  }
  const count = load<u32>(record + VM_CONDITION_COUNT);
  const borrowed = (load<u32>(record + VM_USED) - load<u32>(record + VM_OWN)) as f64;
  for (let i: u32 = 0; i < count; i++) {
    const condition = record + VM_CONDITIONS + i * CONDITION_BYTES;
    const threshold = load<f64>(condition + CONDITION_CONSTANT) + load<f64>(condition + CONDITION_PER_BORROWED) * borrowed;
    const value = statistic(region, load<u32>(condition + CONDITION_STATISTIC), timeNs);
    if (!holds(value, load<u32>(condition + CONDITION_COMPARISON), threshold)) return JUDGE_KEEP;
  }
  return count ? JUDGE_RELEASE : JUDGE_KEEP;
}
