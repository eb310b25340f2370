/**
 * In which order the requests of a reconfiguration are issued (JP 2009-26117A [0416-0420], Fig. 18 S802-S803). A request is finished when it is answered
 * (S106, S111), not when it has settled.
 *
 * - `reductionsFirst`: all reductions; when they are finished, all expansions ([0418], the first example). Where a VM is to give more than it can spare and
 *   gets some in return, as when two VMs exchange all their memory, there are several rounds of both (ours).
 * - `allAtOnce`: all of them at the request ([0416]), in the order given; an expansion is answered as soon as the memory for it is there.
 * - `oneByOne`: one after the other, in the order given ([0416]).
 * - `cycles`: some reductions, and when they are finished the expansions that they pay for; and so on ([0418], the second example).
 * - `overlappedCycles`: the reductions of the next cycle together with the expansions of this one ([0418], the third example).
 */
export type ReconfigurationOrder = 'reductionsFirst' | 'allAtOnce' | 'oneByOne' | 'cycles' | 'overlappedCycles';

export const RECONFIGURATION_ORDERS: Readonly<Record<ReconfigurationOrder, number>> = {
  reductionsFirst: 0,
  allAtOnce: 1,
  oneByOne: 2,
  cycles: 3,
  overlappedCycles: 4,
};
