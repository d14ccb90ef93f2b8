/**
 * One HTTP request to a receiver, over Node's own client: no redirects (a redirected POST loses its body
 * or repeats it where nobody meant it to go), no proxy, no pool shared with others. The answer is read
 * up to a limit, for its error text only.
 */
import { readFile } from 'node:fs/promises';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import * as https from 'node:https';
import { http } from '../../lib/node-http.ts';
import type { FailureCategory, SendResult } from './receiver.ts';

/** What is read of an answer: enough for any error text; the rest is not waited for. */
const ANSWER_BYTES_MAX = 16_384;

/** What of it is shown to people. */
const ERROR_CHARS_MAX = 300;

/** A Retry-After beyond this says "not today"; the deadline of the flush comes long before. */
const RETRY_AFTER_MS_MAX = 24 * 3_600_000;

export interface HttpRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly tls: TlsFiles;
}

export interface TlsFiles {
  readonly ca_file?: string | undefined;
  readonly cert_file?: string | undefined;
  readonly key_file?: string | undefined;
  readonly server_name?: string | undefined;
  readonly insecure_skip_verify?: boolean | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most ANSWER_BYTES_MAX of it. */
  readonly text: string;
}

/** Rejects when no answer came: network errors, or the reason of `signal`. */
export async function postHttp(request: HttpRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const tls = request.url.protocol === 'https:' ? await tlsOptionsOf(request.tls) : {};
  const body = Buffer.from(request.body);
  return await new Promise((resolve, reject) => {
    const client = request.url.protocol === 'https:' ? https : http;
    const options = {
      ...tls,
      method: 'POST',
      agent: false,
      signal,
      headers: { ...request.headers, 'Content-Length': String(body.length) },
    };
    const outgoing = client.request(request.url, options, (incoming) => {
      void readText(incoming).then((text) =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
      );
    });
    outgoing.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    outgoing.end(body);
  });
}

/** Alertmanager's judgement, and ours on 408 and 429, which mean "later". */
export function resultOf(answer: HttpAnswer, nowMs: number): SendResult {
  const { status } = answer;
  if (status >= 200 && status < 300) return { kind: 'delivered' };
  const text = answer.text.slice(0, ERROR_CHARS_MAX).trim();
  const redirect = status >= 300 && status < 400 ? `; redirects are not followed` : '';
  return {
    kind: 'failed',
    isRetriable: status >= 500 || status === 429 || status === 408,
    retryAfterMs: retryAfterMsOf(answer.headers['retry-after'], nowMs),
    category: categoryOf(status),
    error: `unexpected status code ${status}${redirect}${text === '' ? '' : `: ${text}`}`,
  };
}

function categoryOf(status: number): FailureCategory {
  if (status === 401 || status === 403) return 'authError';
  if (status === 429) return 'rateLimited';
  if (status >= 500) return 'serverError';
  return status >= 400 ? 'clientError' : 'other';
}

/** Seconds, or an HTTP date. */
function retryAfterMsOf(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), RETRY_AFTER_MS_MAX);
}

/**
 * What the answer says, as far as it comes: the status has decided already, and a body that breaks off or
 * hangs until the time limit does not make a delivery undone.
 */
async function readText(incoming: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const part of incoming as AsyncIterable<Buffer>) {
      parts.push(part);
      bytes += part.length;
      // Leaving the loop destroys the connection: an endless answer costs no more than the limit.
      if (bytes >= ANSWER_BYTES_MAX) break;
    }
  } catch {
    // Broken off.
  }
  return Buffer.concat(parts).subarray(0, ANSWER_BYTES_MAX).toString('utf8');
}

async function tlsOptionsOf(tls: TlsFiles): Promise<https.RequestOptions> {
  const read = async (file: string | undefined): Promise<string | undefined> =>
    file === undefined ? undefined : await readFile(file, 'utf8');
  const [ca, cert, key] = await Promise.all([read(tls.ca_file), read(tls.cert_file), read(tls.key_file)]);
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tls.server_name === undefined ? {} : { servername: tls.server_name }),
    rejectUnauthorized: tls.insecure_skip_verify !== true,
  };
}
