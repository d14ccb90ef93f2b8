import type { Labels, LabelRequest, MetricMetadata, Page, Slicer } from '@vedette/model';
import type { PromQuery } from '../../query/metrics/port.ts';
import { inSlices } from '../http/json-stream.ts';
import type { HttpAnswer, HttpRequest, Route } from '../http/route.ts';
import { ApiError, badData } from './api-error.ts';
import { quote } from './go-text.ts';
import { unescapeLabelName } from './label-name.ts';
import {
  inParameter,
  limitParameter,
  matcherSetsParameter,
  parseGoInteger,
  rangeParameters,
  type SelectorParser,
} from './parameters.ts';
import { annotationsJson, metricJson, TRUNCATED } from './result-json.ts';

export interface LabelRoutesDeps {
  readonly query: PromQuery;
  readonly parseSelector: SelectorParser;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

/** Series, label names, label values, metadata. */
export function labelRoutes(deps: LabelRoutesDeps): readonly Route[] {
  const route = (methods: Route['methods'], path: string, handle: Route['handle']): Route => ({
    surface: 'prometheus-api',
    methods,
    path,
    access: 'viewer',
    errors: 'json',
    handle,
  });
  return [
    route(['GET', 'POST'], '/api/v1/series', (request) => answerSeries(deps, request)),
    route(['GET', 'POST'], '/api/v1/labels', (request) => answerLabelNames(deps, request)),
    route(['GET'], '/api/v1/label/:name/values', (request) => answerLabelValues(deps, request)),
    route(['GET'], '/api/v1/metadata', (request) => answerMetadata(deps, request)),
  ];
}

async function answerSeries(deps: LabelRoutesDeps, { form, signal }: HttpRequest): Promise<HttpAnswer> {
  if (form.getAll('match[]').length === 0) throw badData('no match[] parameter provided');
  const limit = limitParameter(form);
  const range = rangeParameters(form);
  const matcherSets = inParameter('match[]', () => matcherSetsParameter(form, deps.parseSelector));
  const page = await deps.query.series({ matcherSets, range, limit }, signal);
  return listAnswer(deps, page, (labels: Labels) => metricJson(labels));
}

async function answerLabelNames(deps: LabelRoutesDeps, { form, signal }: HttpRequest): Promise<HttpAnswer> {
  return listAnswer(deps, await deps.query.labelNames(labelRequestOf(deps, form), signal), (name) =>
    JSON.stringify(name),
  );
}

async function answerLabelValues(deps: LabelRoutesDeps, request: HttpRequest): Promise<HttpAnswer> {
  const written = request.params['name'] ?? '';
  const name = unescapeLabelName(written);
  if (name === undefined || name === '') throw badData(`invalid label name: ${quote(written)}`);
  const page = await deps.query.labelValues(name, labelRequestOf(deps, request.form), request.signal);
  return listAnswer(deps, page, (value) => JSON.stringify(value));
}

function labelRequestOf(deps: LabelRoutesDeps, form: URLSearchParams): LabelRequest {
  const limit = limitParameter(form);
  const range = rangeParameters(form);
  return { matcherSets: matcherSetsParameter(form, deps.parseSelector), range, limit };
}

/** In pieces: a hundred thousand series must hold nobody up. */
function listAnswer<T>(deps: LabelRoutesDeps, page: Page<T>, write: (entry: T) => string): HttpAnswer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: inSlices(deps.createSlicer(), listPieces(page, write)),
  };
}

function* listPieces<T>(page: Page<T>, write: (entry: T) => string): Iterable<string> {
  yield '{"status":"success","data":[';
  for (const [i, entry] of page.items.entries()) yield (i === 0 ? '' : ',') + write(entry);
  const warnings = page.isTruncated ? [TRUNCATED] : [];
  yield `]${annotationsJson('warnings', warnings)}}`;
}

async function answerMetadata(deps: LabelRoutesDeps, { form, signal }: HttpRequest): Promise<HttpAnswer> {
  const limit = countParameter(form, 'limit');
  const limitPerMetric = countParameter(form, 'limit_per_metric');
  const metric = form.get('metric') ?? '';
  const families = await deps.query.metadata(metric === '' ? undefined : metric, signal);
  const shown = limit < 0 ? families : families.slice(0, limit);
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: inSlices(deps.createSlicer(), metadataPieces(shown, limitPerMetric)),
  };
}

/** Written by hand: an object would put families named like numbers first. */
function* metadataPieces(families: readonly MetricMetadata[], limitPerMetric: number): Iterable<string> {
  yield '{"status":"success","data":{';
  for (const [i, { family, type, help, unit }] of families.entries()) {
    const list = limitPerMetric === 0 ? [] : [{ type, help, unit }];
    yield `${i === 0 ? '' : ','}${JSON.stringify(family)}:${JSON.stringify(list)}`;
  }
  yield '}}';
}

/** -1 when absent. */
function countParameter(form: URLSearchParams, name: string): number {
  const text = form.get(name) ?? '';
  if (text === '') return -1;
  try {
    return parseGoInteger(text);
  } catch (error) {
    throw new ApiError('bad_data', `${name} must be a number`, { cause: error });
  }
}
