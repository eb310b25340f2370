import type { Vm } from '../vm.ts';
import type { VmResult } from './result.ts';
import type { Waits } from './waits.ts';

/** What a run gives of every VM, whatever runs in it. */
export function vmFigures(vm: Vm, waits: Waits, accessNs: number): Omit<VmResult, 'tracedBytes' | 'digest'> {
  const { accesses, faults, pageIns, pageOuts, evictions, takeOvers, earlyReleases, earlyReleasesFailed, pagesMoved, ioWaitNs } =
    vm.counters;
  const slow = waits.stalls.slowest(accesses, accessNs);
  return {
    name: vm.name,
    virtualNs: vm.timeNs,
    accesses,
    faults,
    pageIns,
    pageOuts,
    evictions,
    takeOvers,
    earlyReleases,
    earlyReleasesFailed,
    pagesMoved,
    ioWaitNs,
    stalls: waits.stalls.figures(accesses),
    firstTouches: waits.firstTouches,
    slowest1PercentNs: slow.meanNs,
    slowestNs: slow.worstNs,
    managedBytes: vm.managedBytes,
    usedBytes: vm.usedBytes,
    usableBytes: vm.usableBytes,
  };
}
