import type { AnnotationQuery } from '@vedette/dashboard';
import type { ChartMark } from '../../panel/panel-props.ts';

/**
 * What happened while the charts drew their lines, from the metrics themselves:
 *
 * - alerts: the stretches in which `ALERTS{alertstate="firing"}` has samples;
 * - deploys: a version that appears in a `…_build_info` series after the range began, beside or after another;
 * - annotations: each stretch in which a query of the dashboard gives a value other than 0, as in Grafana.
 *
 * Everything is on the step of the question: a mark is as exact as the charts that it stands on.
 */
export const ALERTS_EXPR = 'ALERTS{alertstate="firing",severity!="none"}';
export const BUILDS_EXPR = 'count by (__name__, job, version) ({__name__=~".+_build_info"})';

/** More lines than this make a chart unreadable; the newest are kept. */
const MARKS_MAX = 100;

/** A series of Prometheus' range answer. */
export interface MarkSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values?: readonly (readonly [seconds: number, value: string])[];
}

export function alertMarks(series: readonly MarkSeries[], stepMs: number): readonly ChartMark[] {
  return newest(
    series.flatMap(({ metric, values = [] }) =>
      stretchesOf(values, stepMs).map(({ fromMs, toMs }) => ({
        atMs: fromMs,
        endMs: toMs,
        kind: 'alert' as const,
        title: metric['alertname'] ?? '',
        text: labelText(metric, ['__name__', 'alertname', 'alertstate']),
      })),
    ),
  );
}

export function deployMarks(
  series: readonly MarkSeries[],
  fromMs: number,
  stepMs: number,
): readonly ChartMark[] {
  const known = new Set<string>();
  for (const { metric, values = [] } of series)
    if ((values[0]?.[0] ?? Infinity) * 1000 < fromMs + 2 * stepMs) known.add(programOf(metric));
  return newest(
    series.flatMap(({ metric, values = [] }) => {
      const atMs = (values[0]?.[0] ?? NaN) * 1000;
      // A program that was not there before is a new source, not a new version.
      if (!(atMs >= fromMs + 2 * stepMs) || !known.has(programOf(metric))) return [];
      const title = [metric['job'], metric['version']].filter((word) => word !== undefined).join(' ');
      return [{ atMs, kind: 'deploy' as const, title, text: metric['__name__'] ?? '' }];
    }),
  );
}

export function annotationMarks(
  annotation: AnnotationQuery,
  series: readonly MarkSeries[],
  stepMs: number,
): readonly ChartMark[] {
  const isDeploy = /deploy|release|rollout/i.test(annotation.name);
  return newest(
    series.flatMap(({ metric, values = [] }) =>
      stretchesOf(
        values.filter(([, value]) => Number(value) !== 0),
        stepMs,
      ).map(({ fromMs, toMs }) => ({
        atMs: fromMs,
        ...(toMs > fromMs ? { endMs: toMs } : {}),
        kind: isDeploy ? ('deploy' as const) : ('annotation' as const),
        title: filled(annotation.title, metric) || annotation.name,
        text: filled(annotation.text, metric) || labelText(metric, ['__name__']),
        ...(annotation.color === '' ? {} : { colour: annotation.color }),
      })),
    ),
  );
}

/** Runs of points that follow one another by a step. */
function stretchesOf(
  values: NonNullable<MarkSeries['values']>,
  stepMs: number,
): readonly { fromMs: number; toMs: number }[] {
  const stretches: { fromMs: number; toMs: number }[] = [];
  for (const [seconds] of values) {
    const atMs = seconds * 1000;
    const last = stretches.at(-1);
    if (last !== undefined && atMs - last.toMs <= stepMs * 1.5) last.toMs = atMs;
    else stretches.push({ fromMs: atMs, toMs: atMs });
  }
  return stretches;
}

/** Labels stand in titles as `{{instance}}`. */
function filled(text: string, metric: MarkSeries['metric']): string {
  return text.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, name: string) => metric[name] ?? '').trim();
}

function programOf(metric: MarkSeries['metric']): string {
  return `${metric['__name__'] ?? ''} ${metric['job'] ?? ''}`;
}

function labelText(metric: MarkSeries['metric'], without: readonly string[]): string {
  return Object.keys(metric)
    .filter((name) => !without.includes(name))
    .sort()
    .map((name) => `${name}=${metric[name] ?? ''}`)
    .join(', ');
}

function newest(marks: readonly ChartMark[]): readonly ChartMark[] {
  return marks.toSorted((a, b) => a.atMs - b.atMs).slice(-MARKS_MAX);
}
