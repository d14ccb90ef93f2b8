/**
 * A server that answers remote read as a source: Prometheus, or anything that speaks its protocol.
 *
 * 1. One request per span, which asks for chunks in a stream and takes samples when the server knows no streams.
 * 2. The answer is collected undecoded and sorted, see `collected-series.ts`. Where it is too much, by our limit
 *    or by the server's, less time is asked for.
 * 3. The server adds its external labels to every series, and there is no way to ask it not to.
 */
import { InputError, UnavailableError, type Clock, type SeriesSamples, type TimeRange } from '@vedette/model';
import { printable } from '../../lib/printable.ts';
import { decompressSnappy } from '../../lib/snappy.ts';
import { CollectedSeries } from './collected-series.ts';
import { collectFrame, collectSamples, encodeReadRequest, FrameSplitter } from './remote-read-wire.ts';
import { SpanTooLargeError, type ImportSource, type MatcherSets } from './source.ts';

// A server works on a large span for a while before its first byte comes; upstream's own clients wait one minute.
const SILENCE_MS_MAX = 120_000;

// An answer in samples comes in one piece of snappy: 60 MB hold some 20 million samples.
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

// And this much decompressed, at about 16 bytes a sample.
const SAMPLES_BYTES_MAX = 256 * 1024 * 1024;

// As much of an error page as a message shows: the line that upstream writes, not the page of a proxy.
const ERROR_TEXT_MAX = 300;

export interface RemoteReadOptions {
  readonly url: URL;
  readonly token: string | undefined;
  readonly matcherSets: MatcherSets;
  readonly range: TimeRange;
}

export function createRemoteReadSource(
  deps: { readonly clock: Clock },
  options: RemoteReadOptions,
): ImportSource {
  const endpoint = endpointOf(options.url);
  const headers = headersOf(options);
  return {
    name: endpoint.href,
    range: options.range,
    skipped: [],
    read: async function* read(range, signal) {
      const collected = await collect({ ...deps, endpoint, headers, options }, range, signal);
      for (const series of within(endpoint, () => collected.sorted(range))) yield [series];
    },
    partsOf: () => [],
    mayHold: () => true,
    skipDamaged: () => Promise.resolve(false),
    close: () => Promise.resolve(),
  };
}

/** `http://host:9090` → `http://host:9090/api/v1/read`; a whole address stays. Without user and password. */
function endpointOf(url: URL): URL {
  const endpoint = new URL(url);
  endpoint.username = '';
  endpoint.password = '';
  if (!endpoint.pathname.endsWith('/read'))
    endpoint.pathname = `${endpoint.pathname.replace(/\/+$/, '')}/api/v1/read`;
  return endpoint;
}

function headersOf({ url, token }: RemoteReadOptions): Record<string, string> {
  const headers: Record<string, string> = {
    'content-type': 'application/x-protobuf',
    'content-encoding': 'snappy',
    'x-prometheus-remote-read-version': '0.1.0',
  };
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  else if (url.username !== '') {
    const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return headers;
}

interface Asking {
  readonly clock: Clock;
  readonly endpoint: URL;
  readonly headers: Record<string, string>;
  readonly options: RemoteReadOptions;
}

async function collect(asking: Asking, range: TimeRange, signal: AbortSignal): Promise<CollectedSeries> {
  const { endpoint, headers, options } = asking;
  const silence = new Silence(asking.clock);
  try {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers,
      body: encodeReadRequest(range, options.matcherSets),
      signal: AbortSignal.any([signal, silence.signal]),
    });
    silence.heard();
    if (response.status !== 200) throw await refusalOf(endpoint, response);
    return await readAnswer(endpoint, response, silence);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (
      error instanceof InputError ||
      error instanceof UnavailableError ||
      error instanceof SpanTooLargeError
    )
      throw error;
    throw unreachable(endpoint, silence.signal.aborted ? silence.signal.reason : error);
  } finally {
    silence.end();
  }
}

async function readAnswer(endpoint: URL, response: Response, silence: Silence): Promise<CollectedSeries> {
  const collected = new CollectedSeries();
  const isStream = (response.headers.get('content-type') ?? '').includes('x-streamed-protobuf');
  const splitter = new FrameSplitter();
  const pieces: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const bytes of response.body ?? []) {
    silence.heard();
    if (isStream)
      inAnswer(endpoint, () => {
        for (const frame of splitter.push(bytes)) collectFrame(frame, collected);
      });
    else {
      pieces.push(bytes);
      sizeBytes += bytes.length;
      if (sizeBytes > ANSWER_BYTES_MAX)
        throw new SpanTooLargeError(`an answer takes more than ${ANSWER_BYTES_MAX} bytes`);
    }
  }
  inAnswer(endpoint, () => {
    if (isStream) splitter.assertEnd();
    else collectSamples(decompress(Buffer.concat(pieces)), collected);
  });
  return collected;
}

function decompress(bytes: Uint8Array): Uint8Array {
  try {
    return decompressSnappy(bytes, SAMPLES_BYTES_MAX);
  } catch (error) {
    if (error instanceof InputError && error.code === 'VED_BODY_TOO_LARGE')
      throw new SpanTooLargeError(error.message, { cause: error });
    throw error;
  }
}

/** Says of damage whose answer it is in. */
function inAnswer(endpoint: URL, read: () => void): void {
  try {
    read();
  } catch (error) {
    throw damagedAnswer(endpoint, error);
  }
}

function* within(endpoint: URL, read: () => Iterable<SeriesSamples>): Generator<SeriesSamples> {
  try {
    yield* read();
  } catch (error) {
    throw damagedAnswer(endpoint, error);
  }
}

function damagedAnswer(endpoint: URL, error: unknown): unknown {
  if (!(error instanceof InputError)) return error;
  return new InputError(
    'VED_IMPORT_INVALID',
    `cannot read the answer of ${endpoint.href}: ${error.message}`,
    { cause: error },
  );
}

/** Ends a request on which nothing came for a while. */
class Silence {
  readonly #abort = new AbortController();
  readonly #clock: Clock;
  #timer: ReturnType<Clock['setTimer']>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timer = this.#start();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  heard(): void {
    this.#timer.cancel();
    this.#timer = this.#start();
  }

  end(): void {
    this.#timer.cancel();
  }

  #start(): ReturnType<Clock['setTimer']> {
    return this.#clock.setTimer(SILENCE_MS_MAX, () =>
      this.#abort.abort(new Error(`nothing came for ${SILENCE_MS_MAX} ms`)),
    );
  }
}

async function refusalOf(endpoint: URL, response: Response): Promise<Error> {
  const text = await readStart(response);
  if (response.status === 400 && text.includes('sample limit')) return new SpanTooLargeError(text);
  const said = `${endpoint.href} answered ${response.status}${text === '' ? '' : `: ${text}`}`;
  if (response.status === 401 || response.status === 403)
    return new InputError(
      'VED_IMPORT_INVALID',
      `cannot import: ${said}; name a token with --token-file, or user and password in the address`,
    );
  if (response.status === 404)
    return new InputError('VED_IMPORT_INVALID', `cannot import: ${said}; is remote read served there?`);
  if (response.status >= 500) return new UnavailableError('VED_IMPORT_UNREACHABLE', `cannot import: ${said}`);
  return new InputError('VED_IMPORT_INVALID', `cannot import: ${said}`);
}

async function readStart(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.length > ERROR_TEXT_MAX) break;
  }
  return printable(text.trim().slice(0, ERROR_TEXT_MAX));
}

function unreachable(endpoint: URL, error: unknown): UnavailableError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return new UnavailableError(
    'VED_IMPORT_UNREACHABLE',
    `cannot reach ${endpoint.href}: ${cause instanceof Error ? cause.message : String(cause)}; is the server running there? What is imported so far stays`,
    { cause: error },
  );
}
