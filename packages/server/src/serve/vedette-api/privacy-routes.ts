import { privacyRequest, type PrivacyReportJson } from '@vedette/api';
import type { PrivacyOffice } from '../../respond/index.ts';
import { jsonAnswer, type Route } from '../http/route.ts';
import { ApiError } from '../prometheus-api/api-error.ts';
import { jsonBodyOf } from '../http/json-body.ts';

export interface PrivacyRoutesDeps {
  /** Made when somebody asks; absent: nothing about persons is kept here. */
  readonly privacy?: () => Promise<PrivacyOffice>;
}

// 50 subjects of 1 kB.
const BODY_BYTES_MAX = 64 * 1024;

const EXAMPLE = '{"subjects":[{"scope":"user","subject":"u1_…"}]}';

/** What `vedette privacy` asks. Only the administrator: an erasure cannot be undone, an export is a file about a person. */
export function privacyRoutes(deps: PrivacyRoutesDeps): readonly Route[] {
  const privacy = (): Promise<PrivacyOffice> => deps.privacy?.() ?? Promise.reject(noGuard());
  const route = (what: 'export' | 'erase', handle: Route['handle']): Route => ({
    surface: 'vedette-api',
    methods: ['POST'],
    path: `/api/vedette/privacy/${what}`,
    access: 'admin',
    bodyBytesMax: BODY_BYTES_MAX,
    errors: 'json',
    handle,
  });
  return [
    route('export', async (request) => {
      const subjects = jsonBodyOf(request, privacyRequest, EXAMPLE).subjects;
      return jsonAnswer(200, await (await privacy()).export(subjects, request.signal));
    }),
    route('erase', async (request) => {
      const subjects = jsonBodyOf(request, privacyRequest, EXAMPLE).subjects;
      const report = await (await privacy()).erase(subjects, request.signal);
      return jsonAnswer(200, { ...report, remarks: [...report.remarks] } satisfies PrivacyReportJson);
    }),
  ];
}

function noGuard(): ApiError {
  return new ApiError('not_found', 'cannot look for a person: this server has no guard');
}
