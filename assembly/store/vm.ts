// VM records. A record is named by its index (`vm`) in arguments and reached by its address in code.
import { CB_VMS, CB_VM_TABLE, VM_BYTES, VM_LIVE, VM_TIME_NS } from '../shared/layout.ts';
import { word } from './control.ts';

export function vmRecord(vm: u32): usize {
  return word(CB_VM_TABLE) + vm * VM_BYTES;
}

export function vmIsLive(vm: u32): bool {
  return vm - 1 < word(CB_VMS) && load<u32>(vmRecord(vm) + VM_LIVE) != 0;
}

export function vmTimeNs(vm: u32): f64 {
  return load<f64>(vmRecord(vm) + VM_TIME_NS);
}
