/**
 * The client of a Prometheus-compatible HTTP API: one request, its answer as `{status, data, warnings, infos}`,
 * its errors as ours.
 *
 * 1. Forms are posted; a server that answers 405 is asked with GET from then on (a proxy may allow nothing else).
 * 2. A body is read whole, up to `ANSWER_BYTES_MAX`, then walked with a cursor: the caller takes `data` apart
 *    and pauses as it likes, so that a long answer does not hold the event loop.
 * 3. An error body of the API counts by its `errorType`; where that says nothing (VictoriaMetrics writes the HTTP
 *    status there) and for bodies of proxies, the HTTP status counts.
 *
 * Rejected: `fetch`. It knows neither client certificates nor connection pools per client without its agent.
 */
import {
  ExecutionError,
  ExpectedError,
  InputError,
  TimeoutError,
  UnavailableError,
  UnsupportedError,
  type Files,
} from '@vedette/model';
import type { HttpClientConfig } from '../../../lib/http-client-config.ts';
import { HttpClient } from '../../../lib/http-client.ts';
import { JsonCursor } from '../../../lib/json-cursor.ts';
import type { PrometheusApi, PrometheusApiAnswer, PrometheusApiRequest } from '../port.ts';
import { exchange, type Exchange } from './http-exchange.ts';

export interface PrometheusApiOptions {
  /** With the path prefix of the API, without `/api/v1`; may hold user and password. */
  readonly url: string;
  readonly http: HttpClientConfig;
  /** Files that `http` names are relative to it. */
  readonly directory: string;
  readonly userAgent: string;
  /** What errors call it; `the metrics engine` when absent. */
  readonly name?: string;
  /** What to do when it refuses us; the keys of the storage when absent. */
  readonly refusedRemedy?: string;
  /** Of one answer, unpacked; `ANSWER_BYTES_MAX` when absent. */
  readonly answerBytesMax?: number;
}

/** The API with its connections. */
export interface OpenPrometheusApi extends PrometheusApi {
  close(): void;
}

// 64 MiB are 2.6 million points of a matrix; the columns made of them take 40 MB. More is no answer for a page.
export const ANSWER_BYTES_MAX = 64 * 2 ** 20;

const ENGINE_NAME = 'the metrics engine';

/** So much of a body that is no answer of the API stands in the error. */
const BODY_SHOWN_MAX = 200;

export function createPrometheusApi(
  deps: { readonly files: Files },
  options: PrometheusApiOptions,
): OpenPrometheusApi {
  const base = new URL(options.url);
  const client = new HttpClient(deps, {
    config: withUrlCredentials(options.http, base),
    directory: options.directory,
    errorCode: 'VED_ENGINE_UNAVAILABLE',
  });
  base.username = '';
  base.password = '';
  const url = base.href.replace(/\/+$/, '');
  const getOnly = new Set<string>();
  const send = async (request: PrometheusApiRequest, signal: AbortSignal): Promise<Exchange> =>
    await exchange(
      {
        url: new URL(url + request.path),
        method: getOnly.has(request.path) ? 'GET' : request.method,
        form: request.form ?? new URLSearchParams(),
        headers: { 'user-agent': options.userAgent, accept: 'application/json', 'accept-encoding': 'gzip' },
        secretHeaders: await client.secretHeaders(),
        agents: await client.agents(),
        bodyBytesMax: options.answerBytesMax ?? ANSWER_BYTES_MAX,
        name: options.name ?? ENGINE_NAME,
        followsRedirects: options.http.follow_redirects,
      },
      signal,
    );
  return {
    url,
    close: () => client.close(),
    call: async (request, read, signal) => {
      try {
        let answer = await send(request, signal);
        if (answer.status === 405 && request.method === 'POST' && !getOnly.has(request.path)) {
          getOnly.add(request.path);
          answer = await send(request, signal);
        }
        return await readAnswer(answer, read, options.refusedRemedy ?? REFUSED_REMEDY);
      } catch (error) {
        signal.throwIfAborted();
        throw explained(error, { url, name: options.name ?? ENGINE_NAME });
      }
    },
  };
}

/** `http://user:password@host` means basic auth, as in Prometheus. */
function withUrlCredentials(config: HttpClientConfig, { username, password }: URL): HttpClientConfig {
  if (username === '' || config.basic_auth !== undefined || config.authorization !== undefined) return config;
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`);
  const value = `Basic ${credentials.toString('base64')}`;
  return {
    ...config,
    http_headers: { ...config.http_headers, authorization: { values: [value], secrets: [], files: [] } },
  };
}

interface ErrorBody {
  readonly type: string;
  readonly message: string;
}

async function readAnswer<T>(
  { status, body }: Exchange,
  read: (data: JsonCursor) => T | Promise<T>,
  refusedRemedy: string,
): Promise<PrometheusApiAnswer<T>> {
  if (status < 200 || status > 299)
    throw faultOf(status, findErrorBody(body) ?? plainErrorOf(body), refusedRemedy);
  assertNoPage(body);
  const cursor = new JsonCursor(body);
  let data: T | undefined;
  const texts: Record<string, unknown> = {};
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'data' && !isNull(cursor)) data = await read(cursor);
    else if (ENVELOPE.has(key)) texts[key] = cursor.readValue();
    else cursor.skip();
  }
  if (texts['status'] === 'error')
    throw faultOf(
      status,
      { type: String(texts['errorType']), message: String(texts['error']) },
      refusedRemedy,
    );
  return { data, warnings: textsOf(texts['warnings']), infos: textsOf(texts['infos']) };
}

/** What stands at a wrong address, and what a proxy shows to people, is a page. */
function assertNoPage(body: Buffer): void {
  if (!/^\s*</.test(body.toString('latin1', 0, BODY_SHOWN_MAX))) return;
  throw unavailable(
    'it answers with a page of HTML and no JSON; is the address right with its path, and does no sign-in stand before it?',
  );
}

const ENVELOPE: ReadonlySet<string> = new Set(['status', 'errorType', 'error', 'warnings', 'infos']);

/** Go writes an empty list as null here and there. */
function isNull(cursor: JsonCursor): boolean {
  return !cursor.isNext('object') && !cursor.isNext('array') && !cursor.isNext('string');
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** A body of this size at most is looked at for an error: they are sentences. */
const ERROR_BYTES_MAX = 64 * 1024;

function findErrorBody(body: Buffer): ErrorBody | undefined {
  if (body.length > ERROR_BYTES_MAX) return undefined;
  try {
    const value = JSON.parse(body.toString('utf8')) as unknown;
    if (typeof value !== 'object' || value === null || !('error' in value)) return undefined;
    const type = 'errorType' in value ? String(value.errorType) : '';
    return { type, message: String(value.error) };
  } catch {
    return undefined;
  }
}

function plainErrorOf(body: Buffer): ErrorBody {
  const text = body.toString('utf8', 0, BODY_SHOWN_MAX).replaceAll(/\s+/g, ' ').trim();
  return { type: '', message: text };
}

/** Upstream puts the name of the parameter in front; whoever answers our callers does that again. */
const PARAMETER_PREFIX = /^invalid parameter "(?:query|match\[\])": /;

function faultOf(status: number, { type, message }: ErrorBody, refusedRemedy: string): ExpectedError {
  switch (KINDS.get(type) ?? kindOfStatus(status)) {
    case 'input':
      return new InputError(
        'VED_QUERY_INVALID',
        message.replace(PARAMETER_PREFIX, '') || `HTTP status ${status}`,
      );
    case 'execution':
      return new ExecutionError('VED_QUERY_EXECUTION', message || `HTTP status ${status}`);
    case 'timeout':
      return new TimeoutError('VED_QUERY_TIMEOUT', message);
    case 'unsupported':
      return new UnsupportedError('VED_ENGINE_UNSUPPORTED', `it has no such path (HTTP status ${status})`);
    case 'refused':
      return unavailable(`it refuses our credentials (HTTP status ${status}); ${refusedRemedy}`);
    case 'unavailable':
      return unavailable(`it answers with HTTP status ${status}${message === '' ? '' : `: ${message}`}`);
  }
}

const REFUSED_REMEDY = 'see basic_auth and authorization under storage.metrics';

type FaultKind = 'input' | 'execution' | 'timeout' | 'unsupported' | 'refused' | 'unavailable';

const KINDS: ReadonlyMap<string, FaultKind> = new Map([
  ['bad_data', 'input'],
  ['execution', 'execution'],
  ['timeout', 'timeout'],
  ['canceled', 'unavailable'],
  ['internal', 'unavailable'],
  ['unavailable', 'unavailable'],
]);

function kindOfStatus(status: number): FaultKind {
  if (status === 400) return 'input';
  if (status === 422) return 'execution';
  if (status === 401 || status === 403) return 'refused';
  if (status === 404 || status === 405 || status === 501) return 'unsupported';
  return 'unavailable';
}

function unavailable(reason: string, cause?: unknown): UnavailableError {
  return new UnavailableError('VED_ENGINE_UNAVAILABLE', reason, { cause });
}

/** Says which engine could not be asked; what the engine says about the question itself stays as it is. */
function explained(error: unknown, { url, name }: { readonly url: string; readonly name: string }): unknown {
  if (!(error instanceof ExpectedError)) return error;
  const isAboutQuestion = error.code !== 'VED_ENGINE_UNAVAILABLE' && error.code !== 'VED_ENGINE_UNSUPPORTED';
  if (isAboutQuestion && error.code !== 'VED_BODY_INVALID') return error;
  const text = `cannot ask ${name} at ${url}: ${error.message}`;
  return error instanceof UnsupportedError
    ? new UnsupportedError(error.code, text, { cause: error })
    : unavailable(text, error);
}
