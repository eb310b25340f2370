import { EXPAND_LOWEST, EXPAND_OWN_FIRST, SUMMARY_CACHE, SUMMARY_NEXT_USE, SUMMARY_STAMP } from '../../assembly/shared/layout.ts';
import { InvalidOptionError } from '../errors.ts';
import type { Criterion } from './criterion.ts';
import { EXPAND_CRITERIA } from './expand-criteria.ts';
import type { ExpandCriterionName } from './expand-criteria.ts';
import { RELEASE_CRITERIA } from './release-criteria.ts';
import type { ReleaseCriterionName } from './release-criteria.ts';

type OneOrMore<Item> = Item | readonly Item[];

/** Which regions without manager an expansion gets (S108): criteria in order of priority ([0132]); between equals, the lowest real address. */
export type ExpandSelection = OneOrMore<ExpandCriterionName | Criterion>;

/** Which of its regions a VM gives up (S102): criteria in order of priority; between equals, the highest machine address. */
export type ReleaseSelection = OneOrMore<ReleaseCriterionName | Criterion>;

/** A criterion at its place in a selection. */
export interface Step {
  readonly criterion: Criterion;
  /** For messages: what it is called, and where it was given. */
  readonly name: string;
  readonly field: string;
  /** A function of the user's: it is called with care and its answer is checked. */
  readonly isForeign: boolean;
  /** Whether it may refuse candidates, so that it has to be asked about a single one too. */
  readonly mayExclude: boolean;
  /** SUMMARY_… bits without which it knows too little. */
  readonly summaries: number;
  readonly needsModules: boolean;
}

/** A checked selection. */
export interface Selection {
  readonly steps: readonly Step[];
  /** EXPAND_… where the compiled engine chooses so itself (always 0 for a release); null: it is given a list. */
  readonly compiled: number | null;
}

const SUMMARIES: Readonly<Partial<Record<string, number>>> = {
  cacheFirst: SUMMARY_CACHE,
  leastRecentlyUsed: SUMMARY_STAMP,
  farthestNextUse: SUMMARY_NEXT_USE,
} satisfies Partial<Record<ReleaseCriterionName, number>>;

const COMPILED_EXPANSIONS: Readonly<Partial<Record<string, number>>> = {
  lowest: EXPAND_LOWEST,
  ownFirst: EXPAND_OWN_FIRST,
} satisfies Partial<Record<ExpandCriterionName, number>>;

const COMPILED_RELEASES: Readonly<Partial<Record<string, number>>> = { highest: 0 } satisfies Partial<Record<ReleaseCriterionName, number>>;

const OF_MODULES: readonly string[] = ['spreadModules', 'packModule'] satisfies ExpandCriterionName[];
const EXCLUDING: readonly string[] = ['userlessOnly'] satisfies ExpandCriterionName[];

/** Errors: INVALID_OPTION. */
export function checkExpandSelection(field: string, value: unknown): Selection {
  return checkSelection(field, value, EXPAND_CRITERIA, COMPILED_EXPANSIONS);
}

/** Errors: INVALID_OPTION. */
export function checkReleaseSelection(field: string, value: unknown): Selection {
  return checkSelection(field, value, RELEASE_CRITERIA, COMPILED_RELEASES);
}

function checkSelection(
  field: string,
  value: unknown,
  criteria: Readonly<Record<string, Criterion>>,
  compilable: Readonly<Partial<Record<string, number>>>,
): Selection {
  const names = Object.keys(criteria).map((name) => `'${name}'`);
  const allowed = `${names.join(', ')}, a function, or an array of these in order of priority, each name once`;
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (given.length === 0) throw new InvalidOptionError(field, value, allowed);
  const steps = given.map((item, index): Step => {
    const place = Array.isArray(value) ? `${field}[${index}]` : field;
    if (typeof item === 'function') return foreignStep(item as Criterion, place);
    if (typeof item !== 'string' || !Object.hasOwn(criteria, item) || given.indexOf(item) !== index)
      throw new InvalidOptionError(place, item, allowed);
    return {
      criterion: criteria[item]!,
      name: item,
      field: place,
      isForeign: false,
      mayExclude: EXCLUDING.includes(item),
      summaries: SUMMARIES[item] ?? 0,
      needsModules: OF_MODULES.includes(item),
    };
  });
  const compiled = given.length === 1 ? (compilable[steps[0]!.name] ?? null) : null;
  return { steps, compiled };
}

function foreignStep(criterion: Criterion, field: string): Step {
  const name = criterion.name === '' ? 'a function' : `function ${criterion.name}`;
  return { criterion, name, field, isForeign: true, mayExclude: true, summaries: 0, needsModules: false };
}
