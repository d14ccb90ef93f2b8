/** What the monitor agent finds about alerts. `packages/api/src/analysis.ts` has the answers. */
import { analysisReport, type AnalysisReport, type AnalysisSummary } from '@vedette/api';
import { z } from 'zod';
import { TOLD_FORMS, toldReport, type AnalysisDesk, type ToldForm } from '../../respond/index.ts';
import { jsonAnswer, textAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { ApiError, badData } from '../prometheus-api/api-error.ts';

export interface AnalysisRoutesDeps {
  /** Made on first use; absent: this server analyses nothing. */
  readonly analysis?: () => Promise<AnalysisDesk>;
  /** Where links in Markdown and text lead; without a slash at the end. */
  readonly externalUrl: string;
}

const ANALYSES_DEFAULT = 50;
/** More than are kept; one page all the same. */
const ANALYSES_MAX = 1000;

export function analysisRoutes({ analysis, externalUrl }: AnalysisRoutesDeps): readonly Route[] {
  if (analysis === undefined) return [];
  const route = (path: string, handle: Route['handle']): Route => ({
    surface: 'vedette-api',
    methods: ['GET'],
    path: `/api/vedette/${path}`,
    access: 'viewer',
    errors: 'json',
    handle,
  });
  return [
    route('alerts/:fingerprint/analysis', async (request) => {
      const form = formOf(request);
      return await answerOf(await analyse(await analysis(), request), form, externalUrl);
    }),
    route('analyses', async (request) => {
      const limit = limitOf(request);
      const summaries: readonly AnalysisSummary[] = await (await analysis()).recent(limit);
      return jsonAnswer(200, summaries);
    }),
    route('analyses/:id', async (request) => {
      const id = request.params['id'] ?? '';
      const form = formOf(request);
      const report = await (await analysis()).report(id);
      if (report !== undefined) return await answerOf(report, form, externalUrl);
      throw new ApiError(
        'not_found',
        `cannot find analysis ${JSON.stringify(id)}: none has this id, or it is older than those that are kept; /api/vedette/analyses lists them`,
      );
    }),
    route('analysis.schema.json', () => jsonAnswer(200, z.toJSONSchema(analysisReport))),
  ];
}

async function analyse(desk: AnalysisDesk, { params, form, signal }: HttpRequest): Promise<AnalysisReport> {
  const fingerprint = params['fingerprint'] ?? '';
  const isFresh = isFreshOf(form.get('fresh') ?? '');
  const report: AnalysisReport | undefined =
    (await desk.analyse({ kind: 'alert', fingerprint }, signal, { isFresh })) ??
    (await desk.find(fingerprint));
  if (report !== undefined) return report;
  throw new ApiError(
    'not_found',
    `cannot analyse alert ${JSON.stringify(fingerprint)}: no alert with this fingerprint is known now, and none was analysed lately; /api/v2/alerts lists those that are known`,
  );
}

async function answerOf(
  report: AnalysisReport,
  form: ToldForm | 'json',
  externalUrl: string,
): Promise<HttpAnswer> {
  if (form === 'json') return jsonAnswer(200, report);
  const text = await toldReport(report, form, { externalUrl });
  return textAnswer(200, text, form === 'text' ? {} : { 'content-type': 'text/markdown; charset=utf-8' });
}

function formOf({ form }: HttpRequest): ToldForm | 'json' {
  const text = form.get('format') ?? 'json';
  const known = (['json', ...TOLD_FORMS] as const).find((one) => one === text);
  if (known !== undefined) return known;
  throw badData(`format must be json, ${TOLD_FORMS.join(' or ')}; got ${JSON.stringify(text.slice(0, 100))}`);
}

function isFreshOf(text: string): boolean {
  if (text === '' || text === '0' || text === 'false') return false;
  if (text === '1' || text === 'true') return true;
  throw badData(`fresh must be 1 or 0; got ${JSON.stringify(text.slice(0, 100))}`);
}

function limitOf({ form }: HttpRequest): number {
  const text = form.get('limit') ?? '';
  if (text === '') return ANALYSES_DEFAULT;
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > ANALYSES_MAX)
    throw badData(
      `limit must be a whole number from 1 to ${ANALYSES_MAX}; got ${JSON.stringify(text.slice(0, 100))}`,
    );
  return limit;
}
