import { formatDurationMs, labelsToRecord, type Slicer } from '@vedette/model';
import { JsonList, streamAnswer } from '../http/json-stream.ts';
import type { HttpAnswer, HttpRequest, Route } from '../http/route.ts';
import { formatTime } from './go-text.ts';
import type { ActiveTargetView, DroppedTargetView, TargetsView } from './views.ts';

export interface TargetsRoutesDeps {
  readonly targets: TargetsView;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

export function targetsRoutes(deps: TargetsRoutesDeps): readonly Route[] {
  return [
    {
      surface: 'prometheus-api',
      methods: ['GET'],
      path: '/api/v1/targets',
      access: 'viewer',
      errors: 'json',
      handle: (request) => answerTargets(deps, request),
    },
  ];
}

function answerTargets(deps: TargetsRoutesDeps, { query }: HttpRequest): HttpAnswer {
  const state = (query.get('state') ?? '').toLowerCase();
  const isAny = state === '' || state === 'any';
  const pool = query.get('scrapePool') ?? '';
  const { active, dropped, droppedCounts } = deps.targets.targets();
  const isWanted = ({ scrapePool }: { readonly scrapePool: string }): boolean =>
    pool === '' || scrapePool === pool;
  return streamAnswer(deps.createSlicer(), {
    status: 'success',
    data: {
      activeTargets: JsonList.of(isAny || state === 'active' ? active.filter(isWanted) : [], activeJson),
      droppedTargets: JsonList.of(isAny || state === 'dropped' ? dropped.filter(isWanted) : [], droppedJson),
      droppedTargetCounts: droppedCounts,
    },
  });
}

function activeJson(target: ActiveTargetView): object {
  return {
    discoveredLabels: labelsToRecord(target.discoveredLabels),
    labels: labelsToRecord(target.labels),
    scrapePool: target.scrapePool,
    scrapeUrl: target.scrapeUrl,
    globalUrl: target.globalUrl,
    lastError: target.lastError,
    lastScrape: formatTime(target.lastScrapeMs),
    lastScrapeDuration: target.lastScrapeDurationMs / 1000,
    health: target.health,
    scrapeInterval: formatDurationMs(target.scrapeIntervalMs),
    scrapeTimeout: formatDurationMs(target.scrapeTimeoutMs),
  };
}

function droppedJson(target: DroppedTargetView): object {
  return { discoveredLabels: labelsToRecord(target.discoveredLabels), scrapePool: target.scrapePool };
}
