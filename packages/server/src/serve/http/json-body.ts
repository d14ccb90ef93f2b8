/**
 * Bodies of JSON on our own routes: every one of them is read here. How long one may be stands at its route
 * (`bodyBytesMax`) and is enforced while it comes; how deep, in `parseJson`.
 *
 * A body that calls itself something else is refused with what to send: `curl -d` calls everything a form, and a form that
 * a page of another site sends must not pass for JSON. Taken are also those that are not called anything, and plain text,
 * as `fetch` calls a string: whose page it comes from is judged by `Origin`, before the body is read.
 */
import type { z } from 'zod';
import { parseJson } from '../../lib/parse-json.ts';
import { ApiError, badData } from '../prometheus-api/api-error.ts';
import { headerOf, type HttpRequest } from './route.ts';

const JSON_TYPE = /^(?:application\/(?:[\w.-]+\+)?json|text\/plain) *(?:;|$)/i;

type Sent = Pick<HttpRequest, 'headers' | 'body'>;

/**
 * The body, checked. Throws `ApiError`: 415 for another content type; 400 for what is no JSON, or not of the schema,
 * with the place of the first fault. Each shows `example`.
 */
export function jsonBodyOf<T>(request: Sent, schema: z.ZodType<T>, example: string): T {
  const read = schema.safeParse(jsonOf(request, example));
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  throw unreadable(`${place}${issue?.message ?? 'not as wanted'}`, example);
}

/** The body, whatever value it is. Throws as `jsonBodyOf`. */
function jsonOf({ headers, body }: Sent, example: string): unknown {
  const type = headerOf(headers, 'content-type');
  if (type !== undefined && !JSON_TYPE.test(type))
    throw new ApiError(
      'unsupported_media_type',
      `cannot read the body: got content-type ${JSON.stringify(type)}, want "application/json"; send that header with it`,
    );
  try {
    return parseJson(body);
  } catch (error) {
    throw unreadable(error instanceof Error ? error.message : String(error), example);
  }
}

function unreadable(reason: string, example: string): ApiError {
  return badData(`cannot read the body: ${reason}; want JSON such as ${example}`);
}
