/**
 * A verdict in the words of HTTP, for every framework alike.
 *
 * | grade | status | `Retry-After` |
 * |---|---|---|
 * | temporary, extended, and slowing without room to wait | 429 | whole seconds, rounded up, at least 1 |
 * | review_required, permanent | 403 | where it ends by itself |
 *
 * Beside it the `RateLimit` headers of the IETF draft 7, in which a refused subject has no requests left until its
 * decision ends, and a body of RFC 9457. What is said is what the subject may know: the decision (to appeal it), its
 * grade and its end; never the pseudonym, the policy's evidence, or who else there is.
 */
import type { VerdictGround } from '../guard/guard.ts';
import type { DecisionGrade } from '../guard/wire.ts';

export interface RefusalOptions {
  /** Other statuses than the table above. */
  readonly statuses?: Partial<Record<DecisionGrade, 403 | 429>>;
  /** `type` of the problem: a URI of your own documentation. Default `about:blank`. */
  readonly problemType?: string;
  /** `detail` of the problem, for the person who reads it. Default: an English sentence. One that throws is not asked again for this answer. */
  readonly detail?: (ground: VerdictGround) => string;
  /** The threshold behind a decision, for `RateLimit-Policy`; without it the limit is 0 while the decision lasts. */
  readonly limitOf?: (ground: VerdictGround) => RequestLimit | undefined;
}

export interface RequestLimit {
  readonly limit: number;
  readonly windowMs: number;
}

/** An answer, complete. Names of headers are in lower case. */
export interface Refusal {
  readonly status: 403 | 429;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; to be left out for HEAD. */
  readonly body: string;
}

/** `nowMs` is the wall clock, to name the end of the decision. */
export function refusalOf(ground: VerdictGround, nowMs: number, options: RefusalOptions = {}): Refusal {
  const status = options.statuses?.[ground.grade] ?? STATUSES[ground.grade];
  const seconds = secondsOf(ground.retryAfterMs);
  const body = JSON.stringify({
    type: options.problemType ?? 'about:blank',
    title: status === 429 ? 'Too Many Requests' : 'Forbidden',
    status,
    detail: detailOf(ground, seconds, options.detail),
    decision_id: ground.decisionId === '' ? undefined : ground.decisionId,
    grade: ground.grade,
    until: untilOf(nowMs, ground.retryAfterMs),
    retry_after: seconds,
  });
  const headers: Record<string, string> = {
    'content-type': 'application/problem+json; charset=utf-8',
    // Of this subject alone: a shared cache must not hand it to the next one.
    'cache-control': 'no-store',
  };
  if (seconds !== undefined) {
    headers['retry-after'] = String(seconds);
    Object.assign(headers, rateLimitHeaders(seconds, limitOf(ground, options.limitOf)));
  }
  return { status, headers, body };
}

const STATUSES: Readonly<Record<DecisionGrade, 403 | 429>> = {
  temporary: 429,
  extended: 429,
  review_required: 403,
  permanent: 403,
};

/** `undefined`: no end that is known. A wait that is over by now still asks for one second. */
function secondsOf(retryAfterMs: number | undefined): number | undefined {
  if (retryAfterMs === undefined || !Number.isFinite(retryAfterMs)) return undefined;
  return Math.max(1, Math.ceil(retryAfterMs / 1000));
}

// The last time that a JavaScript date can hold; behind it there is no text for it.
const DATE_MS_MAX = 8.64e15;

function untilOf(nowMs: number, retryAfterMs: number | undefined): string | undefined {
  const untilMs = nowMs + (retryAfterMs ?? NaN);
  return untilMs <= DATE_MS_MAX ? new Date(untilMs).toISOString() : undefined;
}

function rateLimitHeaders(seconds: number, known: RequestLimit | undefined): Record<string, string> {
  const limit = known?.limit ?? 0;
  const windowSeconds = known === undefined ? seconds : Math.ceil(known.windowMs / 1000);
  return {
    'ratelimit-policy': `${limit};w=${windowSeconds}`,
    ratelimit: `limit=${limit}, remaining=0, reset=${seconds}`,
  };
}

function limitOf(ground: VerdictGround, ask: RefusalOptions['limitOf']): RequestLimit | undefined {
  try {
    const found = ask?.(ground);
    return found !== undefined && Number.isFinite(found.limit) && Number.isFinite(found.windowMs)
      ? found
      : undefined;
  } catch {
    return undefined;
  }
}

function detailOf(ground: VerdictGround, seconds: number | undefined, ask: RefusalOptions['detail']): string {
  try {
    const text: unknown = ask?.(ground);
    if (typeof text === 'string') return text;
  } catch {
    // The sentence below says enough.
  }
  switch (ground.grade) {
    case 'temporary':
    case 'extended':
      return seconds === undefined
        ? 'Too many requests. Try again later.'
        : `Too many requests. Try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`;
    case 'review_required':
      return 'Access is suspended until a person has looked at it.';
    case 'permanent':
      return 'Access is not permitted.';
  }
}
