import type { Vm } from './vm.ts';

/** A new VM's replicas, all in step from the beginning, so many in all. If one cannot be made the VM is gone, and the failure thrown. */
export function replicasMake(vm: Vm, count: number): void {
  try {
    for (let made = 1; made < count; made += 1) vm.replica.fork();
    for (const replica of vm.replicas) replica.isInStep = count > 1;
  } catch (failure) {
    vm.dispose();
    throw failure;
  }
}
