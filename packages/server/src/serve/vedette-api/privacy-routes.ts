import { privacyRequest, type PrivacyReportJson } from '@vedette/api';
import type { SubjectKey } from '@vedette/sdk';
import type { PrivacyOffice } from '../../respond/index.ts';
import { jsonAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { ApiError, badData } from '../prometheus-api/api-error.ts';

export interface PrivacyRoutesDeps {
  /** Made when somebody asks; absent: nothing about persons is kept here. */
  readonly privacy?: () => Promise<PrivacyOffice>;
}

// 50 subjects of 1 kB.
const BODY_BYTES_MAX = 64 * 1024;

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
      const subjects = subjectsOf(request);
      return jsonAnswer(200, await (await privacy()).export(subjects, request.signal));
    }),
    route('erase', async (request) => {
      const subjects = subjectsOf(request);
      const report = await (await privacy()).erase(subjects, request.signal);
      return jsonAnswer(200, { ...report, remarks: [...report.remarks] } satisfies PrivacyReportJson);
    }),
  ];
}

function noGuard(): ApiError {
  return new ApiError('not_found', 'cannot look for a person: this server has no guard');
}

function subjectsOf({ body }: HttpRequest): readonly SubjectKey[] {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    value = undefined;
  }
  const read = privacyRequest.safeParse(value);
  if (read.success) return read.data.subjects;
  const [fault] = read.error.issues;
  throw badData(
    `cannot take the request: ${fault?.path.join('.') ?? ''}: ${fault?.message ?? ''}; want {"subjects":[{"scope":"user","subject":"u1_…"}]} with 1 to 50 entries`,
  );
}
