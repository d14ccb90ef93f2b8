import { ExpectedError, InputError, UnavailableError } from '@vedette/model';
import type { IngestEndpoint } from '../../ingest/index.ts';
import { headerOf, textAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';

/** The paths at which receivers take data: what `ingest` declares, with access and error bodies around it. */
export function intakeRoutes(endpoints: readonly IngestEndpoint[]): readonly Route[] {
  return endpoints.map((endpoint) => ({
    surface: 'intake',
    methods: [endpoint.method],
    path: endpoint.path,
    access: 'operator',
    bodyBytesMax: endpoint.bodyBytesMax,
    errors: 'text',
    handle: (request) => receive(endpoint, request),
  }));
}

async function receive(endpoint: IngestEndpoint, request: HttpRequest): Promise<HttpAnswer> {
  const { query, body, signal } = request;
  const headers: Record<string, string | undefined> = {};
  for (const name of Object.keys(request.headers)) headers[name] = headerOf(request.headers, name);
  try {
    return await endpoint.receive({ headers, query, body, signal });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

/** Senders try again after 5 s at the earliest: a full disk or queue does not empty faster. */
const RETRY_AFTER_SECONDS = '5';

/** What senders tell apart by status: a body that will never do, and a moment that does not. */
function refusalOf(error: unknown): HttpAnswer | undefined {
  if (!(error instanceof ExpectedError)) return undefined;
  const text = `${error.message}\n`;
  if (error.code === 'VED_BODY_TOO_LARGE') return textAnswer(413, text);
  if (error instanceof InputError) return textAnswer(400, text);
  if (error instanceof UnavailableError) return textAnswer(503, text, { 'retry-after': RETRY_AFTER_SECONDS });
  return undefined;
}
