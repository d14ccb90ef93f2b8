import { formatDurationMs, labelsToRecord, labelValueOf, type Slicer } from '@vedette/model';
import { JsonList, streamAnswer } from '../http/json-stream.ts';
import type { HttpAnswer, HttpRequest, Route } from '../http/route.ts';
import { ApiError } from './api-error.ts';
import { formatTime } from './go-text.ts';
import { inParameter, parseGoInteger, type SelectorParser } from './parameters.ts';
import type { ActiveTargetView, DroppedTargetView, TargetsView } from './views.ts';

export interface TargetsRoutesDeps {
  readonly targets: TargetsView;
  readonly parseSelector: SelectorParser;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

export function targetsRoutes(deps: TargetsRoutesDeps): readonly Route[] {
  const route = (path: string, handle: Route['handle']): Route => ({
    surface: 'prometheus-api',
    methods: ['GET'],
    path,
    access: 'viewer',
    errors: 'json',
    handle,
  });
  return [
    route('/api/v1/targets', (request) => answerTargets(deps, request)),
    route('/api/v1/targets/metadata', (request) => answerMetadata(deps, request)),
    route('/api/v1/scrape_pools', () => answerPools(deps)),
  ];
}

function answerPools(deps: TargetsRoutesDeps): HttpAnswer {
  const { active, dropped } = deps.targets.targets();
  const names = new Set([...active, ...dropped].map(({ scrapePool }) => scrapePool));
  return success(deps, { scrapePools: [...names].toSorted() });
}

function answerMetadata(deps: TargetsRoutesDeps, { query }: HttpRequest): HttpAnswer {
  const limit = metadataLimit(query);
  const metric = query.get('metric') ?? '';
  const selector = query.get('match_target') ?? '';
  const matchers = selector === '' ? [] : inParameter('match_target', () => deps.parseSelector(selector));
  const entries: object[] = [];
  for (const target of deps.targets.targets().active) {
    if (!matchers.every((matcher) => matcher.matches(labelValueOf(target.labels, matcher.name)))) continue;
    for (const { family, type, help, unit } of target.metadata()) {
      if (metric !== '' && family !== metric) continue;
      if (limit >= 0 && entries.length >= limit)
        return success(
          deps,
          JsonList.of(entries, (entry) => entry),
        );
      const named = metric === '' ? { metric: family } : {};
      entries.push({ target: labelsToRecord(target.labels), ...named, type, help, unit });
    }
  }
  return success(
    deps,
    JsonList.of(entries, (entry) => entry),
  );
}

/** -1 is no limit. */
function metadataLimit(query: URLSearchParams): number {
  const text = query.get('limit') ?? '';
  if (text === '') return -1;
  try {
    return parseGoInteger(text);
  } catch (error) {
    throw new ApiError('bad_data', 'limit must be a number', { cause: error });
  }
}

function success({ createSlicer }: TargetsRoutesDeps, data: unknown): HttpAnswer {
  return streamAnswer(createSlicer(), { status: 'success', data });
}

function answerTargets(deps: TargetsRoutesDeps, { query }: HttpRequest): HttpAnswer {
  const state = (query.get('state') ?? '').toLowerCase();
  const isAny = state === '' || state === 'any';
  const pool = query.get('scrapePool') ?? '';
  const { active, dropped, droppedCounts } = deps.targets.targets();
  const isWanted = ({ scrapePool }: { readonly scrapePool: string }): boolean =>
    pool === '' || scrapePool === pool;
  return success(deps, {
    activeTargets: JsonList.of(isAny || state === 'active' ? active.filter(isWanted) : [], activeJson),
    droppedTargets: JsonList.of(isAny || state === 'dropped' ? dropped.filter(isWanted) : [], droppedJson),
    droppedTargetCounts: droppedCounts,
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
