/** How the making of a narrative ended, and why: the label of a metric, and words for logs and the audit. */
import { ExpectedError } from '@vedette/model';

export const NARRATIVE_OUTCOMES = [
  /** A narrative was made. */
  'told',
  /** As many were begun within the hour as may. */
  'hourly_limit',
  /** The provider asked to wait, and the time is not over. */
  'paused',
  /** The provider answered 429. */
  'rate_limited',
  /** The provider answered 4xx: a wrong key, name or URL. */
  'refused',
  /** The provider answered 5xx. */
  'provider_error',
  /** No connection, or it broke. */
  'unreachable',
  /** The limit of seconds. */
  'timeout',
  /** The limit of tokens. */
  'token_limit',
  /** The limit of calls, before there was an answer. */
  'call_limit',
  /** The answer is longer than its limit. */
  'too_large',
  /** What came is no answer of this API, or not of the form that was asked for. */
  'malformed',
  /** No claim of the answer stands. */
  'unsupported',
  /** The key cannot be read. */
  'no_key',
  /** Nobody waits any more. */
  'canceled',
  /** A mistake of ours. */
  'failed',
] as const;

export type NarrativeOutcome = (typeof NARRATIVE_OUTCOMES)[number];

/** Ends a narrative with an outcome. */
export class NarrativeError extends Error {
  readonly outcome: NarrativeOutcome;
  /** Of the provider's answer. */
  readonly status: number | undefined;
  /** How long the provider wants to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    outcome: NarrativeOutcome,
    message: string,
    options: ErrorOptions & { readonly status?: number; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(message, options);
    this.name = new.target.name;
    this.outcome = outcome;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
  }
}

// A provider that asks for more is asked again after that; the hourly limit holds in any case.
export const RETRY_AFTER_MS_MAX = 3_600_000;

// Where it does not say.
const RETRY_AFTER_MS_DEFAULT = 60_000;

/** What the library threw, as one of the outcomes. `signal` is that of the whole narrative. */
export function narrativeErrorOf(error: unknown, signal: AbortSignal): NarrativeError {
  const reason: unknown = signal.aborted ? signal.reason : error;
  const own = causeOf(reason, (one) => one instanceof NarrativeError);
  if (own instanceof NarrativeError) return own;
  if (signal.aborted)
    return new NarrativeError('canceled', 'nobody waits for it any more', { cause: reason });
  const api = causeOf(error, isApiError);
  if (isApiError(api)) return apiOutcome(api);
  if (error instanceof ExpectedError) return new NarrativeError('no_key', error.message, { cause: error });
  if (causeOf(error, isNetworkError) !== undefined)
    return new NarrativeError('unreachable', `cannot reach the provider: ${messageOf(error)}`, {
      cause: error,
    });
  if (causeOf(error, isFormError) !== undefined)
    return new NarrativeError(
      'malformed',
      `what the provider answers is not of its API: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  return new NarrativeError('failed', `cannot ask the model: ${messageOf(error)}`, { cause: error });
}

interface ApiError extends Error {
  readonly statusCode?: number;
  readonly responseHeaders?: Record<string, string>;
}

function apiOutcome(error: ApiError): NarrativeError {
  const { statusCode: status, responseHeaders: headers = {}, message } = error;
  if (status === undefined)
    return new NarrativeError('unreachable', `cannot reach the provider: ${message}`, { cause: error });
  const options = { cause: error, status };
  if (status === 429) {
    const retryAfterMs = retryAfterOf(headers['retry-after']);
    return new NarrativeError('rate_limited', `the provider asks to wait ${retryAfterMs / 1000} s`, {
      ...options,
      retryAfterMs,
    });
  }
  if (status >= 500)
    return new NarrativeError('provider_error', `the provider answers with status ${status}`, options);
  if (status >= 300)
    return new NarrativeError(
      'refused',
      `the provider answers with status ${status}; look at url, name and the key of agent.model`,
      options,
    );
  return new NarrativeError('malformed', `what the provider answers is not of its API: ${message}`, options);
}

/** Seconds alone: a date would need its clock to be right. */
function retryAfterOf(header: string | undefined): number {
  const seconds = header === undefined || !/^\s*\d+(?:\.\d+)?\s*$/.test(header) ? NaN : Number(header);
  return Number.isNaN(seconds) ? RETRY_AFTER_MS_DEFAULT : Math.min(seconds * 1000, RETRY_AFTER_MS_MAX);
}

// Errors that wrap themselves do not hold us.
const CAUSES_MAX = 8;

function causeOf(error: unknown, is: (one: unknown) => boolean): unknown {
  let one = error;
  for (let depth = 0; depth < CAUSES_MAX && one instanceof Error; depth++) {
    if (is(one)) return one;
    one = one.cause;
  }
  return undefined;
}

/** By name: the class would load the library. */
function isApiError(error: unknown): error is ApiError {
  return error instanceof Error && error.name === 'AI_APICallError';
}

function isFormError(error: unknown): boolean {
  return error instanceof Error && /^AI_|^SyntaxError$/.test(error.name);
}

function isNetworkError(error: unknown): boolean {
  return (
    error instanceof Error &&
    ((error instanceof TypeError && /fetch failed|terminated/.test(error.message)) ||
      ('code' in error && typeof error.code === 'string' && /^(?:E[A-Z]+|UND_ERR_\w+)$/.test(error.code)))
  );
}

function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.slice(0, MESSAGE_CHARS_MAX);
}

// A page of HTML says no more after that.
const MESSAGE_CHARS_MAX = 300;
