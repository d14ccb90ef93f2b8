/** What Slack says, which is not in the status alone: webhooks answer `ok` as text, the API JSON with `ok` in it. */
import { z } from 'zod';
import { resultOf, type ChannelAnswer } from '../channel-http.ts';
import type { FailureCategory, SendAnswer, SendResult } from '../receiver.ts';

type Failure = Extract<SendResult, { readonly kind: 'failed' }>;

export type SlackAnswer =
  /** Where the message stands, if Slack said it: what is needed to change it. */
  | {
      readonly kind: 'taken';
      readonly channel: string;
      readonly ts: string;
      readonly answer?: SendAnswer | undefined;
    }
  | { readonly kind: 'refused'; readonly code: string; readonly result: Failure };

/** What is shown of it; resultOf shows as much. */
const DETAILS_CHARS_MAX = 300;

/** Faults of Slack's own, or of the moment. */
const PASSING = new Set([
  'fatal_error',
  'internal_error',
  'org_login_required',
  'ratelimited',
  'rate_limited',
  'request_timeout',
  'rollup_error',
  'service_unavailable',
  'team_added_to_org',
]);

const UNAUTHORISED = new Set([
  'access_denied',
  'account_inactive',
  'invalid_auth',
  'invalid_token',
  'missing_scope',
  'no_permission',
  'not_authed',
  'not_allowed_token_type',
  'token_expired',
  'token_revoked',
]);

const TOO_LONG = new Set([
  'attachment_payload_limit_exceeded',
  'msg_blocks_too_long',
  'msg_too_long',
  'text_too_long',
]);

/** The message to be changed is gone, too old, or not ours any more. */
const NOT_TO_BE_CHANGED = new Set([
  'cant_update_message',
  'channel_not_found',
  'edit_window_closed',
  'is_archived',
  'is_inactive',
  'message_not_found',
  'not_in_channel',
  'update_failed',
]);

export function isTooLong({ code }: { readonly code: string }): boolean {
  return TOO_LONG.has(code);
}

export function cannotBeChanged({ code }: { readonly code: string }): boolean {
  return NOT_TO_BE_CHANGED.has(code);
}

export function readAnswer(answer: ChannelAnswer, nowMs: number): SlackAnswer {
  const result = resultOf(answer, nowMs);
  if (result.kind === 'failed') return { kind: 'refused', code: answer.text.trim(), result };
  const read = readTaken(answer);
  // The history shows what Slack said, whatever became of it.
  if (read.kind === 'taken') return { ...read, answer: result.answer };
  return { ...read, result: { ...read.result, answer: result.answer } };
}

/** Of an answer with a good status. */
function readTaken(answer: ChannelAnswer): SlackAnswer {
  const text = answer.text.trim();
  // Webhooks, and whatever stands in for Slack.
  if (!answer.headers['content-type']?.startsWith('application/json')) {
    if (text === 'ok') return { kind: 'taken', channel: '', ts: '' };
    return refusal(
      text.slice(0, 100),
      `received an error response from Slack: ${text.slice(0, DETAILS_CHARS_MAX)}`,
    );
  }
  const said = apiAnswerOf(text);
  if (said === undefined) {
    const error = 'cannot read the answer of Slack: want JSON with "ok"';
    return { kind: 'refused', code: '', result: failureOf({ isRetriable: true, category: 'other' }, error) };
  }
  if (said.ok) return { kind: 'taken', channel: said.channel, ts: said.ts };
  const details = said.details === undefined ? '' : ` (${said.details})`;
  return refusal(said.error, `error response from Slack: ${said.error}${details}`);
}

interface ApiAnswer {
  readonly ok: boolean;
  readonly error: string;
  readonly channel: string;
  readonly ts: string;
  /** What exactly was wrong, where Slack says it. */
  readonly details?: string;
}

const apiAnswer = z.object({
  ok: z.boolean(),
  error: z.string().catch('no reason given'),
  channel: z.string().catch(''),
  ts: z.string().catch(''),
  response_metadata: z
    .object({ messages: z.array(z.string()).catch([]) })
    .optional()
    .catch(undefined),
});

function apiAnswerOf(text: string): ApiAnswer | undefined {
  try {
    const { response_metadata: more, ...said } = apiAnswer.parse(JSON.parse(text));
    const details = more?.messages.join('; ').slice(0, DETAILS_CHARS_MAX) ?? '';
    return details === '' ? said : { ...said, details };
  } catch {
    return beginningOf(text);
  }
}

/**
 * Slack repeats the whole message in `message`, behind what counts, and the answer becomes longer than what
 * is read of it: a delivery must not be taken for a failure because of that, and come again.
 */
function beginningOf(text: string): ApiAnswer | undefined {
  const head = text.split(/,\s*"message"\s*:/, 1)[0] ?? '';
  if (!/^\{\s*"ok"\s*:\s*true\b/.test(head)) return undefined;
  const textOf = (key: string): string =>
    new RegExp(String.raw`"${key}"\s*:\s*"([\w.-]{1,100})"`).exec(head)?.[1] ?? '';
  return { ok: true, error: '', channel: textOf('channel'), ts: textOf('ts') };
}

function refusal(code: string, error: string): SlackAnswer {
  const isRetriable = PASSING.has(code);
  return { kind: 'refused', code, result: failureOf({ isRetriable, category: categoryOf(code) }, error) };
}

function categoryOf(code: string): FailureCategory {
  if (/^rate_?limited$/.test(code)) return 'rateLimited';
  if (PASSING.has(code)) return 'serverError';
  return UNAUTHORISED.has(code) ? 'authError' : 'clientError';
}

function failureOf(judged: Pick<Failure, 'isRetriable' | 'category'>, error: string): Failure {
  return { kind: 'failed', ...judged, error };
}
