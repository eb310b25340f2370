import type { FaultFields, ProcessorFields, ReplicasForm } from './form-replicas.ts';
import type { CheckPointsForm, FaultForm, FaultWhat, ScenarioProcessor, ScenarioReplicas } from './replicas.ts';

/** Which bit flips where nothing is said: of a byte the lowest, of a trace's processor state that of the number of the next data record. */
const BIT_OF_MEMORY = 0;
const BIT_OF_STATE = 64;

/** How a VM runs as several replicas; undefined: it has one, and no check points. */
export function resolvedReplicas(form: ReplicasForm): ScenarioReplicas | undefined {
  if (form.replicas === undefined) return undefined;
  const { processors, checkPoints } = form;
  return {
    count: form.replicas,
    processors: typeof processors === 'object' ? processors.map(processorOf) : processors,
    assignment: form.assignment,
    progress: form.progress,
    turnNs: form.turn,
    checkPoints: checkPoints && checkPointsOf(checkPoints),
    compare: form.compare,
    onDifference: form.onDifference,
    retries: form.retries,
    standby: form.standby ?? 0,
    scrub: form.scrub === true ? 'report' : (form.scrub ?? false) || null,
    faults: (form.faults ?? []).map(faultOf),
  };
}

function processorOf({ name, frequency, rate, level }: ProcessorFields): ScenarioProcessor {
  return { name, frequencyHz: frequency, rate, level };
}

/** checkReplicas has seen that exactly one of the three is there. */
function checkPointsOf({ every, records, at, limit }: NonNullable<ReplicasForm['checkPoints']>): CheckPointsForm {
  if (every !== undefined) return { every: { fraction: every }, limitNs: limit };
  return { every: at === undefined ? { records: records! } : { at }, limitNs: limit };
}

function faultOf(fault: FaultFields): FaultForm {
  return { replica: fault.replica, at: fault.at, isPermanent: fault.permanent ?? false, what: faultWhat(fault) };
}

/** checkReplicas has seen that exactly one way is there. */
function faultWhat({ page, address, offset = 0, dies, bits, byte, unseen = false, joins = false }: FaultFields): FaultWhat {
  if (dies) return { kind: 'dies', isReplaced: joins };
  if (page === undefined && address === undefined) return { kind: 'state', bits: bits ?? [BIT_OF_STATE] };
  return {
    kind: 'memory',
    place: address === undefined ? { block: page!, offset } : { address },
    change: byte === undefined ? { bits: bits ?? [BIT_OF_MEMORY] } : { byte },
    isUnseen: unseen,
  };
}
