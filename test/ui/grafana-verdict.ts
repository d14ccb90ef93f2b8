/** Whether a panel of the page shows what the server answers: `undefined`, or why not. */
import { mapValue, reduceField, type Panel } from '@vedette/dashboard';
import type { AnsweredSeries, AskedPanel } from './grafana-answers.ts';
import { isNumberText, saysNumber } from './grafana-numbers.ts';
import type { PagePanel } from './grafana-page.ts';

/** Alerts and deploys are lines of a pixel or two on a chart of hundreds; series go from one side to the other. */
const DRAWN_RATIO_MIN = 0.25;

/** Of the numbers of a chart's table; a value that was rounded to nothing or mapped to a word is no number. */
const EQUAL_RATIO_MIN = 0.9;

const SHAPES: Readonly<Record<string, string>> = {
  timeseries: 'plot',
  heatmap: 'canvas',
  table: 'table',
  stat: 'list',
  gauge: 'list',
  bargauge: 'list',
};

export function faultOfPanel(
  { panel, answers }: AskedPanel,
  shown: PagePanel | undefined,
): string | undefined {
  if (shown === undefined) return 'is not on the page';
  if (panel.kind === 'unsupported') return `its type ${panel.type} is not drawn`;
  if (shown.kind !== panel.kind) return `is drawn as ${shown.kind}, want ${panel.kind}`;
  if (panel.kind === 'text') return shown.texts.join('').trim() === '' ? 'has no text' : undefined;
  const refused = answers.find((answer) => 'fault' in answer);
  if (refused !== undefined) return `the server refuses its query: ${refused.fault}`;
  const series = answers.flatMap((answer) => ('fault' in answer ? [] : answer.series));
  if (series.length === 0) return `no series answers ${answers.map(({ expr }) => expr).join(' ; ')}`;
  if (shown.state !== 'drawn') return `its state is ${shown.state}: ${shown.texts.join(' ')}`;
  const shape = SHAPES[panel.kind] ?? shown.shape;
  if (shown.shape !== shape) return `is drawn with ${shown.shape}, want ${shape}`;
  return shown.drawnRatio === undefined
    ? faultOfTexts(panel, series, shown)
    : faultOfCanvas(series, shown, panel.transformations.length > 0);
}

/** Something is drawn, and the table of the same panel holds the answer, row by row of time. */
function faultOfCanvas(
  series: readonly AnsweredSeries[],
  { drawnRatio = 0, rows }: PagePanel,
  isTransformed: boolean,
): string | undefined {
  if (drawnRatio < DRAWN_RATIO_MIN) return `nothing is drawn on ${1 - drawnRatio} of its width`;
  if (rows.length === 0) return 'has no table';
  const times = [...new Set(series.flatMap(({ points }) => points.map(([timeMs]) => timeMs)))].sort(
    (a, b) => a - b,
  );
  const valuesAt = (timeMs: number | undefined): number[] =>
    series.flatMap(({ points }) => points.filter(([at]) => at === timeMs).map(([, value]) => value));
  const all = series.flatMap(({ points }) => points.map(([, value]) => value));
  const [faults, cells]: [string[], string[]] = [[], []];
  for (const {
    index,
    cells: [, ...values],
  } of rows) {
    const wanted = isTransformed ? all : valuesAt(times[index]);
    for (const text of values.filter(isNumberText)) {
      cells.push(text);
      if (!saysNumber(text, wanted))
        faults.push(`row ${index} says ${text}, the API ${wanted.slice(0, 4).join(', ')}`);
    }
  }
  if (cells.length === 0) return 'its table has no number';
  const isEqual = 1 - faults.length / cells.length >= EQUAL_RATIO_MIN;
  return isEqual ? undefined : `${faults.length} of ${cells.length} differ: ${faults[0]}`;
}

/** A number is one of the answer, reduced as the panel says; a word stands for one by its mappings, or is a label. */
function faultOfTexts(
  panel: Panel,
  series: readonly AnsweredSeries[],
  { texts }: PagePanel,
): string | undefined {
  const { reduceOptions, textMode } = panel.options as {
    readonly reduceOptions?: { readonly calcs?: readonly string[] };
    readonly textMode?: string;
  };
  const calcs = ['lastNotNull', ...(reduceOptions?.calcs ?? [])];
  const numbers = series.flatMap(({ points }) => {
    const values = points.map(([, value]) => value);
    const field = { name: 'value', kind: 'number', values, config: {} } as const;
    return calcs.map((calc) => Number(reduceField(field, calc)));
  });
  const words = new Set(
    numbers.flatMap((value) => mapValue(value, panel.field.defaults.mappings)?.text ?? []),
  );
  if (texts.some((text) => saysNumber(text, numbers) || words.has(text))) return undefined;
  // Panels that are told to say names say labels, in a legend's words or with a mapping's capital.
  const labels = series.flatMap((one) => Object.values(one.labels));
  const says = (text: string): boolean =>
    labels.some((label) => text.toLowerCase().includes(label.toLowerCase()));
  if ((textMode === 'name' || panel.kind === 'table') && texts.some(says)) return undefined;
  return `shows ${texts.slice(0, 6).join(' | ')}; the API says ${numbers.slice(0, 6).join(', ')}`;
}
