import { dashboardWrite } from '@vedette/api';
import { ConflictError } from '@vedette/model';
import { actorOf } from '../auth/caller.ts';
import { errorAnswer, jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { ApiError, badData } from '../prometheus-api/api-error.ts';
import { parseGoInteger } from '../prometheus-api/parameters.ts';
import type { DashboardBook, DashboardDraft } from './dashboards/dashboard-book.ts';
import { jsonBodyOf } from '../http/json-body.ts';

export interface DashboardRoutesDeps {
  /** Made when somebody asks, always the same one. */
  readonly dashboards: () => Promise<DashboardBook>;
}

// A dashboard of the largest size that is stored, written with spaces and indented.
const BODY_BYTES_MAX = 4 * 1024 * 1024;

const EXAMPLE = '{"dashboard":{"title":"Shop","panels":[]},"ifVersion":3}';

/** `/api/vedette/dashboards`, as `packages/api/src/dashboards.ts` has it. */
export function dashboardRoutes({ dashboards }: DashboardRoutesDeps): readonly Route[] {
  const route = (
    [method, path]: readonly [Route['methods'][number], string],
    handle: (book: DashboardBook, request: HttpRequest) => Promise<HttpAnswer>,
  ): Route => ({
    surface: 'vedette-api',
    methods: [method],
    path: `/api/vedette/dashboards${path}`,
    access: method === 'GET' ? 'viewer' : 'operator',
    ...(method === 'POST' || method === 'PUT' ? { bodyBytesMax: BODY_BYTES_MAX } : {}),
    errors: 'json',
    handle: async (request) => await handle(await dashboards(), request),
  });
  return [
    route(['GET', ''], async (book) => jsonAnswer(200, await book.list())),
    route(['POST', ''], async (book, request) => jsonAnswer(201, await book.create(draftOf(request).draft))),
    route(['GET', '/:uid'], findDashboard),
    route(['PUT', '/:uid'], updateDashboard),
    route(['DELETE', '/:uid'], async (book, { params }) => {
      const uid = params['uid'] ?? '';
      if (!(await book.remove(uid))) throw unknown(uid, 'is stored');
      return { status: 204 };
    }),
    route(['GET', '/:uid/versions'], async (book, { params }) => {
      const uid = params['uid'] ?? '';
      const versions = await book.versions(uid);
      if (versions === undefined) throw unknown(uid);
      return jsonAnswer(200, versions);
    }),
  ];
}

async function findDashboard(book: DashboardBook, { params, form }: HttpRequest): Promise<HttpAnswer> {
  const uid = params['uid'] ?? '';
  const text = form.get('version') ?? '';
  const version = text === '' ? undefined : parseGoInteger(text);
  if (version !== undefined && version < 0) throw badData(`version must be 0 or more; got ${version}`);
  const found = await book.find(uid, version);
  if (found === undefined) throw unknown(uid, version === undefined ? 'exists' : `exists in version ${text}`);
  return jsonAnswer(200, found);
}

async function updateDashboard(book: DashboardBook, request: HttpRequest): Promise<HttpAnswer> {
  const uid = request.params['uid'] ?? '';
  const { draft, ifVersion } = draftOf(request);
  try {
    const entry = await book.update(uid, draft, ifVersion);
    if (entry === undefined) throw unknown(uid);
    return jsonAnswer(200, entry);
  } catch (error) {
    if (error instanceof ConflictError) return await conflictAnswer(book, uid, error);
    throw error;
  }
}

/** 409 with what stands there now, so that a page can say whose change it would undo. */
async function conflictAnswer(book: DashboardBook, uid: string, error: ConflictError): Promise<HttpAnswer> {
  const found = await book.find(uid);
  if (found === undefined) return errorAnswer(409, 'conflict', error.message);
  const { version, updatedBy, updatedAtMs } = found;
  const data = { version, updatedBy, updatedAtMs };
  return jsonAnswer(409, { status: 'error', errorType: 'conflict', error: error.message, data });
}

function draftOf(request: HttpRequest): {
  readonly draft: DashboardDraft;
  readonly ifVersion: number | undefined;
} {
  const { dashboard, message, ifVersion } = jsonBodyOf(request, dashboardWrite, EXAMPLE);
  return { draft: { dashboard, message, by: actorOf(request) }, ifVersion };
}

function unknown(uid: string, what = 'exists'): ApiError {
  return new ApiError('not_found', `cannot find the dashboard: none ${what} with uid ${JSON.stringify(uid)}`);
}
