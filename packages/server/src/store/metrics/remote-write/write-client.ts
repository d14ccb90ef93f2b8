/**
 * One request of remote write, and what its answer means.
 *
 * | answer | meaning |
 * |---|---|
 * | 2xx | written; with version 2 the headers say how much |
 * | 415, and 2xx to version 2 without those headers | the remote does not speak version 2: the old receivers ignore the content type and read nothing out of it |
 * | 5xx, no answer, too late, 429 where told | repeat, not before Retry-After |
 * | anything else | never repeat: the same request would be refused again |
 *
 * 307 and 308 are followed with the same body; headers with secrets go to the first origin only. Other redirects
 * would turn the request into a GET, and count as refusals.
 */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import type { Clock, Files } from '@vedette/model';
import { HttpClient, type HttpAgents } from '../../../lib/http-client.ts';
import type { RemoteWriteConfig, WriteMessage } from './config.ts';
import { http } from '../../../lib/node-http.ts';

/** What the remote says it wrote, by the headers of version 2. */
export interface WrittenCounts {
  readonly samples: number;
  readonly histograms: number;
  readonly exemplars: number;
}

export type WriteOutcome =
  | { readonly kind: 'written'; readonly written: WrittenCounts | undefined }
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'retry'; readonly reason: string; readonly retryAfterMs: number }
  | {
      readonly kind: 'refused';
      readonly status: number;
      readonly reason: string;
      readonly written: WrittenCounts | undefined;
    };

// As Go's client: the eleventh request is not made.
const REDIRECTS_MAX = 10;

/** What is read of an answer, for its error text. */
const ANSWER_BYTES_MAX = 16_384;

/** What of it is shown to people: the first line, as long as Prometheus shows. */
const REASON_CHARACTERS_MAX = 512;

// A proxy that says "tomorrow" must not silence the sender for a day; ten minutes are rest enough for any server.
const RETRY_AFTER_MS_MAX = 600_000;

export interface WriteClientDeps {
  readonly clock: Clock;
  readonly files: Files;
}

export class WriteClient {
  readonly #clock: Clock;
  readonly #config: RemoteWriteConfig;
  readonly #userAgent: string;
  readonly #http: HttpClient;

  constructor(
    deps: WriteClientDeps,
    options: { config: RemoteWriteConfig; userAgent: string; directory: string },
  ) {
    const { config, userAgent, directory } = options;
    this.#clock = deps.clock;
    this.#config = config;
    this.#userAgent = userAgent;
    this.#http = new HttpClient(deps, { config, directory, errorCode: 'VED_REMOTE_WRITE_FAILED' });
  }

  /** `body` is compressed. Rejects only when `signal` aborts, with its reason. */
  async post(body: Uint8Array, message: WriteMessage, signal: AbortSignal): Promise<WriteOutcome> {
    const request = new AbortController();
    const timeoutMs = this.#config.remote_timeout;
    const timer = this.#clock.setTimer(timeoutMs, () =>
      request.abort(new Error(`no answer within ${timeoutMs} ms`)),
    );
    const onAbort = (): void => request.abort(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      const answer = await this.#send(body, message, request.signal);
      return this.#outcomeOf(answer, message);
    } catch (error) {
      signal.throwIfAborted();
      const cause: unknown = request.signal.aborted ? request.signal.reason : error;
      return { kind: 'retry', reason: reasonOf(cause), retryAfterMs: 0 };
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
    }
  }

  close(): void {
    this.#http.close();
  }

  async #send(body: Uint8Array, message: WriteMessage, signal: AbortSignal): Promise<Answer> {
    const agents = await this.#http.agents();
    const secretHeaders = await this.#http.secretHeaders();
    let url = new URL(this.#config.url);
    const { origin } = url;
    for (let redirectCount = 0; ; redirectCount++) {
      const headers = {
        ...this.#config.headers,
        ...(url.origin === origin ? secretHeaders : {}),
        ...protocolHeaders(message),
        'User-Agent': this.#userAgent,
        'Content-Length': String(body.length),
      };
      const answer = await postOnce({ url, headers, body, agents, signal });
      const location = answer.status === 307 || answer.status === 308 ? answer.headers.location : undefined;
      if (location === undefined || !this.#config.follow_redirects) return answer;
      if (redirectCount === REDIRECTS_MAX || !URL.canParse(location, url)) return answer;
      url = new URL(location, url);
      if (url.protocol !== 'http:' && url.protocol !== 'https:') return answer;
    }
  }

  #outcomeOf({ status, headers, text }: Answer, message: WriteMessage): WriteOutcome {
    const isVersion2 = message === 'io.prometheus.write.v2.Request';
    const written = isVersion2 ? writtenCountsOf(headers) : undefined;
    const isWritten = status >= 200 && status < 300;
    if (isVersion2 && (status === 415 || (isWritten && written === undefined)))
      return { kind: 'unsupported' };
    if (isWritten) return { kind: 'written', written };
    const line = (text.split('\n')[0] ?? '').slice(0, REASON_CHARACTERS_MAX).trim();
    const reason = `server returned HTTP status ${status} ${http.STATUS_CODES[status] ?? ''}${line === '' ? '' : `: ${line}`}`;
    const isRetriable = status >= 500 || (status === 429 && this.#config.queue_config.retry_on_http_429);
    if (!isRetriable) return { kind: 'refused', status, reason, written };
    return {
      kind: 'retry',
      reason,
      retryAfterMs: retryAfterMsOf(headers['retry-after'], this.#clock.nowMs()),
    };
  }
}

function protocolHeaders(message: WriteMessage): Readonly<Record<string, string>> {
  const isVersion2 = message === 'io.prometheus.write.v2.Request';
  return {
    'Content-Encoding': 'snappy',
    'Content-Type': isVersion2 ? `application/x-protobuf;proto=${message}` : 'application/x-protobuf',
    'X-Prometheus-Remote-Write-Version': isVersion2 ? '2.0.0' : '0.1.0',
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface PostRequest {
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
  readonly agents: HttpAgents;
  readonly signal: AbortSignal;
}

function postOnce({ url, headers, body, agents, signal }: PostRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const isTls = url.protocol === 'https:';
    const client = isTls ? https : http;
    const options = { method: 'POST', headers, signal, agent: isTls ? agents.https : agents.http };
    const outgoing = client.request(url, options, (incoming) => {
      readText(incoming).then(
        (text) => resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** The status has decided already: an answer that breaks off changes nothing. One that is endless costs the limit. */
async function readText(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      if (bytes >= ANSWER_BYTES_MAX) break;
    }
  } catch {
    // Broken off.
  }
  return Buffer.concat(parts).subarray(0, ANSWER_BYTES_MAX).toString('utf8');
}

const WRITTEN_HEADERS = {
  samples: 'x-prometheus-remote-write-samples-written',
  histograms: 'x-prometheus-remote-write-histograms-written',
  exemplars: 'x-prometheus-remote-write-exemplars-written',
} as const;

/** `undefined` when none of the headers is there: then the receiver does not know them. */
function writtenCountsOf(headers: IncomingHttpHeaders): WrittenCounts | undefined {
  if (!Object.values(WRITTEN_HEADERS).some((name) => headers[name] !== undefined)) return undefined;
  const count = (name: string): number => {
    const parsed = Number(headers[name] ?? 0);
    return Number.isSafeInteger(parsed) && parsed >= 0 ? parsed : 0;
  };
  const { samples, histograms, exemplars } = WRITTEN_HEADERS;
  return { samples: count(samples), histograms: count(histograms), exemplars: count(exemplars) };
}

/** Seconds, or an HTTP date; 0 when there is none, or it is past. */
function retryAfterMsOf(text: string | undefined, nowMs: number): number {
  if (text === undefined) return 0;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Node reports a host with several addresses as a sum without words of its own.
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error.message === '' ? error.name : error.message;
}
