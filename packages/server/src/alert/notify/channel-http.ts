/**
 * HTTP as channels speak it: one request at a time on a connection of its own, no redirects (a redirected
 * POST loses its body or repeats it where nobody meant it to go), no proxy. Credentials and certificates
 * are read for each request. The answer is read up to a limit: for its error text, and for what some
 * services say in it although the status is 200.
 */
import type { Agent, IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import { readAnswerText } from '../../lib/answer-text.ts';
import type { HttpClientConfig as ClientConfig } from '../../lib/http-client-config.ts';
import { HttpClient } from '../../lib/http-client.ts';
import { http } from '../../lib/node-http.ts';
import type { HttpClientConfig } from '../config/http-config.ts';
import type { FailureCategory, SendResult } from './receiver.ts';
import { withoutSecrets } from './redact.ts';
import type { SenderDeps } from './sender.ts';
import { addressSecrets } from './webhook-address.ts';

/** What is read of an answer: enough for any error text; the rest is not waited for. */
const ANSWER_BYTES_MAX = 16_384;

/** What of it is shown to people. */
const ERROR_CHARS_MAX = 300;

/** A Retry-After beyond this says "not today"; the deadline of the flush comes long before. */
const RETRY_AFTER_MS_MAX = 24 * 3_600_000;

export interface ChannelRequest {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface ChannelAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** At most ANSWER_BYTES_MAX of it, without the credentials of the request. */
  readonly text: string;
}

export interface ChannelHttp {
  /** POST unless it says otherwise. Rejects when no answer came: network errors, or the reason of `signal`. */
  request(request: ChannelRequest, signal: AbortSignal): Promise<ChannelAnswer>;
  /** POST with `value` as JSON. */
  postJson(url: URL, value: unknown, signal: AbortSignal): Promise<ChannelAnswer>;
}

/** `config` is the integration's `http_config`, with that of `global` where it had none. */
export function createChannelHttp(
  { files, version, onMessage }: Pick<SenderDeps, 'files' | 'version' | 'onMessage'>,
  config: HttpClientConfig | undefined,
): ChannelHttp {
  const client = new HttpClient(
    { files },
    { config: clientConfigOf(config), directory: '/', errorCode: 'VED_NOTIFY_FAILED', keepAlive: false },
  );
  const request = async (asked: ChannelRequest, signal: AbortSignal): Promise<ChannelAnswer> => {
    const [agents, secrets] = await Promise.all([client.agents(), client.secretHeaders()]);
    const headers = { 'User-Agent': `Vedette/${version}`, ...secrets, ...asked.headers };
    onMessage?.(shownMessage(asked, Object.values(secrets).flatMap(credentialsOf)));
    const isSecure = asked.url.protocol === 'https:';
    const agent = isSecure ? agents.https : agents.http;
    const answer = await exchange(asked, { headers, agent }, signal);
    // Some services repeat in their answer what they were sent.
    return { ...answer, text: withoutSecrets(answer.text, Object.values(secrets).flatMap(credentialsOf)) };
  };
  return {
    request,
    postJson: (url, value, signal) =>
      request({ url, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) }, signal),
  };
}

/** Keys of JSON that hold what a service knows its caller by. */
const SECRET_FIELDS = /("(?:routing_key|sign|[a-z_]*(?:token|secret|password))"\s*:\s*)"(?:[^"\\]|\\.)*"/gi;

/** What leaves, as people may see it. */
function shownMessage({ url, body = '' }: ChannelRequest, credentials: readonly string[]): string {
  const text = body.replaceAll(SECRET_FIELDS, '$1"<secret>"');
  return withoutSecrets(text, [...addressSecrets(url), ...credentials]);
}

/** A header's value, and what follows the scheme of an authorization. */
function credentialsOf(value: OutgoingHttpHeaders[string]): string[] {
  return [value ?? []].flat().flatMap((text) => {
    const whole = String(text);
    return [whole, whole.slice(whole.indexOf(' ') + 1)];
  });
}

async function exchange(
  { url, method = 'POST', body }: ChannelRequest,
  { headers, agent }: { readonly headers: OutgoingHttpHeaders; readonly agent: Agent },
  signal: AbortSignal,
): Promise<ChannelAnswer> {
  const bytes = Buffer.from(body ?? '');
  return await new Promise((resolve, reject) => {
    const client = url.protocol === 'https:' ? https : http;
    const sent = body === undefined ? headers : { ...headers, 'Content-Length': String(bytes.length) };
    const outgoing = client.request(url, { method, agent, signal, headers: sent }, (incoming) => {
      void readAnswerText(incoming, ANSWER_BYTES_MAX).then((text) =>
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text }),
      );
    });
    outgoing.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
    outgoing.end(bytes);
  });
}

/** Alertmanager's judgement, and ours on 408 and 429, which mean "later". */
export function resultOf(answer: ChannelAnswer, nowMs: number): SendResult {
  const { status } = answer;
  const text = answer.text.slice(0, ERROR_CHARS_MAX).trim();
  if (status >= 200 && status < 300) return { kind: 'delivered', answer: { status, text } };
  const redirect = status >= 300 && status < 400 ? `; redirects are not followed` : '';
  return {
    kind: 'failed',
    isRetriable: status >= 500 || status === 429 || status === 408,
    retryAfterMs: retryAfterMsOf(answer.headers['retry-after'], nowMs),
    category: categoryOf(status),
    error: `unexpected status code ${status}${redirect}${text === '' ? '' : `: ${text}`}`,
    answer: { status, text },
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

/** Keys that are not set are empty texts in Alertmanager's configuration, and absent in the client's. */
function clientConfigOf(config: HttpClientConfig | undefined): ClientConfig {
  const { basic_auth: basic, authorization, tls_config: tls } = config ?? {};
  return {
    basic_auth: basic && {
      username: orAbsent(basic.username),
      username_file: orAbsent(basic.username_file),
      password: basic.password,
      password_file: orAbsent(basic.password_file),
    },
    authorization: authorization && {
      type: authorization.type,
      credentials: authorization.credentials,
      credentials_file: orAbsent(authorization.credentials_file),
    },
    tls_config: tls && {
      ca: orAbsent(tls.ca),
      ca_file: orAbsent(tls.ca_file),
      cert: orAbsent(tls.cert),
      cert_file: orAbsent(tls.cert_file),
      key: tls.key,
      key_file: orAbsent(tls.key_file),
      server_name: orAbsent(tls.server_name),
      insecure_skip_verify: tls.insecure_skip_verify,
      min_version: tls.min_version,
      max_version: tls.max_version,
    },
    http_headers: config?.http_headers && secretHeadersOf(config.http_headers),
    follow_redirects: false,
    enable_http2: false,
  };
}

/** Values that can be undefined are those that were written as empty texts. */
function secretHeadersOf(
  headers: NonNullable<HttpClientConfig['http_headers']>,
): NonNullable<ClientConfig['http_headers']> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, { values, secrets, files }]) => [
      name,
      { values, files, secrets: secrets.filter((text) => text !== undefined) },
    ]),
  );
}

function orAbsent(text: string): string | undefined {
  return text === '' ? undefined : text;
}
