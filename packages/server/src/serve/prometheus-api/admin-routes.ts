import { UnsupportedError } from '@vedette/model';
import type { MetricsAdmin } from '../../store/metrics/port.ts';
import { jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { badData, invalidParameter } from './api-error.ts';
import { quote } from './go-text.ts';
import { inParameter, matcherSetsParameter, rangeParameters, type SelectorParser } from './parameters.ts';

export interface AdminRoutesDeps {
  /** `undefined`: the samples are kept elsewhere. */
  readonly admin: MetricsAdmin | undefined;
  readonly parseSelector: SelectorParser;
}

const NO_CONTENT: HttpAnswer = { status: 204 };

/**
 * Deleting, cleaning, copying. Upstream hides these behind a flag, since it knows no roles; here they ask for
 * the highest one. Two differences, both on the careful side: a selector that matches every series is refused, and
 * a fault in one selector leaves the others undone.
 */
export function adminRoutes(deps: AdminRoutesDeps): readonly Route[] {
  const route = (path: string, handle: Route['handle']): Route => ({
    surface: 'prometheus-api',
    methods: ['POST', 'PUT'],
    path: `/api/v1/admin/tsdb/${path}`,
    access: 'admin',
    errors: 'json',
    handle,
  });
  return [
    route('delete_series', (request) => answerDelete(deps, request)),
    route('clean_tombstones', () => answerClean(deps)),
    route('snapshot', (request) => answerSnapshot(deps, request)),
  ];
}

async function answerDelete(deps: AdminRoutesDeps, { form }: HttpRequest): Promise<HttpAnswer> {
  const admin = adminOf(deps);
  if (form.getAll('match[]').length === 0) throw badData('no match[] parameter provided');
  const range = rangeParameters(form);
  const matcherSets = inParameter('match[]', () => matcherSetsParameter(form, deps.parseSelector));
  await admin.deleteSeries(matcherSets, range);
  return NO_CONTENT;
}

async function answerClean(deps: AdminRoutesDeps): Promise<HttpAnswer> {
  await adminOf(deps).cleanTombstones();
  return NO_CONTENT;
}

async function answerSnapshot(deps: AdminRoutesDeps, { form }: HttpRequest): Promise<HttpAnswer> {
  const admin = adminOf(deps);
  const name = await admin.snapshot({ hasHead: !flagParameter(form, 'skip_head') });
  return jsonAnswer(200, { status: 'success', data: { name } });
}

function adminOf({ admin }: AdminRoutesDeps): MetricsAdmin {
  if (admin !== undefined) return admin;
  throw new UnsupportedError(
    'VED_ENGINE_UNSUPPORTED',
    'cannot change stored samples: they are not kept here but by storage.metrics.engine; ask that engine',
  );
}

/** False when absent. */
function flagParameter(form: URLSearchParams, name: string): boolean {
  const text = form.get(name) ?? '';
  if (text === '') return false;
  const value = GO_BOOLEANS.get(text);
  if (value === undefined)
    throw invalidParameter(
      name,
      `unable to parse boolean: strconv.ParseBool: parsing ${quote(text)}: invalid syntax`,
    );
  return value;
}

/** What `strconv.ParseBool` accepts. */
const GO_BOOLEANS: ReadonlyMap<string, boolean> = new Map(
  [
    ['1', 't', 'T', 'true', 'TRUE', 'True'],
    ['0', 'f', 'F', 'false', 'FALSE', 'False'],
  ].flatMap((texts, i) => texts.map((text): [string, boolean] => [text, i === 0])),
);
