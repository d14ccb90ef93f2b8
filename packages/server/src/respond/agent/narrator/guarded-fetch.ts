/**
 * The only way from the model's library to the network. It sends to the configured address and nowhere else, follows no
 * redirect (it would carry the key along), reads no more than a limit, and looks at each body once more for secrets.
 */
import { NarrativeError } from './outcome.ts';
import type { Scrubber } from './scrub.ts';
import { readFetched } from '../../../lib/bounded-body.ts';

// Two hundred times what a narrative needs; a longer body is no answer.
export const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

// The report, the instructions, the schemas of tools and their answers: about 250,000 tokens.
export const REQUEST_BYTES_MAX = 1024 * 1024;

export type Fetch = typeof globalThis.fetch;

export function createGuardedFetch(
  deps: { readonly fetch: Fetch; readonly scrubber: Scrubber },
  options: { readonly url: string; readonly signal: AbortSignal },
): Fetch {
  const allowed = new URL(options.url);
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    if (url.origin !== allowed.origin)
      throw new NarrativeError(
        'failed',
        `cannot send a report to "${url.origin}": not the configured address`,
      );
    const request: RequestInit = {
      ...init,
      redirect: 'manual',
      // The library's own signal is the same one; a narrative that ended leaves no request behind.
      signal: options.signal,
      ...(init?.body === undefined || init.body === null
        ? {}
        : { body: checkedBody(init.body, deps.scrubber) }),
    };
    const response = await deps.fetch(url, request);
    const { status } = response;
    if (status >= 300 && status < 400) {
      await response.body?.cancel();
      throw new NarrativeError(
        'refused',
        `the provider redirects (${status}); set agent.model.url to where it leads`,
        {
          status,
        },
      );
    }
    const bytes = await readFetched(response, ANSWER_BYTES_MAX);
    if (bytes === undefined)
      throw new NarrativeError('too_large', `the answer is longer than ${ANSWER_BYTES_MAX} bytes`, {
        status,
      });
    return new Response(status === 204 || status === 205 ? null : bytes, {
      status,
      statusText: response.statusText,
      headers: headersOf(response),
    });
  };
}

function checkedBody(body: unknown, scrubber: Scrubber): string {
  if (typeof body !== 'string')
    throw new NarrativeError('failed', 'cannot check a body for secrets that is no text');
  if (Buffer.byteLength(body) > REQUEST_BYTES_MAX)
    throw new NarrativeError('token_limit', `the request would be longer than ${REQUEST_BYTES_MAX} bytes`);
  return JSON.stringify(scrubbed(JSON.parse(body), scrubber));
}

/** All texts but identifiers, which come from the provider and must go back as they are. */
function scrubbed(value: unknown, scrubber: Scrubber, field = ''): unknown {
  if (typeof value === 'string') return IDENTIFIERS.has(field) ? value : scrubber.scrub(value);
  if (Array.isArray(value)) return value.map((one) => scrubbed(one, scrubber, field));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, scrubbed(one, scrubber, name)]),
  );
}

/** Among them the signature of a model's thinking, which no provider takes back changed. */
const IDENTIFIERS: ReadonlySet<string> = new Set([
  'id',
  'model',
  'name',
  'signature',
  'tool_call_id',
  'tool_use_id',
  'type',
]);

/** The body is unpacked and whole by now. */
function headersOf(response: Response): Headers {
  const headers = new Headers(response.headers);
  for (const name of ['content-encoding', 'content-length', 'transfer-encoding']) headers.delete(name);
  return headers;
}
