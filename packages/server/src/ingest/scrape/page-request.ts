import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import * as https from 'node:https';
import { InputError, TimeoutError, UnavailableError } from '@vedette/model';
import { readBoundedBody } from '../../lib/bounded-body.ts';
import type { HttpAgents } from '../../lib/http-client.ts';
import { http } from '../../lib/node-http.ts';

/** A GET whose answer is read whole, within bounds. */
export interface PageRequest {
  readonly url: string;
  readonly headers: OutgoingHttpHeaders;
  /** Sent to the first origin only: a redirect must not carry secrets elsewhere. */
  readonly secretHeaders: OutgoingHttpHeaders;
  readonly agents: HttpAgents;
  /** Uncompressed; a larger page is refused while it is read. */
  readonly bodyBytesMax: number;
  readonly followsRedirects: boolean;
}

export interface PageResponse {
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** As Go's client: the eleventh request is not made. */
export const REDIRECTS_MAX = 10;

/** The page is larger than its limit. */
export class BodyTooLargeError extends InputError {}

/**
 * Fetches a page. Redirects, gzip, one repetition when a kept-alive connection turns out to be closed.
 * When `signal` aborts, everything is torn down and its reason thrown. Rejects with `InputError` when
 * the target answers wrongly and `UnavailableError` when it does not answer, in the words of Prometheus.
 */
export async function fetchPage(request: PageRequest, signal: AbortSignal): Promise<PageResponse> {
  let url = new URL(request.url);
  const { origin } = url;
  try {
    for (let redirectCount = 0; ; redirectCount++) {
      const headers =
        url.origin === origin ? { ...request.headers, ...request.secretHeaders } : request.headers;
      const response = await open({ url, headers, agents: request.agents }, signal);
      const location = request.followsRedirects ? redirectOf(response) : undefined;
      if (location === undefined) {
        const page = await readPage(response, request.bodyBytesMax, signal);
        // A body without a length ends where its connection does, also when it was the deadline that ended it.
        signal.throwIfAborted();
        return page;
      }
      response.destroy();
      if (redirectCount === REDIRECTS_MAX) throw fault(`stopped after ${REDIRECTS_MAX} redirects`);
      if (!URL.canParse(location, url)) throw fault(`cannot follow redirect to ${JSON.stringify(location)}`);
      url = new URL(location, url);
      if (url.protocol !== 'http:' && url.protocol !== 'https:')
        throw fault(`unsupported protocol scheme ${JSON.stringify(url.protocol.slice(0, -1))}`);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw described(error, url);
  }
}

interface OpenRequest {
  readonly url: URL;
  readonly headers: OutgoingHttpHeaders;
  readonly agents: HttpAgents;
}

async function open(request: OpenRequest, signal: AbortSignal): Promise<IncomingMessage> {
  try {
    return await openOnce(request, signal);
  } catch (error) {
    // The server closed an idle connection in the moment we took it: a GET may be sent again.
    if (!(error instanceof ReusedSocketError) || signal.aborted) throw error;
    return await openOnce(request, signal);
  }
}

class ReusedSocketError extends Error {}

function openOnce(request: OpenRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const isTls = request.url.protocol === 'https:';
    const options = {
      headers: request.headers,
      signal,
      agent: isTls ? request.agents.https : request.agents.http,
    };
    const outgoing = isTls ? https.request(request.url, options) : http.request(request.url, options);
    outgoing.on('response', resolve);
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
      reject(isStale ? new ReusedSocketError(error.message, { cause: error }) : error);
    });
    outgoing.end();
  });
}

function redirectOf(response: IncomingMessage): string | undefined {
  const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0);
  return isRedirect ? response.headers.location : undefined;
}

async function readPage(
  response: IncomingMessage,
  bodyBytesMax: number,
  signal: AbortSignal,
): Promise<PageResponse> {
  try {
    if (response.statusCode !== 200) {
      const reason = response.statusMessage ?? http.STATUS_CODES[response.statusCode ?? 0] ?? '';
      throw fault(`server returned HTTP status ${response.statusCode} ${reason}`.trimEnd());
    }
    const body = await readBody(response, bodyBytesMax, signal);
    return { contentType: response.headers['content-type'] ?? '', body };
  } catch (error) {
    response.destroy();
    throw error;
  }
}

async function readBody(
  response: IncomingMessage,
  bodyBytesMax: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip')
    throw fault(`unsupported Content-Encoding ${JSON.stringify(encoding)}`);
  if (encoding === 'identity' && Number(response.headers['content-length'] ?? 0) > bodyBytesMax)
    throw tooLarge(bodyBytesMax);
  const options = {
    isGzip: encoding === 'gzip',
    bytesMax: bodyBytesMax,
    tooLarge: () => tooLarge(bodyBytesMax),
  };
  return await readBoundedBody(response, options, signal);
}

function tooLarge(bodyBytesMax: number): BodyTooLargeError {
  return new BodyTooLargeError(
    'VED_SCRAPE_FAILED',
    `body size limit exceeded (limit: ${bodyBytesMax} bytes)`,
  );
}

function fault(message: string): InputError {
  return new InputError('VED_SCRAPE_FAILED', message);
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connect: connection refused'],
  ['ECONNRESET', 'read: connection reset by peer'],
  ['EHOSTUNREACH', 'connect: no route to host'],
  ['ENETUNREACH', 'connect: network is unreachable'],
  ['ENOTFOUND', 'lookup: no such host'],
  ['EAI_AGAIN', 'lookup: the name server does not answer'],
  ['ETIMEDOUT', 'connect: connection timed out'],
  ['Z_DATA_ERROR', 'gzip: invalid data'],
  ['Z_BUF_ERROR', 'unexpected EOF in gzip data'],
]);

function described(error: unknown, url: URL): Error {
  if (error instanceof InputError || error instanceof TimeoutError) return error;
  const cause = error instanceof ReusedSocketError ? error.cause : error;
  const { code, message } = cause as NodeJS.ErrnoException;
  // Node's word for a connection that ended inside the answer.
  const reason = message === 'aborted' ? 'unexpected EOF' : (REASONS.get(code ?? '') ?? message);
  return new UnavailableError('VED_SCRAPE_FAILED', `Get "${url.href}": ${reason}`, { cause });
}
