import type { SignalOption } from '../signal.ts';
import type { Trace } from '../trace/trace.ts';
import { problemOfValue, ScenarioError } from './problem.ts';
import type { FaultForm } from './replicas.ts';
import type { ScenarioVm } from './types.ts';

/** The blocks that a VM's faults name, as their numbers in the order of the first touch. ScenarioError: the trace does not touch one. `field`: of the VM. */
export async function faultBlocks(
  vm: ScenarioVm,
  field: string,
  trace: Trace,
  options: SignalOption,
): Promise<(address: bigint) => number> {
  const faults = vm.replicas?.faults ?? [];
  const blocks = new Map<bigint, number>();
  for (const address of faults.flatMap((fault) => addressOf(fault) ?? [])) blocks.set(unitOf(address), -1);
  if (blocks.size > 0)
    for await (const { units, firstUnit } of trace.blocks(options))
      units.forEach((unit, index) => {
        if (blocks.has(BigInt(unit))) blocks.set(BigInt(unit), firstUnit + index);
      });
  const { units } = await trace.totals(options);
  const problems = faults.flatMap((fault, index) => {
    const { what } = fault;
    const path = `${field}.faults[${index}]`;
    const address = addressOf(fault);
    if (address !== null && blocks.get(unitOf(address)) === -1)
      return [problemOfValue(`${path}.address`, `0x${address.toString(16)}`, 'the trace of this VM touches nothing in those 4 KiB')];
    if (what.kind === 'memory' && 'block' in what.place && what.place.block >= units)
      return [problemOfValue(`${path}.page`, what.place.block, `the trace of this VM touches ${units} pages of 4 KiB, counted from 0`)];
    return [];
  });
  if (problems.length > 0) throw new ScenarioError(vm.tracePath, problems);
  return (address) => blocks.get(unitOf(address))!;
}

const UNIT_BYTES = 4096n;

function unitOf(address: bigint): bigint {
  return address / UNIT_BYTES;
}

function addressOf({ what }: FaultForm): bigint | null {
  return what.kind === 'memory' && 'address' in what.place ? what.place.address : null;
}
