import { FLAG_CAPACITY_NOW, FLAG_EVACUATE, FLAG_MANAGER_PREFERRED, FLAG_READ_ONLY } from '../assembly/shared/layout.ts';
import type { Handover } from './engine-options.ts';
import { InvalidOptionError, OperatorOnlyError } from './errors.ts';
import { checkChoice, checkFields } from './options.ts';
import { DECLARED_ACCESSES, DECLARED_CAPACITIES } from './policy/declaration.ts';
import type { Declaration } from './policy/declaration.ts';
import { SHORTFALLS } from './policy/expand.ts';
import type { Shortfall } from './policy/expand.ts';
import type { ExpandSelection, ReleaseSelection } from './policy/selection.ts';
import { USE_RIGHTS } from './policy/use-right.ts';
import type { UseRight } from './policy/use-right.ts';

/** Of every request. */
interface ShortfallOption {
  /** When there is less than was asked for: 'reject' (default) fails and changes nothing, 'bestEffort' takes what there is. */
  readonly shortfall?: Shortfall;
}

/** Of an expansion. */
export interface RequestOptions extends ShortfallOption {
  /** Which regions it gets; what is left out is as the engine was told. Not for a range of machine addresses. */
  readonly selection?: ExpandSelection;
}

/** Of a reduction. What is left out is as the engine was told. */
export interface ReduceOptions extends ShortfallOption {
  /** Which regions it gives up. Not for a range of machine addresses, which says so itself ([0164]). */
  readonly selection?: ReleaseSelection;
  readonly useRight?: UseRight;
  readonly declaration?: Declaration;
}

export const EXPAND_FIELDS: readonly string[] = ['shortfall', 'selection'];
export const REDUCE_FIELDS: readonly string[] = [...EXPAND_FIELDS, 'useRight', 'declaration'];

/** How an engine deals with the rights that are given up. */
export interface RightsSettings {
  readonly handover: Handover;
  /** Only the engine's owner changes memory; the handles of VMs do not ([0435]). */
  readonly isOperatorOnly: boolean;
  /** FLAG_… of a reduction that says nothing itself. */
  readonly reduceFlags: number;
}

/** FLAG_… of a reduction. Errors: INVALID_OPTION. */
export function reduceFlags(options: ReduceOptions, settings: RightsSettings): number {
  const { shortfall, useRight, declaration } = checkFields('options', options, REDUCE_FIELDS);
  const flags = settings.reduceFlags | shortfallFlags('options.shortfall', shortfall);
  return rightsFlags('options.', { useRight, declaration }, settings.handover, flags);
}

/** FLAG_… of an expansion. Errors: INVALID_OPTION. */
export function expandFlags(options: RequestOptions): number {
  return shortfallFlags('options.shortfall', checkFields('options', options, EXPAND_FIELDS)['shortfall']);
}

export function shortfallFlags(field: string, shortfall: unknown): number {
  return shortfall === undefined ? 0 : SHORTFALLS[checkChoice(field, shortfall, SHORTFALLS)];
}

/** `flags` with what `useRight` and `declaration` say in place of what stands there. `prefix`: where the two fields stand, for messages. */
export function rightsFlags(
  prefix: string,
  { useRight, declaration }: Readonly<Record<'useRight' | 'declaration', unknown>>,
  handover: Handover,
  flags: number,
): number {
  let result = flags;
  const replace = (field: string, value: unknown, mask: number, choices: Readonly<Record<string, number>>): void => {
    if (value === undefined) return;
    const name = checkChoice(`${prefix}${field}`, value, choices);
    if (choices[name] !== 0 && handover !== 'rights') {
      const only = Object.keys(choices).find((choice) => choices[choice] === 0);
      throw new InvalidOptionError(
        `${prefix}${field}`,
        name,
        `'${only}', as with the handover '${handover}' nobody goes on using a region that was given up`,
      );
    }
    result = (result & ~mask) | choices[name]!;
  };
  replace('useRight', useRight, FLAG_MANAGER_PREFERRED, USE_RIGHTS);
  if (declaration === undefined) return result;
  const { capacity, access } = checkFields(`${prefix}declaration`, declaration, ['capacity', 'access']);
  replace('declaration.capacity', capacity, FLAG_CAPACITY_NOW, DECLARED_CAPACITIES);
  replace('declaration.access', access, FLAG_EVACUATE | FLAG_READ_ONLY, DECLARED_ACCESSES);
  return result;
}

export function selectionOfRange(selection: unknown): InvalidOptionError {
  return new InvalidOptionError(
    'options.selection',
    selection,
    'nothing: a range of machine addresses says itself which regions are meant',
  );
}

export function operatorOnly(operation: string): OperatorOnlyError {
  return new OperatorOnlyError(
    `${operation} was called, but this engine was created with operatorOnly: only its owner changes memory, with engine.reconfigure().`,
    { operation },
  );
}
