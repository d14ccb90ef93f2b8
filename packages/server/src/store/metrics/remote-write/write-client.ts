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
 * 307 and 308 are followed; other redirects count as refusals.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Clock, Files } from '@vedette/model';
import { HttpClient } from '../../../lib/http-client.ts';
import { postHttp, reasonOfAnswer, reasonOfFailure, type PostAnswer } from '../../../lib/http-post.ts';
import type { RemoteWriteConfig, WriteMessage } from './config.ts';

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
    const { url, headers, follow_redirects: followsRedirects, remote_timeout: timeoutMs } = this.#config;
    const deps = { clock: this.#clock, client: this.#http };
    const all = { ...headers, ...protocolHeaders(message), 'User-Agent': this.#userAgent };
    try {
      const request = { url, headers: all, body, followsRedirects, timeoutMs };
      return this.#outcomeOf(await postHttp(deps, request, signal), message);
    } catch (error) {
      signal.throwIfAborted();
      return { kind: 'retry', reason: reasonOfFailure(error), retryAfterMs: 0 };
    }
  }

  close(): void {
    this.#http.close();
  }

  #outcomeOf(answer: PostAnswer, message: WriteMessage): WriteOutcome {
    const { status, headers } = answer;
    const isVersion2 = message === 'io.prometheus.write.v2.Request';
    const written = isVersion2 ? writtenCountsOf(headers) : undefined;
    const isWritten = status >= 200 && status < 300;
    if (isVersion2 && (status === 415 || (isWritten && written === undefined)))
      return { kind: 'unsupported' };
    if (isWritten) return { kind: 'written', written };
    const reason = reasonOfAnswer(answer);
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
