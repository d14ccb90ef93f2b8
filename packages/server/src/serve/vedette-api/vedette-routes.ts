import type { NotificationEntry, SlowQueryEntry } from '@vedette/api';
import type { Slicer } from '@vedette/model';
import { formatSource, type SlowQuery, type SlowQueryLog } from '../../query/metrics/index.ts';
import { JsonList, streamAnswer } from '../http/json-stream.ts';
import { jsonAnswer, textAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { badData } from '../prometheus-api/api-error.ts';
import { parseGoInteger } from '../prometheus-api/parameters.ts';
import {
  activeAlertsOf,
  alertSummaryOf,
  metricsSummaryOf,
  statusSummaryOf,
  type SummariesDeps,
} from './summaries.ts';

/** The notification log of the stage `alert`. */
export interface NotificationsView {
  /** The newest entries first, at most `limit`. */
  recent(limit: number): Promise<readonly NotificationEntry[]>;
}

/** Runbooks, shipped and own. */
export interface RunbooksView {
  /** Markdown without its front matter; `undefined` when there is none of that name. */
  find(name: string): Promise<string | undefined>;
}

export interface VedetteRoutesDeps extends SummariesDeps {
  readonly notifications: NotificationsView;
  readonly runbooks: RunbooksView;
  readonly slowQueries: Pick<SlowQueryLog, 'recent'>;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

const NOTIFICATIONS_DEFAULT = 100;
/** One page of a log that people scroll. */
const NOTIFICATIONS_MAX = 1000;

/** Plain summaries for scripts and the UI. */
export function vedetteRoutes(deps: VedetteRoutesDeps): readonly Route[] {
  const route = (path: string, handle: Route['handle']): Route => ({
    surface: 'vedette-api',
    methods: ['GET'],
    path,
    access: 'viewer',
    errors: 'json',
    handle,
  });
  return [
    route('/api/status', () => jsonAnswer(200, statusSummaryOf(deps))),
    route('/api/metrics', async ({ signal }) => jsonAnswer(200, await metricsSummaryOf(deps, signal))),
    route('/api/alerts', () =>
      streamAnswer(deps.createSlicer(), JsonList.of(activeAlertsOf(deps), alertSummaryOf)),
    ),
    route('/api/vedette/notifications', async (request) =>
      jsonAnswer(200, await deps.notifications.recent(notificationLimit(request))),
    ),
    route('/api/vedette/queries/slow', () =>
      jsonAnswer(200, deps.slowQueries.recent().map(slowQueryEntryOf)),
    ),
    route('/runbooks/:name', async ({ params }) => {
      const name = (params['name'] ?? '').replace(/\.md$/, '');
      const text = await deps.runbooks.find(name);
      if (text === undefined) return textAnswer(404, `cannot find runbook ${JSON.stringify(name)}\n`);
      return textAnswer(200, text, { 'content-type': 'text/markdown; charset=utf-8' });
    }),
  ];
}

function notificationLimit({ form }: HttpRequest): number {
  const text = form.get('limit') ?? '';
  if (text === '') return NOTIFICATIONS_DEFAULT;
  const limit = parseGoInteger(text);
  if (limit < 1 || limit > NOTIFICATIONS_MAX)
    throw badData(`limit must be from 1 to ${NOTIFICATIONS_MAX}; got ${limit}`);
  return limit;
}

function slowQueryEntryOf({ source, waitMs, runMs, bytes, ...rest }: SlowQuery): SlowQueryEntry {
  return {
    ...rest,
    source: formatSource(source),
    waitSeconds: waitMs / 1000,
    runSeconds: runMs / 1000,
    bytes: bytes ?? null,
  };
}
