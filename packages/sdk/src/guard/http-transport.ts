/**
 * The way to the server over HTTP: `POST /guard/actions`, and `GET /guard/feed` as server-sent events.
 *
 * Node's own client: `fetch` costs ten times as much per request and hides when a kept connection was reused. Actions
 * share one agent that keeps its connection; the feed has a connection for itself (`feed-follower.ts`). The client is
 * loaded by the first transport, and by `require`: `import` reads all that `node:http` exports, and so loads `fetch` (5 MB).
 */
import { readFile } from 'node:fs/promises';
import type * as http from 'node:http';
import { createRequire } from 'node:module';
import { systemClock, systemRandom, type SdkClock, type SdkRandom } from '../system/system.ts';
import { FeedFollower } from './feed-follower.ts';
import { BatchRefusedError, type GuardTransport } from './transport.ts';
import type { ActionBatch } from './wire.ts';

export interface HttpTransportOptions {
  /** Of the server, such as `http://127.0.0.1:8080`; may have a path in front of `/guard`. */
  readonly url: string;
  readonly token?: string | undefined;
  /** Read again from time to time, so that a token can be exchanged. */
  readonly tokenFile?: string | undefined;
  /** Certificates (PEM) to trust instead of those that Node trusts; for `https:`. */
  readonly ca?: string | Buffer;
}

/** Does nothing before it is used. Throws when the options cannot be. */
export function createHttpTransport(
  options: HttpTransportOptions,
  deps: { readonly clock: SdkClock; readonly random: SdkRandom } = {
    clock: systemClock,
    random: systemRandom,
  },
): GuardTransport {
  const base = parseBase(options.url);
  const tokenOf = createTokenReader(options, deps.clock);
  const library = libraryOf(base);
  const ca = options.ca === undefined ? {} : { ca: options.ca };
  const agent = new library.Agent({ keepAlive: true, ...ca });
  const actionsUrl = new URL('guard/actions', base);
  const feedUrl = new URL('guard/feed', base);
  return {
    name: 'http',
    send: async (batch, signal) => {
      const headers = { ...(await tokenOf()), 'content-type': 'application/json' };
      const post = () =>
        postBatch(library.request(actionsUrl, { method: 'POST', agent, headers, signal }), batch);
      const answer = await post();
      // The server may close a kept connection in the moment we use it; the batch's number makes a repetition safe.
      if (answer.isStaleConnection) judge(await post());
      else judge(answer);
    },
    follow: (listener) => {
      const follower = new FeedFollower({
        ...deps,
        listener,
        request: async (lastEventId) => {
          const resume = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
          const headers = { ...(await tokenOf()), accept: 'text/event-stream', ...resume };
          return library.request(feedUrl, { agent: false, headers, ...ca });
        },
      });
      return {
        close: () => {
          follower.close();
          // Connections kept for actions, too.
          agent.destroy();
        },
      };
    },
  };
}

/** Both have the same `request` and `Agent`. */
function libraryOf({ protocol }: URL): typeof http {
  const require = createRequire(import.meta.url);
  return require(protocol === 'https:' ? 'node:https' : 'node:http') as typeof http;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly isStaleConnection: boolean;
}

// Enough of an answer's body to say why.
const ANSWER_CHARS_MAX = 300;

/** Rejects when no whole answer came. */
function postBatch(request: http.ClientRequest, batch: ActionBatch): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (request.reusedSocket && error.code === 'ECONNRESET')
        resolve({ status: 0, text: '', isStaleConnection: true });
      else reject(new Error(`cannot send actions: ${error.message}`, { cause: error }));
    });
    request.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (more: string) => (text = (text + more).slice(0, ANSWER_CHARS_MAX)));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, isStaleConnection: false }));
      response.on('error', (error) =>
        reject(new Error('cannot send actions: the answer broke off', { cause: error })),
      );
    });
    request.setNoDelay(true);
    request.end(JSON.stringify(batch));
  });
}

// What a body is refused with that will not get better; all else may pass: a token is renewed, a proxy comes back.
const FINAL_STATUSES: readonly number[] = [400, 413, 415, 422];

function judge({ status, text, isStaleConnection }: Answer): void {
  if (status >= 200 && status < 300) return;
  if (isStaleConnection) throw new Error('cannot send actions: the server closes every connection');
  const message = `cannot send actions: the server answers ${status}: ${text.trim()}`;
  throw FINAL_STATUSES.includes(status) ? new BatchRefusedError(message) : new Error(message);
}

function parseBase(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new Error(
      `cannot use the address "${text.replace(/[^/]*@/, '…@')}" of the guard's server: want http://… or https://…`,
    );
  if (url.username !== '' || url.password !== '')
    throw new Error(
      'cannot use an address with a password for the guard\'s server; want "token" or "tokenFile"',
    );
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

// A batch leaves every second; so often the file need not be read.
const TOKEN_KEPT_MS = 10_000;

function createTokenReader(
  { token, tokenFile }: HttpTransportOptions,
  clock: SdkClock,
): () => Promise<http.OutgoingHttpHeaders> {
  if (token !== undefined && tokenFile !== undefined)
    throw new Error('cannot use both "token" and "tokenFile" for the guard\'s server');
  if (tokenFile === undefined) {
    const headers = token === undefined ? {} : bearer(token);
    return () => Promise.resolve(headers);
  }
  let known: { readonly headers: http.OutgoingHttpHeaders; readonly atMs: number } | undefined;
  return async () => {
    const nowMs = clock.monotonicMs();
    if (known === undefined || nowMs - known.atMs >= TOKEN_KEPT_MS)
      known = { headers: bearer((await readFile(tokenFile, 'utf8')).trim()), atMs: nowMs };
    return known.headers;
  };
}

function bearer(token: string): http.OutgoingHttpHeaders {
  // The text stays out of the message: it is a secret.
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new Error(
      "cannot use the token of the guard's server: want visible ASCII characters, and at least one",
    );
  return { authorization: `Bearer ${token}` };
}
