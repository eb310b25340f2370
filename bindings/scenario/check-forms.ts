import { checkReplicas } from './check-replicas.ts';
import type { Path, Refuse } from './check-shared.ts';
import type { MoveForm, ShareForm, StrategyForm } from './form-policies.ts';
import { type ScenarioProblem, pathShown, problemOfValue, valueAt } from './problem.ts';
import { lastTime, timesOf } from './repeat.ts';
import type { ChangeForm, ScenarioForm } from './schema.ts';

const MOVE_FIELDS = ['change', 'give', 'take', 'real'] as const;
/** What has a meaning only where rights and their use part. */
const RIGHTS_ONLY = ['useRight', 'declaration', 'earlyRelease', 'release'] as const;

/** With what repetitions add. They are written out before the run, and each is a request to the engine. */
const CHANGES_MOST = 100_000;

/** Fields that exclude or need each other, as far as that is seen without knowing sizes. `input` is what was written, for the messages. */
export function problemsOfForms(form: ScenarioForm, input: unknown): readonly ScenarioProblem[] {
  const problems: ScenarioProblem[] = [];
  const refuse: Refuse = (path, allowed) => void problems.push(problemOfValue(pathShown(path), valueAt(input, path), allowed));
  if (form.expand !== undefined && form.selection?.expand !== undefined)
    refuse(['expand'], 'selection.expand says the same, and only one of the two may stand');
  form.vms.forEach((vm, index) => checkReplicas(vm, ['vms', index], refuse));
  checkNumber(form.changes ?? [], refuse);
  form.changes?.forEach((change, index) => checkChange(change, ['changes', index], refuse));
  form.strategies?.forEach((strategy, index) => {
    if (typeof strategy === 'object') checkStrategy(strategy, ['strategies', index], refuse);
  });
  return problems;
}

function checkNumber(changes: readonly ChangeForm[], refuse: Refuse): void {
  let left = CHANGES_MOST;
  for (const [index, { repeat }] of changes.entries()) {
    const count = repeat === undefined ? 1 : timesOf(repeat);
    const path = ['changes', index, ...(repeat === undefined ? [] : ['repeat', 'times'])];
    if (count > left)
      return refuse(path, `a scenario has at most ${CHANGES_MOST} changes with all repetitions, there and back, and ${left} are left here`);
    left -= count;
  }
}

function checkChange(change: ChangeForm, path: Path, refuse: Refuse): void {
  const { when, reconfigure, repeat } = change;
  const byVm = when.vm !== undefined && when.progress !== undefined && when.virtual === undefined;
  const byTime = when.virtual !== undefined && when.vm === undefined && when.progress === undefined;
  if (!byVm && !byTime) refuse([...path, 'when'], 'it must be { "vm": NAME, "progress": 0 to 1 } or { "virtual": TIME }');
  else if (repeat !== undefined) checkRepeat(change, byVm, path, refuse);
  if (Array.isArray(reconfigure)) reconfigure.forEach((move, index) => checkMove(move, [...path, 'reconfigure', index], refuse));
  else for (const [vm, share] of Object.entries(reconfigure)) checkShare(share, [...path, 'reconfigure', vm], refuse);
}

function checkRepeat({ when, reconfigure, repeat }: ChangeForm, byVm: boolean, path: Path, refuse: Refuse): void {
  const every = [...path, 'repeat', 'every'];
  if (byVm && 'ns' in repeat!.every) return refuse(every, 'a change at a progress is repeated after a fraction of the records');
  if (!byVm && 'fraction' in repeat!.every) return refuse(every, 'a change at a time is repeated after a time, such as "5ms"');
  const last = byVm ? lastTime({ vm: when.vm!, progress: when.progress! }, repeat!) : { virtualNs: 0 };
  if ('progress' in last && last.progress > 1) {
    refuse([...path, 'repeat', 'times'], `the last time would be at a progress of ${last.progress.toFixed(3)}, and it must be at most 1`);
  }
  const isAbsolute = Array.isArray(reconfigure)
    ? reconfigure.some(({ real }) => real !== undefined)
    : Object.values(reconfigure).some((share) => typeof share === 'object' && share.real !== undefined);
  if (isAbsolute && repeat!.backAndForth === true)
    refuse([...path, 'repeat', 'backAndForth'], 'a range of real memory has no way back: write that change out');
}

function checkMove(move: MoveForm, path: Path, refuse: Refuse): void {
  const fields = MOVE_FIELDS.filter((field) => move[field] !== undefined);
  if (fields.length !== 1) refuse(path, 'it must have exactly one of "change", "give", "take" and "real"');
  else if (move.vm === null && move.real === undefined) refuse([...path, 'vm'], 'nobody can have only a range of real memory, "real"');
}

function checkShare(share: ShareForm, path: Path, refuse: Refuse): void {
  if (typeof share === 'number') return;
  const count = [share.give, share.take, share.real].filter((range) => range !== undefined).length;
  if (count !== 1) refuse(path, 'it must be a signed size, or an object with exactly one of "give", "take" and "real"');
}

function checkStrategy(strategy: StrategyForm, path: Path, refuse: Refuse): void {
  const { handover = 'rights' } = strategy;
  if (handover !== 'reserve' && strategy.reserve !== undefined) refuse([...path, 'reserve'], 'it is for "handover": "reserve" only');
  if (handover === 'rights') return;
  for (const field of RIGHTS_ONLY) {
    if (strategy[field] !== undefined) refuse([...path, field], `it is for "handover": "rights" only, and this strategy is "${handover}"`);
  }
}
