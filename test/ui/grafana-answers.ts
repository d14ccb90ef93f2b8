/** What the panels of a dashboard ask, and what the server answers: the truth that a page is compared with. */
import {
  createScope,
  fillQuery,
  fillText,
  repeatPanels,
  resolveVariables,
  stepOf,
  type Dashboard,
  type Panel,
  type RepeatedPanel,
  type ResolvedVariables,
  type Scope,
  type VariableSource,
} from '@vedette/dashboard';

/** As many points as the page asks for. */
const POINTS_MAX = 450;

export interface AskedPanel {
  readonly key: string;
  readonly panel: Panel;
  readonly answers: readonly Answer[];
}

export type Answer =
  | { readonly expr: string; readonly series: readonly AnsweredSeries[] }
  | { readonly expr: string; readonly fault: string };

export interface AnsweredSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [timeMs: number, value: number])[];
}

/** The server, and what the page knows of it and of the time. */
interface Asking {
  readonly url: string;
  readonly range: { readonly fromMs: number; readonly toMs: number };
  readonly scrapeIntervalMs: number;
}

/** All panels but rows, as the page shows them for a fixed range. */
export async function askPanels(dashboard: Dashboard, asking: Asking): Promise<AskedPanel[]> {
  const { url, ...known } = asking;
  const request = { ...known, chosen: new Map<string, string[]>(), ask: sourceOf(url) };
  const resolved = await resolveVariables(dashboard, request, new AbortController().signal);
  const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.row?.panels ?? [])]);
  const shown = repeatPanels({ ...dashboard, panels }, resolved).filter(({ panel }) => panel.kind !== 'row');
  const asked: AskedPanel[] = [];
  // One after another: the server refuses whoever asks hundreds of questions at once.
  for (const one of shown)
    asked.push({
      key: one.key,
      panel: one.panel,
      answers: await askOne({ dashboard, resolved, one }, asking),
    });
  return asked;
}

interface PanelRequest {
  readonly dashboard: Dashboard;
  readonly resolved: ResolvedVariables;
  readonly one: RepeatedPanel;
}

async function askOne(
  { dashboard, resolved, one: { panel, panelVariables } }: PanelRequest,
  { url, range, scrapeIntervalMs }: Asking,
): Promise<readonly Answer[]> {
  const scopeOf = (stepMs: number): Scope =>
    createScope(resolved, { range, stepMs, scrapeIntervalMs, dashboard, timezone: 'utc', panelVariables });
  const stepMsOf = (intervalMin: string): number =>
    stepOf(range, {
      maxDataPoints: Math.min(panel.maxDataPoints ?? POINTS_MAX, POINTS_MAX),
      intervalMin: fillText(intervalMin, scopeOf(scrapeIntervalMs)),
      scrapeIntervalMs,
    });
  const asked = panel.queries.filter(({ isHidden, expr }) => !isHidden && expr.trim() !== '');
  const answers = asked.map(async ({ expr: text, mode, intervalMin }) => {
    const stepMs = stepMsOf(intervalMin === '' ? panel.intervalMin : intervalMin);
    const expr = fillQuery(text, scopeOf(stepMs));
    const aligned = (timeMs: number): string => String((Math.floor(timeMs / stepMs) * stepMs) / 1000);
    const grid = { start: aligned(range.fromMs), end: aligned(range.toMs), step: String(stepMs / 1000) };
    const time = String(range.toMs / 1000);
    const questions = [
      ...(mode === 'instant' ? [] : [answerOf(`${url}/api/v1/query_range`, { query: expr, ...grid })]),
      ...(mode === 'range' ? [] : [answerOf(`${url}/api/v1/query`, { query: expr, time })]),
    ];
    return await Promise.all(questions);
  });
  return (await Promise.all(answers)).flat();
}

type Point = readonly [seconds: number, value: string];

async function answerOf(
  address: string,
  form: { readonly query: string } & Record<string, string>,
): Promise<Answer> {
  const expr = form.query;
  const response = await fetch(address, { method: 'POST', body: new URLSearchParams(form) });
  const body = (await response.json()) as {
    readonly error?: string;
    readonly data?: { readonly resultType: string; readonly result: unknown };
  };
  if (body.data === undefined) return { expr, fault: body.error ?? `status ${response.status}` };
  const { resultType, result } = body.data;
  if (resultType === 'scalar') return { expr, series: [{ labels: {}, points: [pointOf(result as Point)] }] };
  const series = result as readonly {
    readonly metric: Readonly<Record<string, string>>;
    readonly values?: readonly Point[];
    readonly value?: Point;
  }[];
  return {
    expr,
    series: series.map(({ metric, values, value }) => ({
      labels: metric,
      points: (values ?? (value === undefined ? [] : [value])).map(pointOf),
    })),
  };
}

function pointOf([seconds, value]: Point): readonly [number, number] {
  return [Math.round(seconds * 1000), Number(value)];
}

/** As the page asks for the options of variables. */
function sourceOf(url: string): VariableSource {
  const names = async (path: string, selector: string | undefined, { fromMs, toMs }: Asking['range']) => {
    const query = new URLSearchParams({ start: String(fromMs / 1000), end: String(toMs / 1000) });
    if (selector !== undefined) query.append('match[]', selector);
    return ((await (await fetch(`${url}${path}?${query.toString()}`)).json()) as { readonly data: string[] })
      .data;
  };
  return {
    labelValues: (selector, label, range) => names(`/api/v1/label/${label}/values`, selector, range),
    labelNames: (range) => names('/api/v1/labels', undefined, range),
    metricNames: (range) => names('/api/v1/label/__name__/values', undefined, range),
    queryResult: () => Promise.reject(new Error('no dashboard of the set asks query_result')),
  };
}
