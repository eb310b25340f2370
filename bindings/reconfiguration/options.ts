import { FLAG_BEST_EFFORT } from '../../assembly/shared/layout.ts';
import type { EngineParts } from '../engine-parts.ts';
import { checkBoolean, checkChoice, checkFields, checkMultiple } from '../options.ts';
import type { Declaration } from '../policy/declaration.ts';
import type { Shortfall } from '../policy/expand.ts';
import { RECONFIGURATION_ORDERS } from '../policy/order.ts';
import type { ReconfigurationOrder } from '../policy/order.ts';
import { selectionsOf } from '../policy/selection-settings.ts';
import type { ExpandSelection, ReleaseSelection, Selection } from '../policy/selection.ts';
import type { UseRight } from '../policy/use-right.ts';
import { reduceFlags } from '../request-options.ts';
import type { SignalOption } from '../signal.ts';
import { parseBytes } from '../units.ts';
import type { Quantity } from '../units.ts';

/** How a reconfiguration is carried out (JP 2009-26117A [0412-0420]). What is left out is as the engine was told. */
export interface ReconfigureOptions extends SignalOption {
  /**
   * In which order its requests are issued; 'reductionsFirst' by default. Only that one lets VMs exchange more than they can spare, in rounds of reductions
   * and expansions; the others refuse it with TOO_LITTLE_LEFT.
   */
  readonly order?: ReconfigurationOrder;
  /** Requests for more than this are split into several; a multiple of the region size ([0412-0413]). */
  readonly chunk?: Quantity;
  /** Never two requests to the same VM at once ([0419-0420]). */
  readonly sameVmOnceAtATime?: boolean;
  /** When there is less than was asked for: 'reject' (default) fails and changes nothing, 'bestEffort' takes what there is. */
  readonly shortfall?: Shortfall;
  /** Which regions are given up and had where a move does not name them. */
  readonly selection?: { readonly expand?: ExpandSelection; readonly release?: ReleaseSelection };
  readonly useRight?: UseRight;
  readonly declaration?: Declaration;
  // signal: an abort takes back what has not followed, as cancel()
}

const FIELDS = ['order', 'chunk', 'sameVmOnceAtATime', 'shortfall', 'selection', 'useRight', 'declaration', 'signal'];

/** The options in the engine's terms. */
export interface CheckedReconfigureOptions {
  readonly order: ReconfigurationOrder;
  readonly chunkRegions: number | null;
  readonly onceAtATime: boolean;
  readonly isBestEffort: boolean;
  readonly reduceFlags: number;
  readonly expandFlags: number;
  readonly release: Selection;
  readonly expand: Selection;
}

/** Errors: INVALID_OPTION. */
export function checkReconfigureOptions(value: unknown, { rights, selection, regionBytes }: EngineParts): CheckedReconfigureOptions {
  const given = checkFields('options', value, FIELDS);
  const { order, chunk, sameVmOnceAtATime } = given;
  const { shortfall, useRight, declaration } = value as ReconfigureOptions;
  const flags = reduceFlags(
    {
      ...(shortfall === undefined ? {} : { shortfall }),
      ...(useRight === undefined ? {} : { useRight }),
      ...(declaration === undefined ? {} : { declaration }),
    },
    rights,
  );
  const chunkBytes = chunk === undefined ? 0 : parseBytes('options.chunk', chunk);
  const { release, expand } = selectionsOf('options.selection', given['selection'], selection);
  return {
    order: order === undefined ? 'reductionsFirst' : checkChoice('options.order', order, RECONFIGURATION_ORDERS),
    chunkRegions: chunk === undefined ? null : checkMultiple('options.chunk', chunkBytes, regionBytes, 'the region size') / regionBytes,
    onceAtATime: sameVmOnceAtATime !== undefined && checkBoolean('options.sameVmOnceAtATime', sameVmOnceAtATime),
    isBestEffort: (flags & FLAG_BEST_EFFORT) !== 0,
    reduceFlags: flags,
    expandFlags: flags & FLAG_BEST_EFFORT,
    release,
    expand,
  };
}
