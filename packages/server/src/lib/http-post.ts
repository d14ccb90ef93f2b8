/**
 * One POST to another server, as a client configured like Prometheus' sends it: with a deadline, and 307 and 308
 * followed with the same body. Headers with secrets go to the first origin only. Other redirects would turn the
 * request into a GET, and are answers like any other. Of the answer is read what an error text needs.
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import type { Clock } from '@vedette/model';
import { readAnswerText } from './answer-text.ts';
import type { HttpAgents, HttpClient } from './http-client.ts';
import { http } from './node-http.ts';

// As Go's client: the eleventh request is not made.
const REDIRECTS_MAX = 10;

/** What is read of an answer, for its error text. */
const ANSWER_BYTES_MAX = 16_384;

/** What of it is shown to people: the first line, as long as Prometheus shows. */
const REASON_CHARACTERS_MAX = 512;

export interface PostRequest {
  readonly url: string;
  /** Without secrets; they win over those of the client. */
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
  readonly followsRedirects: boolean;
  /** For the whole exchange, redirects included. */
  readonly timeoutMs: number;
}

export interface PostAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most ANSWER_BYTES_MAX of it. */
  readonly text: string;
}

/**
 * Rejects when no answer came: network errors, the deadline, files of the client that cannot be read, or the reason
 * of `signal`.
 */
export async function postHttp(
  deps: { readonly clock: Clock; readonly client: HttpClient },
  request: PostRequest,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const { timeoutMs } = request;
  signal.throwIfAborted();
  const ended = new AbortController();
  const timer = deps.clock.setTimer(timeoutMs, () =>
    ended.abort(new Error(`no answer within ${timeoutMs} ms`)),
  );
  const onAbort = (): void => ended.abort(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await postFollowing(deps.client, request, ended.signal);
  } catch (error) {
    throw ended.signal.aborted ? ended.signal.reason : error;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', onAbort);
  }
}

/** What an answer that is no success says to people. */
export function reasonOfAnswer({ status, text }: PostAnswer): string {
  const line = (text.split('\n')[0] ?? '').slice(0, REASON_CHARACTERS_MAX).trim();
  return `server returned HTTP status ${status} ${http.STATUS_CODES[status] ?? ''}${line === '' ? '' : `: ${line}`}`;
}

/** Why there is no answer, for people. */
export function reasonOfFailure(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node reports a host with several addresses as a sum without words of its own.
  if (error instanceof AggregateError) return error.errors.map(reasonOfFailure).join('; ');
  return error.message === '' ? error.name : error.message;
}

async function postFollowing(
  client: HttpClient,
  request: PostRequest,
  signal: AbortSignal,
): Promise<PostAnswer> {
  const agents = await client.agents();
  const secretHeaders = await client.secretHeaders();
  const { body } = request;
  let url = new URL(request.url);
  const { origin } = url;
  for (let redirectCount = 0; ; redirectCount++) {
    const headers = {
      ...(url.origin === origin ? secretHeaders : {}),
      ...request.headers,
      'Content-Length': String(body.length),
    };
    const answer = await postOnce({ url, headers, body, agents, signal });
    const location = answer.status === 307 || answer.status === 308 ? answer.headers.location : undefined;
    if (location === undefined || !request.followsRedirects) return answer;
    if (redirectCount === REDIRECTS_MAX || !URL.canParse(location, url)) return answer;
    url = new URL(location, url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') return answer;
  }
}

interface OnePost {
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
  readonly agents: HttpAgents;
  readonly signal: AbortSignal;
}

function postOnce({ url, headers, body, agents, signal }: OnePost): Promise<PostAnswer> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:';
    const client = isTls ? https : http;
    const options = { method: 'POST', headers, signal, agent: isTls ? agents.https : agents.http };
    const outgoing = client.request(url, options, (incoming) => {
      readAnswerText(incoming, ANSWER_BYTES_MAX).then(
        (text) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
