/**
 * What each bouncer was told last, so that it can be told what changed.
 *
 * 1. A bouncer begins with `startup=true`: everything that holds is new.
 * 2. From then on: new is what it was not told, or what got another end since; deleted is what it was told and does not
 *    hold any more, unless something else holds for the same value (a bouncer knows values, not decisions).
 * 3. A bouncer of whom nothing is known (we were started anew, it went away before its answer was sent) or that asks another
 *    question than before is told everything, together with what people lifted meanwhile: it may still hold that. What
 *    expired, it lets go itself.
 *
 * The comparison is with what holds now, not with a log of changes: a pull every ten seconds reads some thousand
 * decisions, and nothing can get lost. Told decisions are the guard's own objects, about 100 B each for a bouncer.
 */
import type { Slicer } from '@vedette/model';
import type { LiveDecision } from '@vedette/sdk';
import type { GuardService } from '../../../respond/index.ts';
import type { DecisionFilter } from './decision-filter.ts';
import { lapiTypeOf } from './lapi-decision.ts';

export interface DecisionChanges {
  readonly added: readonly LiveDecision[];
  readonly removed: readonly LiveDecision[];
}

/** Of lifted decisions a bouncer that comes back may still hold; more in one break were not lifted by hand. */
const LIFTED_MAX = 1000;

interface Cursor {
  readonly question: string;
  readonly told: ReadonlyMap<string, LiveDecision>;
}

export class StreamCursors {
  /** By bouncer: as many as are configured. */
  readonly #cursors = new Map<string, Cursor>();

  /** It may not have what it was told last. */
  forget(bouncer: string): void {
    this.#cursors.delete(bouncer);
  }

  /** What changed for this bouncer; it counts as told from now on. */
  async pull(
    guard: Pick<GuardService, 'live' | 'decisions'>,
    bouncer: string,
    options: { readonly filter: DecisionFilter; readonly isStartup: boolean; readonly nowMs: number },
    slicer: Slicer,
  ): Promise<DecisionChanges> {
    const { filter, isStartup, nowMs } = options;
    const before = this.#cursors.get(bouncer);
    const isKnown = !isStartup && before?.question === filter.text;
    const told = await toldNow(guard.live(), filter, slicer);
    const values = new Set([...told.values()].map(valueOf));
    const ended = isKnown ? [...before.told.values()] : await liftedOf(guard, filter, nowMs);
    this.#cursors.set(bouncer, { question: filter.text, told });
    return {
      added: [...told.values()].filter(
        ({ id, untilMs }) => !isKnown || before.told.get(id)?.untilMs !== untilMs,
      ),
      removed: ended.filter((one) => !told.has(one.id) && !values.has(valueOf(one))),
    };
  }
}

async function toldNow(
  live: readonly LiveDecision[],
  filter: DecisionFilter,
  slicer: Slicer,
): Promise<ReadonlyMap<string, LiveDecision>> {
  const told = new Map<string, LiveDecision>();
  for (const [i, decision] of live.entries()) {
    if (filter.matches(decision)) told.set(decision.id, decision);
    if ((i & 255) === 0 && slicer.shouldYield()) await slicer.yield();
  }
  return told;
}

/** Decisions that a person ended before their time. */
async function liftedOf(
  guard: Pick<GuardService, 'decisions'>,
  filter: DecisionFilter,
  nowMs: number,
): Promise<readonly LiveDecision[]> {
  const views = await guard.decisions({ limit: LIFTED_MAX });
  return views
    .filter(({ state, untilMs }) => state === 'lifted' && (untilMs ?? Infinity) > nowMs)
    .map(({ decision, grade, untilMs }) => ({ ...decision, grade, untilMs }))
    .filter((decision) => filter.matches(decision));
}

function valueOf(decision: LiveDecision): string {
  return `${lapiTypeOf(decision)}\0${decision.scope}\0${decision.subject}`;
}
