import type { LiveBan, Role } from '@vedette/api';
import type { Random } from '@vedette/model';
import type { DecisionView, GuardService } from '../../respond/index.ts';
import { hasRole } from '../auth/roles.ts';
import { Pseudonyms } from '../guard/pseudonyms.ts';

/** What a screen shows of them; the Guard page has the rest, page by page. */
const BANS_MAX = 200;

/**
 * The decisions of the guard that hold now, for the topic `bans`. Who is meant is for those who may act on it
 * (the role that the API of decisions wants); others see that somebody is, under a pseudonym keyed anew with
 * each process: it tells two subjects apart, and cannot be looked up.
 */
export class LiveBans {
  readonly #guard: () => Promise<GuardService>;
  readonly #pseudonyms: Pseudonyms;

  constructor(deps: { readonly guard: () => Promise<GuardService>; readonly random: Random }) {
    this.#guard = deps.guard;
    this.#pseudonyms = new Pseudonyms(deps.random);
  }

  async read(role: Role): Promise<readonly LiveBan[]> {
    const guard = await this.#guard();
    const views = await guard.decisions({ isLive: true, limit: BANS_MAX });
    const isShown = hasRole(role, 'operator');
    return views.map((view) =>
      banOf(view, isShown ? view.decision.subject : this.#pseudonyms.of(view.decision)),
    );
  }
}

function banOf({ decision, grade, untilMs }: DecisionView, subject: string): LiveBan {
  const { id, scope, kind, policy, madeAtMs } = decision;
  return { id, scope, subject, kind, grade, policy, madeAtMs, untilMs };
}
