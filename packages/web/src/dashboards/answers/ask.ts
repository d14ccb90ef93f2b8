import { fetchJson } from '../../api/http.ts';
import { boundsOf, type TimeRange } from '../../time/time-range.ts';
import { Turns } from './turns.ts';

/** As many as browsers open connections over HTTP/1.1, and well below `query.max_queued_per_source` of the server. */
const RUNNING_MAX = 6;

/** Of the page, since it is the page whose questions the server counts. */
const turns = new Turns(RUNNING_MAX);

/** Prometheus' answers as they come, histograms and all: `framesOfMatrix` and `framesOfVector` read them. */
export interface AnswerSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly (readonly [seconds: number, value: string])[];
  readonly value?: readonly [seconds: number, value: string];
}

export interface Grid {
  readonly range: TimeRange;
  readonly stepMs: number;
}

/** Evaluates over a range, on a grid aligned to the step as the live socket's is. */
export async function askRange(
  expr: string,
  { range, stepMs }: Grid,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly AnswerSeries[]> {
  const { fromMs, toMs } = boundsOf(range, nowMs);
  const aligned = (timeMs: number): string => String((Math.floor(timeMs / stepMs) * stepMs) / 1000);
  const answer = (await post(
    '/api/v1/query_range',
    { query: expr, start: aligned(fromMs), end: aligned(toMs), step: String(stepMs / 1000) },
    signal,
  )) as { readonly result: readonly AnswerSeries[] };
  return answer.result;
}

/** Evaluates at the end of a range. A scalar counts as a series without labels. */
export async function askInstant(
  expr: string,
  range: TimeRange,
  nowMs: number,
  signal: AbortSignal,
): Promise<readonly AnswerSeries[]> {
  const { toMs } = boundsOf(range, nowMs);
  const { resultType, result } = (await post(
    '/api/v1/query',
    { query: expr, time: String(toMs / 1000) },
    signal,
  )) as { readonly resultType: string; readonly result: unknown };
  if (resultType === 'vector') return result as readonly AnswerSeries[];
  if (resultType === 'scalar') return [{ metric: {}, value: result as readonly [number, string] }];
  return [];
}

/** Queries go as form bodies: an expression may be longer than a URL. */
async function post(path: string, form: Record<string, string>, signal: AbortSignal): Promise<unknown> {
  const init = { method: 'POST', body: new URLSearchParams(form), signal } as const;
  const { data } = (await turns.run(signal, () => fetchJson(path, init))) as { readonly data: unknown };
  return data;
}

/** Values of a label, names of labels, names of metrics: what variables are filled with. */
export async function askNames(
  path: string,
  params: { readonly selector: string | undefined; readonly fromMs: number; readonly toMs: number },
  signal: AbortSignal,
): Promise<string[]> {
  const query = new URLSearchParams({
    start: String(Math.floor(params.fromMs / 1000)),
    end: String(Math.ceil(params.toMs / 1000)),
  });
  if (params.selector !== undefined) query.append('match[]', params.selector);
  const names = await turns.run(signal, () => fetchJson(`${path}?${query.toString()}`, { signal }));
  return (names as { readonly data: string[] }).data;
}
