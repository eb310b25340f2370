import { SUMMARY_CACHE, SUMMARY_NEXT_USE, SUMMARY_STAMP } from '../../assembly/shared/layout.ts';
import { InvalidOptionError } from '../errors.ts';
import { checkChoice, checkFields, checkMultiple } from '../options.ts';
import { parseBytes } from '../units.ts';
import { checkExpandSelection, checkReleaseSelection } from './selection.ts';
import type { ExpandSelection, ReleaseSelection, Selection } from './selection.ts';

/** Which summaries of regions an engine keeps: those that its own selections need, or those that any request may name. */
export type SummaryChoice = 'needed' | 'all';

/** How an engine chooses regions where a request does not say. */
export interface SelectionOptions {
  /** For expansions and the first memory of VMs; 'lowest' by default. */
  readonly expand?: ExpandSelection;
  /** For reductions; 'highest' by default. */
  readonly release?: ReleaseSelection;
  /**
   * 'needed' (default): the engine keeps the summaries of pages that `expand` and `release` need, all of them where one is a function. 'all': single
   * requests may name any criterion.
   */
  readonly summaries?: SummaryChoice;
}

/** The selections of an engine, checked. */
export interface SelectionSettings {
  readonly expand: Selection;
  readonly release: Selection;
  /** Size of a memory module; null: not told. */
  readonly moduleBytes: number | null;
  /** SUMMARY_… bits of what is kept for selections. */
  readonly summaries: number;
}

const SUMMARIES_OF_PAGES = SUMMARY_CACHE | SUMMARY_STAMP | SUMMARY_NEXT_USE;
const SUMMARY_CHOICES: Readonly<Record<SummaryChoice, number>> = { needed: 0, all: SUMMARIES_OF_PAGES };

/** The options `selection` and `modules` of an engine. Errors: INVALID_OPTION. */
export function checkSelectionOptions(value: unknown, modules: unknown, regionBytes: number): SelectionSettings {
  const given = value === undefined ? {} : checkFields('selection', value, ['expand', 'release', 'summaries']);
  const expand = checkExpandSelection('selection.expand', given['expand'] ?? 'lowest');
  const release = checkReleaseSelection('selection.release', given['release'] ?? 'highest');
  const choice = checkChoice('selection.summaries', given['summaries'] ?? 'needed', SUMMARY_CHOICES);
  const steps = [...expand.steps, ...release.steps];
  const isAll = steps.some((step) => step.isForeign);
  const settings = {
    expand,
    release,
    moduleBytes: modules === undefined ? null : checkMultiple('modules', parseBytes('modules', modules), regionBytes, 'the region size'),
    summaries: steps.reduce((bits, step) => bits | step.summaries, isAll ? SUMMARIES_OF_PAGES : SUMMARY_CHOICES[choice]),
  };
  checkUsable(expand, settings);
  return settings;
}

/** The selection of one expansion; without one, the engine's. Errors: INVALID_OPTION. */
export function expandSelectionOf(field: string, value: unknown, settings: SelectionSettings): Selection {
  if (value === undefined) return settings.expand;
  return checkUsable(checkExpandSelection(field, value), settings);
}

/** The selection of one reduction; without one, the engine's. Errors: INVALID_OPTION. */
export function releaseSelectionOf(field: string, value: unknown, settings: SelectionSettings): Selection {
  if (value === undefined) return settings.release;
  return checkUsable(checkReleaseSelection(field, value), settings);
}

/** The selections of one request for both, as a reconfiguration is; what is left out is the engine's. Errors: INVALID_OPTION. */
export function selectionsOf(field: string, value: unknown, settings: SelectionSettings): Pick<SelectionSettings, 'expand' | 'release'> {
  if (value === undefined) return settings;
  const { expand, release } = checkFields(field, value, ['expand', 'release']);
  return {
    expand: expandSelectionOf(`${field}.expand`, expand, settings),
    release: releaseSelectionOf(`${field}.release`, release, settings),
  };
}

/** What a selection goes by has to be known in this engine. */
function checkUsable(selection: Selection, { moduleBytes, summaries }: SelectionSettings): Selection {
  for (const { name, field, ...needs } of selection.steps) {
    if (needs.needsModules && moduleBytes === null)
      throw new InvalidOptionError(field, name, 'criteria of memory modules where the engine was created with their size, `modules`');
    if ((needs.summaries & ~summaries) !== 0)
      throw new InvalidOptionError(
        field,
        name,
        "criteria whose summaries the engine keeps; create it with selection: { summaries: 'all' }",
      );
  }
  return selection;
}
