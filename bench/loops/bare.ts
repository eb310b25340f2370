// An access to linear memory and nothing else: what a call into WebAssembly costs.

export function bareLoad32(address: usize): u32 {
  return load<u32>(address);
}

export function bareStore32(address: usize, value: u32): void {
  store<u32>(address, value);
}
