// What a lockstep tells of its check points, for tests.
import type { CheckPointReport } from '../../bindings/lockstep/difference.ts';
import type { Lockstep } from '../../bindings/lockstep/lockstep.ts';
import type { LockstepOptions } from '../../bindings/lockstep/types.ts';
import type { Vm } from '../../bindings/node.ts';

export interface Watched {
  readonly lockstep: Lockstep;
  readonly reports: readonly CheckPointReport[];
  /** Names of the events, as they came. */
  readonly names: readonly string[];
}

const NAMES = ['difference', 'repair', 'rollBack', 'halt', 'flip', 'fail', 'join', 'takeOver', 'checkPoint'] as const;

/** A lockstep, and what it has told. */
export function watched(vm: Vm, options: LockstepOptions): Watched {
  const lockstep = vm.lockstep(options);
  const reports: CheckPointReport[] = [];
  const names: string[] = [];
  lockstep.on('checkPoint', ({ report }) => reports.push(report));
  for (const name of NAMES) lockstep.on(name, () => names.push(name));
  return { lockstep, reports, names };
}
