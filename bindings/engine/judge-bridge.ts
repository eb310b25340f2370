import { JUDGE_KEEP, JUDGE_RELEASE } from '../../assembly/shared/layout.ts';
import { InvalidOptionError } from '../errors.ts';
import { ATTENTION_BUSY } from './core.ts';
import type { Core } from './core.ts';
import type { EngineImports } from './exports.ts';

/** Should a region (number from 0) that a VM uses and does not manage be released now? */
export type Judge = (region: number) => boolean;

/** Neither of the answers: the policy failed. */
const JUDGE_FAILED = -1;

/**
 * Asks the VMs' release policies of the host (Fig. 15 S612). Whatever a policy throws stays here: the engine is told that it failed, and the error that
 * reaches the user has the exception as its cause. The engine cannot be changed meanwhile.
 */
export class JudgeBridge implements Pick<EngineImports, 'releaseJudge'> {
  readonly #judges = new Map<number, Judge>();
  #core: Core | undefined;

  /** The core exists only after the module is instantiated with this bridge. */
  coreSet(core: Core): void {
    this.#core = core;
  }

  /** The policy of a VM; undefined: it has none. */
  judgeSet(vm: number, judge: Judge | undefined): void {
    if (judge === undefined) this.#judges.delete(vm);
    else this.#judges.set(vm, judge);
  }

  readonly releaseJudge = (vm: number, region: number): number => {
    const core = this.#core!;
    core.attention |= ATTENTION_BUSY;
    try {
      const answer: unknown = this.#judges.get(vm)!(region - 1);
      if (typeof answer === 'boolean') return answer ? JUDGE_RELEASE : JUDGE_KEEP;
      throw new InvalidOptionError('the answer of the early-release policy', answer, 'true (release the region) or false');
    } catch (failure) {
      core.hostFailure = failure;
      return JUDGE_FAILED;
    } finally {
      core.attention &= ~ATTENTION_BUSY;
    }
  };
}
