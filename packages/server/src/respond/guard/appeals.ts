/**
 * Links by which a subject asks for a review. The text of one is `payload.signature`: the decision, how many appeals it
 * had when the link was made, and until when the link is good, with HMAC-SHA256 over that.
 *
 * It works once since an appeal makes the decision's count grow, by an event in the log: every link made before that is
 * void, also after a restart, and there is no list of used links to keep. Looking changes nothing, so that programs
 * which open links in mails decide nothing.
 */
import { createHmac } from 'node:crypto';
import { InputError } from '@vedette/model';
import type { Clock } from '@vedette/model';
import { isSameSecret } from '../../lib/secret.ts';
import type { GuardSettings } from './config.ts';
import type { Appeals, DecisionView } from './port.ts';

/** A page of text: a person reads it. */
export const APPEAL_CHARACTERS_MAX = 2000;

/** A UUID, two numbers and a signature are 110 characters. */
const TOKEN_CHARACTERS_MAX = 200;

export interface AppealsDeps {
  readonly clock: Clock;
  readonly key: () => Uint8Array;
  readonly settings: () => GuardSettings['appeals'];
  readonly find: (id: string) => Promise<DecisionView>;
  /** Makes the event once `check` has passed, with nobody else at work on decisions in between. */
  readonly submit: (id: string, text: string, check: (view: DecisionView) => void) => Promise<void>;
}

interface Claims {
  readonly id: string;
  readonly appealCount: number;
  readonly untilMs: number;
}

export function createAppeals(deps: AppealsDeps): Appeals {
  const look = async (token: string): Promise<DecisionView> => {
    const claims = readToken(deps, token);
    const view = await deps.find(claims.id);
    assertUnused(view, claims);
    return view;
  };
  return {
    issue: async (id) => {
      const view = await deps.find(id);
      assertOpen(deps, view);
      const untilMs = deps.clock.nowMs() + deps.settings().valid_for;
      return signed(deps.key(), { id, appealCount: appealCountOf(view), untilMs });
    },
    look,
    submit: async (token, text) => {
      const claims = readToken(deps, token);
      const words = text.trim();
      if (words === '' || words.length > APPEAL_CHARACTERS_MAX || !words.isWellFormed())
        throw refusal(
          `the text must have 1 to ${APPEAL_CHARACTERS_MAX} characters; got ${words.length}; write a shorter one`,
        );
      await deps.submit(claims.id, words, (view) => {
        assertUnused(view, claims);
        assertOpen(deps, view);
      });
    },
  };
}

function assertOpen(deps: AppealsDeps, view: DecisionView): void {
  const { per_decision: limit } = deps.settings();
  if (view.state !== 'live')
    throw refusal(`the decision is not in force; got state "${view.state}"; nothing needs to be done`);
  if (appealCountOf(view) >= limit)
    throw refusal(`the decision had ${limit} appeals, as many as guard.appeals.per_decision allows`);
}

function assertUnused(view: DecisionView, { appealCount }: Claims): void {
  if (appealCountOf(view) !== appealCount) throw refusal('the link was used; ask for another one');
}

function appealCountOf({ events }: DecisionView): number {
  return events.filter(({ kind }) => kind === 'appealed').length;
}

function signed(key: Uint8Array, { id, appealCount, untilMs }: Claims): string {
  const payload = `${id}.${appealCount.toString(36)}.${untilMs.toString(36)}`;
  return `${payload}.${signatureOf(key, payload)}`;
}

function readToken({ key, clock }: AppealsDeps, token: string): Claims {
  const end = token.length > TOKEN_CHARACTERS_MAX ? -1 : token.lastIndexOf('.');
  const payload = token.slice(0, Math.max(0, end));
  if (end < 0 || !isSameSecret(token.slice(end + 1), signatureOf(key(), payload)))
    throw refusal('the link is not one of this server; open it as it was sent, whole');
  const [id = '', count = '', until = ''] = payload.split('.');
  const untilMs = Number.parseInt(until, 36);
  if (clock.nowMs() >= untilMs) throw refusal('the link is too old; ask for another one');
  return { id, appealCount: Number.parseInt(count, 36), untilMs };
}

function signatureOf(key: Uint8Array, payload: string): string {
  return createHmac('sha256', key).update(`appeal\0${payload}`).digest('base64url');
}

function refusal(reason: string): InputError {
  return new InputError('VED_GUARD_INVALID', `cannot use the appeal: ${reason}`);
}
