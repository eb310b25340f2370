import { type EarlyReleaseForm, type HandoverName, PERIOD_NS_DEFAULT, type Policies, type WatchForm } from './policies.ts';
import { said } from './said.ts';
import type { Strategy } from './types.ts';

// The strategies that every scenario can be run under without describing them.

/** Built in for scenarios that give no condition: a region that its old user hardly needs any more goes before the new manager asks. */
export const EARLY_RELEASE_DEFAULT: EarlyReleaseForm = {
  counting: 'exact',
  period: PERIOD_NS_DEFAULT,
  when: [{ statistic: 'accessesPerPeriod', comparison: '<=', constant: 16 }],
};

type BuiltIn = Policies & { readonly handover: HandoverName };

const BUILT_IN = {
  rights: { handover: 'rights' },
  managerPreferred: { handover: 'rights', useRight: 'managerPreferred' },
  earlyRelease: { handover: 'rights', earlyRelease: EARLY_RELEASE_DEFAULT },
  moveFirst: { handover: 'rights', release: 'moveFirst' },
  evacuate: { handover: 'rights', declaration: { access: 'evacuate' } },
  readOnly: { handover: 'rights', declaration: { access: 'readOnly' } },
  eager: { handover: 'eager' },
  reserve: { handover: 'reserve', reserve: { shortfall: 'wait' } },
} as const satisfies Readonly<Record<string, BuiltIn>>;

export type BuiltInName = keyof typeof BUILT_IN;

/** In the order of the built-in comparison. */
export const BUILT_IN_NAMES = Object.keys(BUILT_IN) as BuiltInName[];
/** What `run` does with a scenario that names no strategy. */
export const STRATEGIES_DEFAULT = ['rights', 'eager'] as const satisfies readonly BuiltInName[];

/** A built-in strategy of a scenario whose file says `shared` for all of them, and `watch` for the condition that is built in. */
export function builtInStrategy(name: BuiltInName, shared: Policies, watch: WatchForm = {}): Strategy {
  const own: BuiltIn = BUILT_IN[name];
  // The file knows its programs and its machine better than what is built in does.
  const known: Policies = {
    ...(name === 'earlyRelease' ? { earlyRelease: shared.earlyRelease ?? { ...EARLY_RELEASE_DEFAULT, ...said(watch) } } : {}),
    ...(own.reserve === undefined ? {} : { reserve: { ...own.reserve, ...said(shared.reserve ?? {}) } }),
  };
  return strategyMake(name, own.handover, { ...own, ...known }, shared);
}

/** A strategy with all that the file says for all of them; what it says itself goes first. */
export function strategyMake(name: string, handover: HandoverName, own: Policies, shared: Policies): Strategy {
  const { reserve, ...rights } = shared;
  const ofHandover = handover === 'reserve' ? { reserve } : {};
  if (handover === 'rights') return { ...rights, ...said(own), name, handover };
  // Baselines have neither rights to prefer nor anything to do before a release.
  const { selection, order, chunkBytes, sameVmOnceAtATime } = rights;
  return {
    selection,
    order,
    chunkBytes,
    sameVmOnceAtATime,
    ...ofHandover,
    ...said(own),
    name,
    handover,
    earlyRelease: null,
    release: 'pageOut',
  };
}
