import {
  createScope,
  fillQuery,
  fillText,
  repeatPanels,
  stepOf,
  type AnnotationQuery,
  type Dashboard,
  type Panel,
  type PanelQuery,
  type RepeatedPanel,
  type ResolvedVariables,
  type Scope,
} from '@vedette/dashboard';
import { CHART_POINTS_MAX } from '../../time/step.ts';
import { boundsOf, type TimeRange } from '../../time/time-range.ts';
import type { Question } from './use-answers.ts';

/** A panel as it stands on the page: once per value of its variable where it repeats. */
export type ShownPanel = RepeatedPanel;

/** What a scope is made of besides the panel. */
export interface ScopeSource {
  readonly dashboard: Dashboard;
  readonly resolved: ResolvedVariables;
  readonly range: TimeRange;
  readonly openedAtMs: number;
  readonly timezone: string;
  /** Of the server: `$__rate_interval` is four of them at least. */
  readonly scrapeIntervalMs: number;
}

/** All panels with their repeats, those of closed rows too: whether a row is open is decided on the page. */
export function shownPanels(dashboard: Dashboard, resolved: ResolvedVariables): readonly ShownPanel[] {
  const panels = dashboard.panels.flatMap((panel): readonly Panel[] =>
    panel.row === undefined ? [panel] : [panel, ...panel.row.panels],
  );
  return repeatPanels({ ...dashboard, panels }, resolved);
}

/** What stands for the variables of a panel. The interval is that of its own step. */
export function createPanelScope(source: ScopeSource, { panel, panelVariables }: ShownPanel): Scope {
  const { dashboard, resolved, openedAtMs, timezone, scrapeIntervalMs } = source;
  const range = boundsOf(source.range, openedAtMs);
  const scopeOf = (stepMs: number): Scope =>
    createScope(resolved, { range, stepMs, scrapeIntervalMs, dashboard, timezone, panelVariables });
  const first = scopeOf(scrapeIntervalMs);
  return scopeOf(stepMsOf(panel, fillText(panel.intervalMin, first), first));
}

/** What a panel asks, variables filled in; hidden queries and those for other kinds of source are left out. */
export function questionsOf(panel: Panel, scope: Scope): readonly Question[] {
  return panel.queries.flatMap((query) => {
    if (query.isHidden || query.expr.trim() === '') return [];
    const intervalMin = fillText(query.intervalMin, scope);
    const stepMs = intervalMin === '' ? scope.stepMs : stepMsOf(panel, intervalMin, scope);
    const expr = fillQuery(query.expr, { ...scope, stepMs });
    const question = {
      refId: query.refId,
      expr,
      stepMs,
      needsWhole: panel.kind === 'heatmap' || query.format !== 'time_series',
    };
    return modesOf(query).map((mode) => ({ ...question, mode }));
  });
}

/** Queries of annotations, variables filled in. */
export function filledAnnotations(
  source: ScopeSource,
): readonly (AnnotationQuery & { readonly filled: string })[] {
  const { dashboard, resolved, openedAtMs, timezone, scrapeIntervalMs } = source;
  const scope = createScope(resolved, {
    range: boundsOf(source.range, openedAtMs),
    stepMs: scrapeIntervalMs,
    scrapeIntervalMs,
    dashboard,
    timezone,
  });
  return dashboard.annotations.map((annotation) => ({
    ...annotation,
    filled: fillQuery(annotation.expr, scope),
  }));
}

function modesOf({ mode }: PanelQuery): readonly Question['mode'][] {
  return mode === 'both' ? ['range', 'instant'] : [mode];
}

function stepMsOf(panel: Panel, intervalMin: string, { range, scrapeIntervalMs }: Scope): number {
  const maxDataPoints = Math.min(panel.maxDataPoints ?? CHART_POINTS_MAX, CHART_POINTS_MAX);
  return stepOf(range, { maxDataPoints, intervalMin, scrapeIntervalMs });
}
