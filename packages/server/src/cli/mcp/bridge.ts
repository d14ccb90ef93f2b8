/**
 * Between a client that speaks over stdin and stdout and a server that speaks HTTP: a line in is a POST, an answer (JSON
 * or a stream of events) is lines out.
 *
 * 1. Requests overlap: each has its own POST, and answers leave as they come. What is cancelled is torn down, which is
 *    how HTTP cancels.
 * 2. Messages pass as they are. Of their content only the headers of HTTP are taken, so that both eras work and what
 *    servers learn to say needs nothing new here.
 * 3. Whatever goes wrong is an answer to the request that met it: the server away, a refusal, a page of HTML. A client
 *    would show an ended process as "failed to start"; a server that comes back is simply asked again.
 * 4. At the end of stdin what runs may end for a moment, then it is cut.
 */
import { abortWith, TimeoutError, type Clock } from '@vedette/model';
import { eventsOf } from './event-stream.ts';
import { linesOf } from './lines.ts';
import { ERROR, errorMessage, findMessage, headersOf, parseJson, type Message } from './messages.ts';
import { readFetchedText } from '../../lib/bounded-body.ts';

export interface BridgeDeps {
  readonly clock: Clock;
  /** One line, without its end; resolves when there is room for the next. */
  readonly write: (line: string) => Promise<void>;
  /** For whoever runs the process: stderr. */
  readonly warn: (text: string) => void;
}

export interface BridgeTarget {
  /** Of the MCP endpoint. */
  readonly url: string;
  readonly token: string | undefined;
}

// The endpoint takes 1 MiB; what is longer is refused here with the reason.
const MESSAGE_BYTES_MAX = 1024 * 1024;

// Answers are at most 80 kB of text by configuration; lists of resources are longer.
const ANSWER_BYTES_MAX = 16 * 2 ** 20;

// A client with more questions at once has lost count.
const REQUESTS_MAX = 64;

// Tools end after 30 s by themselves; what takes longer is a connection that hangs.
const ANSWER_MS_MAX = 120_000;

// Enough for a call of a tool; whoever closed stdin does not wait for longer ones.
const END_GRACE_MS = 5000;

/** Resolves when the input has ended and what was asked is answered or cut. Does not reject. */
export async function runBridge(
  deps: BridgeDeps,
  target: BridgeTarget,
  options: { readonly input: AsyncIterable<Uint8Array>; readonly signal: AbortSignal },
): Promise<void> {
  const bridge = new Bridge(deps, target);
  const stop = (): void => bridge.cut();
  options.signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const line of linesOf(options.input, MESSAGE_BYTES_MAX)) await bridge.take(line);
  } catch (error) {
    deps.warn(`cannot read stdin: ${textOf(error)}`);
  } finally {
    await bridge.end();
    options.signal.removeEventListener('abort', stop);
  }
}

class Bridge {
  readonly #deps: BridgeDeps;
  readonly #target: BridgeTarget;
  /** By id, as JSON: 1 and "1" are two. */
  readonly #running = new Map<string, AbortController>();
  readonly #ends = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  #version: string | undefined;

  constructor(deps: BridgeDeps, target: BridgeTarget) {
    this.#deps = deps;
    this.#target = target;
  }

  async take(
    line: { readonly kind: 'line'; readonly text: string } | { readonly kind: 'too-long' },
  ): Promise<void> {
    if (line.kind === 'too-long')
      return await this.#say(
        errorMessage(
          null,
          ERROR.invalidRequest,
          `a message is longer than the limit of ${MESSAGE_BYTES_MAX} bytes`,
        ),
      );
    if (line.text === '') return;
    const value = parseJson(line.text);
    if (value === undefined) return await this.#say(errorMessage(null, ERROR.parse, 'a line is not JSON'));
    const message = findMessage(value);
    if (message === undefined)
      return await this.#say(
        errorMessage(
          null,
          ERROR.invalidRequest,
          'a line is no message of JSON-RPC 2.0; batches are not supported',
        ),
      );
    if (message.method === 'notifications/cancelled') return this.#cancel(message);
    const task = this.#pass(message, line.text);
    this.#ends.add(task);
    void task.finally(() => this.#ends.delete(task));
  }

  cut(): void {
    this.#stop.abort(new Error('stopped'));
  }

  async end(): Promise<void> {
    const timer = this.#deps.clock.setTimer(END_GRACE_MS, () => this.cut());
    await Promise.all(this.#ends);
    timer.cancel();
  }

  #cancel({ params }: Message): void {
    const key = JSON.stringify(params?.['requestId']);
    this.#running.get(key)?.abort(new CancelledError());
  }

  /** Does not reject. */
  async #pass(message: Message, text: string): Promise<void> {
    const { id, method } = message;
    const isRequest = method !== undefined && id !== undefined && id !== null;
    const key = JSON.stringify(id);
    if (isRequest && (this.#running.has(key) || this.#running.size >= REQUESTS_MAX)) {
      const reason = this.#running.has(key)
        ? 'a request with this id is still under way'
        : `${REQUESTS_MAX} requests are under way, which is the limit`;
      return await this.#say(errorMessage(id, ERROR.invalidRequest, reason));
    }
    const own = new AbortController();
    if (isRequest) this.#running.set(key, own);
    const endWith = abortWith(own, this.#stop.signal);
    const timer = method === 'subscriptions/listen' ? undefined : this.#deadline(own);
    try {
      const isAnswered = await this.#exchange(message, text, own.signal);
      if (isRequest && !isAnswered)
        throw new Error('the server ended its answer without a word on the request');
    } catch (error) {
      const reason: unknown = own.signal.aborted ? own.signal.reason : error;
      if (reason instanceof CancelledError) return;
      if (isRequest) await this.#say(errorMessage(id, ERROR.unreachable, textOf(reason)));
      else if (!this.#stop.signal.aborted) this.#deps.warn(textOf(reason));
    } finally {
      timer?.cancel();
      endWith();
      if (isRequest) this.#running.delete(key);
    }
  }

  #deadline(own: AbortController) {
    return this.#deps.clock.setTimer(ANSWER_MS_MAX, () =>
      own.abort(
        new TimeoutError(
          'VED_QUERY_TIMEOUT',
          `${this.#target.url} does not answer within ${ANSWER_MS_MAX / 1000} s`,
        ),
      ),
    );
  }

  /** Whether the request of this message was answered. */
  async #exchange(message: Message, text: string, signal: AbortSignal): Promise<boolean> {
    const response = await this.#post(message, text, signal);
    const type = response.headers.get('content-type') ?? '';
    let isAnswered = false;
    const pass = async (answer: string): Promise<void> => {
      const found = this.#read(answer, message);
      if (found === undefined) return;
      isAnswered ||= found.method === undefined;
      await this.#say(found);
    };
    if (type.startsWith('text/event-stream') && response.body !== null) {
      for await (const event of eventsOf(response.body, ANSWER_BYTES_MAX)) await pass(event);
      return isAnswered;
    }
    const answer = await readFetchedText(response, ANSWER_BYTES_MAX);
    if (answer === undefined)
      throw new Error(`the answer is longer than the limit of ${ANSWER_BYTES_MAX} bytes`);
    // A notification is taken with an empty body.
    if (response.ok && answer.trim() === '') return false;
    if (findMessage(parseJson(answer)) === undefined)
      throw new Error(refusalOf(this.#target.url, response.status, answer));
    await pass(answer);
    return isAnswered;
  }

  async #post(message: Message, text: string, signal: AbortSignal): Promise<Response> {
    const { url, token } = this.#target;
    try {
      return await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...headersOf(message, this.#version),
        },
        body: text,
        // A redirect would carry the question, and its answer, elsewhere.
        redirect: 'error',
        signal,
      });
    } catch (error) {
      signal.throwIfAborted();
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new Error(
        `cannot reach ${url}: ${textOf(cause)}; is the server running there? Start it with "vedette start" or name it with --server`,
        { cause: error },
      );
    }
  }

  /** A message to be handed on. An error without an id belongs to the request that met it. */
  #read(text: string, { id, method }: Message): Message | undefined {
    const found = findMessage(parseJson(text));
    if (found === undefined) return undefined;
    const version = found.result;
    if (
      method === 'initialize' &&
      typeof version === 'object' &&
      version !== null &&
      'protocolVersion' in version
    )
      this.#version = String(version.protocolVersion);
    if (found.method !== undefined || (found.id !== undefined && found.id !== null)) return found;
    return { ...found, id: id ?? null };
  }

  async #say(message: object): Promise<void> {
    await this.#deps.write(JSON.stringify(message));
  }
}

class CancelledError extends Error {}

// Of a page that is no answer of ours.
const REFUSAL_CHARS_MAX = 200;

function refusalOf(url: string, status: number, text: string): string {
  if (status === 401)
    return `${url} wants to know who asks (HTTP 401); name a file with a token with --token-file`;
  if (status === 403) return `${url} refuses (HTTP 403); the token needs the role viewer and the scope read`;
  if (status === 404) return `${url} does not exist; is a Vedette with MCP running there?`;
  const shown = text.slice(0, REFUSAL_CHARS_MAX).replaceAll(/\s+/g, ' ').trim();
  const isPage = /^<(?:!doctype|html|head|body|h1)\b/i.test(shown);
  const what = isPage
    ? 'a page of HTML; is the address right with its path, and does no sign-in stand before it? It begins'
    : 'no message of the protocol';
  return `${url} answers with HTTP ${status} and ${what}: ${shown === '' ? 'nothing' : shown}`;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
