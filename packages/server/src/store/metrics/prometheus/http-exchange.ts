import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import { ExecutionError, ExpectedError, UnavailableError } from '@vedette/model';
import { readBoundedBody } from '../../../lib/bounded-body.ts';
import type { HttpAgents } from '../../../lib/http-client.ts';
import { http } from '../../../lib/node-http.ts';

/** A question as a form, whose answer is read whole, within bounds. */
export interface ExchangeRequest {
  readonly url: URL;
  /** A form that is posted stands in the body, else in the address. */
  readonly method: 'GET' | 'POST';
  readonly form: URLSearchParams;
  readonly headers: OutgoingHttpHeaders;
  /** Sent to the first origin only: a redirect must not carry secrets elsewhere. */
  readonly secretHeaders: OutgoingHttpHeaders;
  readonly agents: HttpAgents;
  /** Uncompressed; a longer answer is refused while it is read. */
  readonly bodyBytesMax: number;
  /** What errors call who is asked. */
  readonly name: string;
  readonly followsRedirects: boolean;
}

export interface Exchange {
  readonly status: number;
  readonly body: Buffer;
}

/** As Go's client: the eleventh request is not made. */
const REDIRECTS_MAX = 10;

/**
 * Asks, follows redirects, repeats once when a kept-alive connection turns out to be closed: questions change
 * nothing. Rejects with `UnavailableError` (VED_ENGINE_UNAVAILABLE) when there is no complete answer, with
 * `ExecutionError` (VED_QUERY_TOO_LARGE) when it is too long; when `signal` aborts, everything is torn down and its
 * reason thrown.
 */
export async function exchange(request: ExchangeRequest, signal: AbortSignal): Promise<Exchange> {
  let { url, method } = request;
  const { origin } = url;
  try {
    for (let redirectCount = 0; ; redirectCount++) {
      const secrets = url.origin === origin ? request.secretHeaders : {};
      const response = await open({ ...request, url, method, secretHeaders: secrets }, signal);
      const status = response.statusCode ?? 0;
      const location =
        request.followsRedirects && REDIRECTS.has(status) ? response.headers.location : undefined;
      if (location === undefined) return { status, body: await readBody(response, request, signal) };
      response.destroy();
      if (redirectCount === REDIRECTS_MAX) throw fault(`stopped after ${REDIRECTS_MAX} redirects`);
      if (!URL.canParse(location, url)) throw fault(`cannot follow redirect to ${JSON.stringify(location)}`);
      url = new URL(location, url);
      if (url.protocol !== 'http:' && url.protocol !== 'https:')
        throw fault(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
      if (status !== 307 && status !== 308) method = 'GET';
    }
  } catch (error) {
    signal.throwIfAborted();
    throw described(error);
  }
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

async function open(request: ExchangeRequest, signal: AbortSignal): Promise<IncomingMessage> {
  try {
    return await openOnce(request, signal);
  } catch (error) {
    if (!(error instanceof ReusedSocketError) || signal.aborted) throw error;
    return await openOnce(request, signal);
  }
}

class ReusedSocketError extends Error {}

function openOnce(request: ExchangeRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { method, headers, secretHeaders, agents, form } = request;
    const url = new URL(request.url);
    const body = method === 'POST' ? Buffer.from(form.toString()) : undefined;
    if (body === undefined) for (const [name, value] of form) url.searchParams.append(name, value);
    const bodyHeaders =
      body === undefined
        ? {}
        : { 'content-type': 'application/x-www-form-urlencoded', 'content-length': body.length };
    const isTls = url.protocol === 'https:';
    const options = {
      method,
      headers: { ...headers, ...bodyHeaders, ...secretHeaders },
      signal,
      agent: isTls ? agents.https : agents.http,
    };
    const outgoing = isTls ? https.request(url, options) : http.request(url, options);
    outgoing.on('response', resolve);
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isStale ? new ReusedSocketError(error.message, { cause: error }) : error);
    });
    outgoing.end(body);
  });
}

async function readBody(
  response: IncomingMessage,
  { bodyBytesMax, name }: ExchangeRequest,
  signal: AbortSignal,
): Promise<Buffer> {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  try {
    if (encoding !== 'identity' && encoding !== 'gzip')
      throw fault(`unsupported Content-Encoding ${JSON.stringify(encoding)}`);
    const tooLarge = (): Error => answerTooLong(bodyBytesMax, name);
    const options = { isGzip: encoding === 'gzip', bytesMax: bodyBytesMax, tooLarge };
    return await readBoundedBody(response, options, signal);
  } catch (error) {
    response.destroy();
    throw error;
  }
}

function answerTooLong(bodyBytesMax: number, name: string): ExecutionError {
  return new ExecutionError(
    'VED_QUERY_TOO_LARGE',
    `the answer of ${name} is longer than the limit of ${bodyBytesMax} bytes; ask for fewer series or a wider step`,
  );
}

function fault(message: string): UnavailableError {
  return new UnavailableError('VED_ENGINE_UNAVAILABLE', message);
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset by peer'],
  ['EHOSTUNREACH', 'no route to host'],
  ['ENETUNREACH', 'network is unreachable'],
  ['ENOTFOUND', 'no such host'],
  ['EAI_AGAIN', 'the name server does not answer'],
  ['ETIMEDOUT', 'connection timed out'],
  ['Z_DATA_ERROR', 'its gzip data are broken'],
  ['Z_BUF_ERROR', 'its answer ends in the middle'],
]);

function described(error: unknown): Error {
  if (error instanceof ExpectedError) return error;
  const cause = error instanceof ReusedSocketError ? error.cause : error;
  const { code, message } = cause as NodeJS.ErrnoException;
  // Node's word for a connection that ended inside the answer.
  const reason =
    message === 'aborted' ? 'its answer ends in the middle' : (REASONS.get(code ?? '') ?? message);
  return new UnavailableError('VED_ENGINE_UNAVAILABLE', reason, { cause });
}
