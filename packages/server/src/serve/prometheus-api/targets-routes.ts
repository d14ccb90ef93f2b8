import { formatDurationMs, labelsToRecord } from '@vedette/model';
import { jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { isLoopbackHost } from '../auth/origin.ts';
import { formatTime } from './go-text.ts';
import type { ActiveTargetView, DroppedTargetView, TargetsView } from './views.ts';

export interface TargetsRoutesDeps {
  readonly targets: TargetsView;
  /** Name of this machine to others, put in place of loopback names in `globalUrl`. */
  readonly hostname: string;
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
  const { active, dropped } = deps.targets.targets();
  const isWanted = ({ scrapePool }: { readonly scrapePool: string }): boolean =>
    pool === '' || scrapePool === pool;
  const wantedDropped = dropped.filter(isWanted);
  return jsonAnswer(200, {
    status: 'success',
    data: {
      activeTargets:
        isAny || state === 'active'
          ? active.filter(isWanted).map((target) => activeJson(target, deps.hostname))
          : [],
      droppedTargets: isAny || state === 'dropped' ? wantedDropped.map(droppedJson) : [],
      droppedTargetCounts: isAny || state === 'dropped' ? countByPool(wantedDropped) : {},
    },
  });
}

function activeJson(target: ActiveTargetView, hostname: string): object {
  return {
    discoveredLabels: labelsToRecord(target.discoveredLabels),
    labels: labelsToRecord(target.labels),
    scrapePool: target.scrapePool,
    scrapeUrl: target.scrapeUrl,
    globalUrl: globalUrlOf(target.scrapeUrl, hostname),
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

function countByPool(targets: readonly DroppedTargetView[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { scrapePool } of targets) counts[scrapePool] = (counts[scrapePool] ?? 0) + 1;
  return counts;
}

/** The address as others reach it: a loopback name means this machine. */
function globalUrlOf(scrapeUrl: string, hostname: string): string {
  if (!URL.canParse(scrapeUrl)) return scrapeUrl;
  const url = new URL(scrapeUrl);
  if (!isLoopbackHost(url.host)) return scrapeUrl;
  url.hostname = hostname;
  return url.href;
}
