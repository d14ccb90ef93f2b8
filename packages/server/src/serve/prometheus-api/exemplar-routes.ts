import type { SeriesExemplars, Slicer } from '@vedette/model';
import type { PromQuery } from '../../query/metrics/port.ts';
import { inSlices } from '../http/json-stream.ts';
import type { HttpAnswer, HttpRequest, Route } from '../http/route.ts';
import { badData } from './api-error.ts';
import { formatTimestamp, formatValue } from './go-text.ts';
import { rangeParameters } from './parameters.ts';
import { metricJson } from './result-json.ts';

export interface ExemplarRoutesDeps {
  readonly query: PromQuery;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

/** What leads from a series to a trace. */
export function exemplarRoutes(deps: ExemplarRoutesDeps): readonly Route[] {
  return [
    {
      surface: 'prometheus-api',
      methods: ['GET', 'POST'],
      path: '/api/v1/query_exemplars',
      access: 'viewer',
      errors: 'json',
      handle: (request) => answerExemplars(deps, request),
    },
  ];
}

async function answerExemplars(deps: ExemplarRoutesDeps, { form, signal }: HttpRequest): Promise<HttpAnswer> {
  const range = rangeParameters(form);
  if (range.untilMs < range.fromMs) throw badData('end timestamp must not be before start timestamp');
  const found = await deps.query.exemplars(form.get('query') ?? '', range, signal);
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: inSlices(deps.createSlicer(), exemplarPieces(found)),
  };
}

function* exemplarPieces(found: readonly SeriesExemplars[]): Iterable<string> {
  yield '{"status":"success","data":[';
  for (const [i, { labels, exemplars }] of found.entries()) {
    yield `${i === 0 ? '' : ','}{"seriesLabels":${metricJson(labels)},"exemplars":[`;
    for (const [k, one] of exemplars.entries())
      yield `${k === 0 ? '' : ','}{"labels":${metricJson(one.labels)},"value":"${formatValue(one.value)}","timestamp":${formatTimestamp(one.timestampMs)}}`;
    yield ']}';
  }
  yield ']}';
}
