/** "Why was I not told?", and what silences do: what Alertmanager's API has no words for. `packages/api/src/alerting.ts` has the answers. */
import { explainRequest, silencePreviewRequest, type NotificationAttempts } from '@vedette/api';
import { labelsOf, type Labels, type Matcher } from '@vedette/model';
import type { z } from 'zod';
import {
  createAlertMatcher,
  type AlertExplanation,
  type AttemptPage,
  type AttemptQuery,
  type SilenceEvent,
  type SilencePreview,
} from '../../alert/index.ts';
import { jsonAnswer, type HttpAnswer, type Route } from '../http/route.ts';
import { ApiError, badData } from '../prometheus-api/api-error.ts';
import { inParameter, parseGoInteger, rangeParameters } from '../prometheus-api/parameters.ts';
import { explanationJson, previewJson, silenceEventJson } from './explanation-json.ts';
import { jsonBodyOf } from '../http/json-body.ts';

/** What the alert stage knows of its own decisions. */
export interface AlertInsightView {
  /** By fingerprint `undefined` when no such alert is known; labels need not be those of an alert. */
  explain(who: string | Labels): Promise<AlertExplanation | undefined>;
  attempts(query: AttemptQuery): Promise<AttemptPage>;
  previewSilence(matchers: readonly Matcher[]): Promise<SilencePreview>;
  /** Empty: no silence has or had this id. */
  silenceHistory(id: string): Promise<readonly SilenceEvent[]>;
}

export interface AlertingRoutesDeps {
  readonly insight: AlertInsightView;
}

/** A label set of an alert at its limit of 64 KiB, in JSON. */
const BODY_BYTES_MAX = 256 * 1024;

const ATTEMPTS_DEFAULT = 100;
/** One page of a log that people scroll. */
const ATTEMPTS_MAX = 1000;

export function alertingRoutes({ insight }: AlertingRoutesDeps): readonly Route[] {
  const route = (method: 'GET' | 'POST', path: string, handle: Route['handle']): Route => ({
    surface: 'vedette-api',
    methods: [method],
    path: `/api/vedette/${path}`,
    // The two POSTs ask questions that do not fit into an address; they change nothing.
    access: 'viewer',
    bodyBytesMax: BODY_BYTES_MAX,
    errors: 'json',
    handle,
  });
  return [
    route('GET', 'notifications/attempts', async ({ form }) =>
      jsonAnswer(200, attemptsJson(await insight.attempts(attemptQueryOf(form)))),
    ),
    route('GET', 'alerts/:fingerprint/explain', async ({ params }) =>
      explain(insight, params['fingerprint'] ?? ''),
    ),
    route('POST', 'alerts/explain', async (request) => {
      const { labels } = jsonBodyOf(request, explainRequest, '{"labels":{"alertname":"X"}}');
      return await explain(insight, alertLabelsOf(labels));
    }),
    route('POST', 'silences/preview', async (request) => {
      const example = '{"matchers":[{"name":"alertname","value":"X","isRegex":false}]}';
      const { matchers } = jsonBodyOf(request, silencePreviewRequest, example);
      return jsonAnswer(200, previewJson(await insight.previewSilence(matchers.map(matcherOf))));
    }),
    route('GET', 'silences/:id/history', ({ params }) => history(insight, params['id'] ?? '')),
  ];
}

async function explain(insight: AlertInsightView, who: string | Labels): Promise<HttpAnswer> {
  const explanation = await insight.explain(who);
  if (explanation !== undefined) return jsonAnswer(200, explanationJson(explanation));
  throw new ApiError(
    'not_found',
    `cannot explain alert ${JSON.stringify(who)}: no alert with this fingerprint is known now; /api/v2/alerts lists those that are, and POST /api/vedette/alerts/explain takes the labels of one that is not`,
  );
}

async function history(insight: AlertInsightView, id: string): Promise<HttpAnswer> {
  const events = await insight.silenceHistory(id);
  if (events.length > 0) return jsonAnswer(200, events.map(silenceEventJson));
  throw new ApiError(
    'not_found',
    `cannot tell the history of silence ${JSON.stringify(id)}: no silence has this id, or it is older than the history; /api/v2/silences lists those that are kept`,
  );
}

function attemptQueryOf(form: URLSearchParams): AttemptQuery {
  const { fromMs, untilMs } = rangeParameters(form);
  const text = (name: string): string | undefined => form.get(name) || undefined;
  const cursor = text('cursor');
  return {
    receiver: text('receiver'),
    integration: text('integration'),
    outcome: outcomeOf(text('outcome')),
    fingerprint: text('fingerprint'),
    text: text('text'),
    fromMs,
    untilMs,
    cursor: cursor === undefined ? undefined : inParameter('cursor', () => parseGoInteger(cursor)),
    limit: limitOf(text('limit')),
  };
}

function outcomeOf(text: string | undefined): AttemptQuery['outcome'] {
  if (text === undefined || text === 'delivered' || text === 'failed') return text;
  throw badData(`outcome must be delivered or failed; got ${JSON.stringify(text)}`);
}

function limitOf(text: string | undefined): number {
  if (text === undefined) return ATTEMPTS_DEFAULT;
  const limit = inParameter('limit', () => parseGoInteger(text));
  if (limit < 1 || limit > ATTEMPTS_MAX)
    throw badData(`limit must be from 1 to ${ATTEMPTS_MAX}; got ${limit}`);
  return limit;
}

function attemptsJson({ attempts, nextCursor }: AttemptPage): NotificationAttempts {
  return { attempts: [...attempts], nextCursor: nextCursor ?? null };
}

function alertLabelsOf(record: Readonly<Record<string, string>>): Labels {
  for (const [name, value] of Object.entries(record))
    if (name === '' || !name.isWellFormed() || !value.isWellFormed())
      throw badData(`labels: cannot be read: want names that are not empty and text in Unicode`);
  const labels = labelsOf(record);
  if (labels.length === 0) throw badData('labels: want at least one with a value');
  return labels;
}

function matcherOf({
  name,
  value,
  isRegex,
  isEqual,
}: z.infer<typeof silencePreviewRequest>['matchers'][number]): Matcher {
  const op = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
  try {
    return createAlertMatcher(name, op, value);
  } catch (error) {
    throw badData(`matchers: ${error instanceof Error ? error.message : String(error)}`);
  }
}
