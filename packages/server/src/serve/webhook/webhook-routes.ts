/**
 * Where alerts arrive by webhook, and who sent some.
 *
 * `POST /api/v1/alerts` belongs to the surface whose `GET` lists alerts, since a path has one owner: on a server
 * with several listeners it is where the Prometheus API is. The named sources are where data comes in.
 */
import type { AlertSource } from '@vedette/api';
import { ExpectedError, InputError, UnavailableError } from '@vedette/model';
import {
  SOURCE_NAME,
  USER_BEHAVIOR_SOURCE,
  WEBHOOK_BODY_BYTES_MAX,
  type AlertSourceStatus,
  type WebhookIntake,
} from '../../alert/index.ts';
import { errorAnswer, jsonAnswer, type HttpAnswer, type Route, type Surface } from '../http/route.ts';

export interface WebhookRoutesDeps {
  readonly webhooks: Pick<WebhookIntake, 'receive' | 'sources'>;
}

/** The source of what comes without a name. */
const DEFAULT_SOURCE = 'default';

export function webhookRoutes({ webhooks }: WebhookRoutesDeps): readonly Route[] {
  const taking = (surface: Surface, path: string): Route => ({
    surface,
    methods: ['POST'],
    path,
    access: 'operator',
    bodyBytesMax: WEBHOOK_BODY_BYTES_MAX,
    errors: 'json',
    handle: ({ params, body }) => take(webhooks, params['source'] ?? DEFAULT_SOURCE, body),
  });
  return [
    taking('prometheus-api', '/api/v1/alerts'),
    taking('intake', '/webhooks/alertmanager/:source'),
    {
      surface: 'vedette-api',
      methods: ['GET'],
      path: '/api/vedette/alert-sources',
      access: 'viewer',
      errors: 'json',
      handle: () => jsonAnswer(200, webhooks.sources().map(alertSourceOf)),
    },
  ];
}

async function take(
  webhooks: Pick<WebhookIntake, 'receive'>,
  source: string,
  body: Uint8Array,
): Promise<HttpAnswer> {
  if (!SOURCE_NAME.test(source))
    return errorAnswer(
      400,
      'bad_data',
      `cannot take the alerts: the source in the path must be 1 to 64 letters, digits, "_", "-" or "."; got ${JSON.stringify(source.slice(0, 80))}`,
    );
  try {
    const { alertCount, ignoredCount, failed } = await webhooks.receive(source, body);
    if (source !== USER_BEHAVIOR_SOURCE)
      return jsonAnswer(200, { status: 'success', alerts: alertCount, ignored: ignoredCount, failed });
    const processed = { status: 'processed', alerts_count: alertCount };
    return jsonAnswer(200, failed.length === 0 ? processed : { ...processed, failed });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal === undefined) throw error;
    return refusal;
  }
}

/** Senders repeat what was answered with 5xx: what will never do is 400. */
function refusalOf(error: unknown): HttpAnswer | undefined {
  if (!(error instanceof ExpectedError)) return undefined;
  if (error instanceof InputError) return errorAnswer(400, 'bad_data', error.message);
  if (!(error instanceof UnavailableError)) return undefined;
  const busy = errorAnswer(503, 'unavailable', error.message);
  return { ...busy, headers: { ...busy.headers, 'retry-after': '5' } };
}

function alertSourceOf({ ttlMs, lastReceivedAtMs, ...source }: AlertSourceStatus): AlertSource {
  return {
    ...source,
    ttlSeconds: ttlMs / 1000,
    lastReceivedAtMs: lastReceivedAtMs ?? null,
    stale: [...source.stale],
  };
}
