// The I/O of one step of a VM: issued at its clock, and waited for.
import { CB_IO_END_NS, VM_IO_WAIT_NS, VM_TIME_NS } from '../shared/layout.ts';
import { number, numberAdd, numberSet } from '../store/control.ts';
import { vmRecord, vmTimeNs } from '../store/vm.ts';

/** The step's I/O begins at the VM's clock. */
export function ioBegin(vm: u32): void {
  numberSet(CB_IO_END_NS, vmTimeNs(vm));
}

/** The VM waits for the I/O of the step. */
export function ioWait(vm: u32): void {
  const record = vmRecord(vm);
  numberAdd(record + VM_IO_WAIT_NS, number(CB_IO_END_NS) - load<f64>(record + VM_TIME_NS));
  store<f64>(record + VM_TIME_NS, number(CB_IO_END_NS));
}
