import { VOTERS_LEAST } from '../lockstep/judge-options.ts';
import type { Path, Refuse } from './check-shared.ts';
import type { FaultFields, ProcessorFields, ReplicasForm } from './form-replicas.ts';

// What the fields of a VM of several replicas demand of each other.

/** Have a meaning only for a VM that says how many replicas it has. */
const OF_REPLICAS = [
  'processors',
  'assignment',
  'progress',
  'turn',
  'checkPoints',
  'compare',
  'onDifference',
  'retries',
  'standby',
  'scrub',
  'faults',
] as const satisfies readonly (keyof ReplicasForm)[];

export function checkReplicas(form: ReplicasForm, path: Path, refuse: Refuse): void {
  const { replicas } = form;
  if (replicas === undefined) {
    for (const field of OF_REPLICAS)
      if (form[field] !== undefined) refuse([...path, field], 'it is for a VM that says how many "replicas" it has');
    return;
  }
  if (form.checkPoints !== undefined) checkCheckPoints(form.checkPoints, [...path, 'checkPoints'], refuse);
  if (Array.isArray(form.processors))
    form.processors.forEach((processor, index) => checkProcessor(processor, [...path, 'processors', index], refuse));
  checkCompare(form, path, refuse);
  checkDifferencePolicies(form, replicas, path, refuse);
  form.faults?.forEach((fault, index) => checkFault(fault, replicas, [...path, 'faults', index], refuse));
}

function checkCheckPoints(form: NonNullable<ReplicasForm['checkPoints']>, path: Path, refuse: Refuse): void {
  if (form.limit === 0) refuse([...path, 'limit'], 'it must be a time above 0');
  const ways = [form.every, form.records, form.at].filter((way) => way !== undefined).length;
  if (ways !== 1) refuse(path, 'it must have exactly one of "every", a fraction of the program, "records", and "at", a list of fractions');
}

function checkProcessor({ frequency, rate, level }: ProcessorFields, path: Path, refuse: Refuse): void {
  const isByFrequency = frequency !== undefined || rate !== undefined;
  if (isByFrequency && level !== undefined)
    refuse(path, 'its performance is its "frequency" and "rate", or a "level", and only one of the two');
}

function checkCompare({ compare, checkPoints, standby = 0 }: ReplicasForm, path: Path, refuse: Refuse): void {
  if (compare?.atCheckPoints === true && checkPoints === undefined)
    refuse([...path, 'compare', 'atCheckPoints'], 'there are none: "checkPoints" says where they are');
  if (compare?.atCheckPoints === false && checkPoints?.limit !== undefined)
    refuse([...path, 'checkPoints', 'limit'], 'nobody waits at check points: "compare.atCheckPoints" is false');
  if (compare?.afterCopy !== undefined && (compare.onWrite ?? false) === false)
    refuse([...path, 'compare', 'afterCopy'], 'it is for a VM that compares on writes, "onWrite"');
  if (compare?.every !== undefined && 'ns' in compare.every && compare.every.ns === 0)
    refuse([...path, 'compare', 'every'], 'a time between comparisons must be above 0');
  if (standby > 0 && checkPoints === undefined)
    refuse([...path, 'standby'], 'a standby is brought up to date at check points, and "checkPoints" does not say where they are');
}

function checkDifferencePolicies(form: ReplicasForm, replicas: number, path: Path, refuse: Refuse): void {
  const { onDifference = [], checkPoints, compare, retries } = form;
  const where = [...path, 'onDifference'];
  const finds = checkPoints !== undefined && compare?.atCheckPoints !== false;
  if (onDifference.at(-1) === 'vote' && replicas < VOTERS_LEAST)
    refuse(where, `a vote needs at least ${VOTERS_LEAST} replicas, and the VM has ${replicas}: name a policy behind it`);
  else if (onDifference.length > 0 && !finds)
    refuse(where, 'differences are found at check points, and nothing is compared there: "checkPoints" and "compare.atCheckPoints" say so');
  const last = onDifference.findIndex((policy) => policy === 'report' || policy === 'halt');
  if (last >= 0 && last < onDifference.length - 1)
    refuse([...where, last + 1], `"${onDifference[last]!}" before it always succeeds: it can only be the last one`);
  if (retries !== undefined && onDifference.length > 0 && !onDifference.some((policy) => policy === 'rollBack' || policy === 'report'))
    refuse([...path, 'retries'], 'it counts attempts of "rollBack" or "report", and "onDifference" names neither');
}

const WAYS = ['page', 'address', 'state', 'dies'] as const satisfies readonly (keyof FaultFields)[];

function checkFault(fault: FaultFields, replicas: number, path: Path, refuse: Refuse): void {
  if (fault.replica > replicas) refuse([...path, 'replica'], `the VM has ${replicas}, counted from 1`);
  const ways = WAYS.filter((way) => fault[way] !== undefined);
  if (ways.length !== 1) return refuse(path, 'it must have exactly one of "page", "address", "state" and "dies"');
  const [way] = ways;
  const isOfMemory = way === 'page' || way === 'address';
  if (fault.offset !== undefined && way !== 'page') refuse([...path, 'offset'], 'it is the number of a byte in a "page"');
  if (fault.byte !== undefined && !isOfMemory) refuse([...path, 'byte'], 'it is for a fault in memory, in a "page" or at an "address"');
  if (fault.byte !== undefined && fault.bits !== undefined) refuse([...path, 'bits'], 'a byte is stored already, "byte"');
  if (fault.bits !== undefined && way === 'dies') refuse([...path, 'bits'], 'a replica that dies has none');
  if (fault.joins !== undefined && way !== 'dies') refuse([...path, 'joins'], 'another replica joins where one "dies"');
  if (fault.unseen !== undefined && !isOfMemory) refuse([...path, 'unseen'], 'it is for a fault in memory, in a "page" or at an "address"');
  if (way === 'state' && (fault.bits ?? []).some((bit) => bit >= STATE_BITS))
    refuse([...path, 'bits'], `the processor state of a trace has ${STATE_BITS} bits, counted from 0`);
  checkBits(fault, [...path, 'bits'], refuse);
}

const BLOCK_BITS = 4096 * 8;
/** Numbers of the next record, 64 bits, and of the next data record, 32 bits. */
const STATE_BITS = 96;

/** They lie in one block, as the byte does that they are counted from. */
function checkBits({ bits = [], page, offset = 0, address }: FaultFields, path: Path, refuse: Refuse): void {
  if (page === undefined && address === undefined) return;
  const first = 8 * (address === undefined ? offset : Number(address % 4096n));
  const most = Math.max(0, ...bits);
  if (first + most >= BLOCK_BITS) refuse(path, `bit ${most} is not in the same 4 KiB any more: at most ${BLOCK_BITS - first - 1} here`);
}
