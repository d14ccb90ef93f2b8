import type { CardinalityReport } from '@vedette/api';
import { createMatcher, METRIC_NAME, UnsupportedError, type Matcher, type Slicer } from '@vedette/model';
import { streamAnswer } from '../http/json-stream.ts';
import type { HttpAnswer, HttpRequest, Route } from '../http/route.ts';
import { badData } from '../prometheus-api/api-error.ts';
import {
  inParameter,
  matcherSetsParameter,
  parseGoInteger,
  type SelectorParser,
} from '../prometheus-api/parameters.ts';

/** The series of the head and those who create them. */
export interface SeriesView {
  /** Counts in slices; `matcherSets` empty: all series are selected. */
  report(query: {
    readonly limit: number;
    readonly matcherSets: readonly (readonly Matcher[])[];
  }): Promise<CardinalityReport>;
}

export interface CardinalityRouteDeps {
  /** `undefined`: series are kept elsewhere. */
  readonly series: SeriesView | undefined;
  readonly parseSelector: SelectorParser;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

const ENTRIES_DEFAULT = 10;
// As upstream's lists of the heaviest names; more is no overview.
const ENTRIES_MAX = 10_000;
// Each selector is matched against the whole index of the head.
const SELECTORS_MAX = 20;

/** Who fills the head: `packages/api/src/cardinality.ts` has the answer. */
export function cardinalityRoute(deps: CardinalityRouteDeps): Route {
  return {
    surface: 'vedette-api',
    methods: ['GET'],
    path: '/api/vedette/cardinality',
    access: 'viewer',
    errors: 'json',
    handle: (request) => answer(deps, request),
  };
}

async function answer(deps: CardinalityRouteDeps, { form }: HttpRequest): Promise<HttpAnswer> {
  const limit = limitOf(form);
  const matcherSets = matcherSetsOf(form, deps.parseSelector);
  if (deps.series === undefined)
    throw new UnsupportedError(
      'VED_ENGINE_UNSUPPORTED',
      'cannot count series: they are kept by storage.metrics.engine; /api/v1/status/tsdb asks that engine',
    );
  return streamAnswer(deps.createSlicer(), await deps.series.report({ limit, matcherSets }));
}

/** `job` and `metric` narrow each selector. */
function matcherSetsOf(
  form: URLSearchParams,
  parseSelector: SelectorParser,
): readonly (readonly Matcher[])[] {
  const count = form.getAll('match[]').length;
  if (count > SELECTORS_MAX) throw badData(`match[] may be given ${SELECTORS_MAX} times; got ${count}`);
  const sets = inParameter('match[]', () => matcherSetsParameter(form, parseSelector));
  const common: Matcher[] = [];
  for (const [parameter, label] of [
    ['job', 'job'],
    ['metric', METRIC_NAME],
  ] as const) {
    const value = form.get(parameter) ?? '';
    if (value !== '') common.push(createMatcher(label, '=', value));
  }
  if (sets.length > 0) return sets.map((set) => [...set, ...common]);
  return common.length === 0 ? [] : [common];
}

function limitOf(form: URLSearchParams): number {
  const text = form.get('limit') ?? '';
  if (text === '') return ENTRIES_DEFAULT;
  const limit = inParameter('limit', () => parseGoInteger(text));
  if (limit < 1 || limit > ENTRIES_MAX) throw badData(`limit must be from 1 to ${ENTRIES_MAX}; got ${limit}`);
  return limit;
}
