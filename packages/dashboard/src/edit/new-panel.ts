import type { PanelKind } from '../dashboard.ts';

const LAST = { calcs: ['lastNotNull'], fields: '', values: false } as const;
const LEGEND = { showLegend: true, displayMode: 'list', placement: 'bottom', calcs: [] } as const;
const TOOLTIP = { mode: 'multi', sort: 'desc' } as const;

/** Options that a new panel of each kind begins with, where those of the drawing itself are not enough. */
const OPTIONS: Readonly<Record<PanelKind, Readonly<Record<string, unknown>>>> = {
  timeseries: { legend: LEGEND, tooltip: TOOLTIP },
  stat: { reduceOptions: LAST, colorMode: 'value', graphMode: 'area', textMode: 'auto' },
  gauge: { reduceOptions: LAST, showThresholdMarkers: true },
  bargauge: { reduceOptions: LAST, displayMode: 'basic', orientation: 'horizontal' },
  table: { showHeader: true, cellHeight: 'sm' },
  text: { mode: 'markdown', content: '' },
  heatmap: { calculate: false, color: { mode: 'scheme', scheme: 'Oranges', steps: 64 }, cellGap: 1 },
  'state-timeline': { mergeValues: true, showValue: 'auto', legend: LEGEND, tooltip: TOOLTIP },
  piechart: { pieType: 'pie', reduceOptions: LAST, legend: LEGEND, tooltip: TOOLTIP },
  barchart: { legend: LEGEND, tooltip: TOOLTIP },
  histogram: { legend: LEGEND, tooltip: TOOLTIP },
  row: {},
};

const SHOWS_NUMBERS: ReadonlySet<PanelKind> = new Set(['stat', 'gauge', 'bargauge']);

/** JSON of a new panel with one empty query, for `addPanel`, which gives id and position. */
export function newPanel(kind: PanelKind): Readonly<Record<string, unknown>> {
  if (kind === 'row') return { type: 'row', title: '', collapsed: false, panels: [] };
  const base = { type: kind, title: '', options: structuredClone(OPTIONS[kind]) };
  if (kind === 'text') return base;
  const format = kind === 'table' || kind === 'heatmap' ? kind : 'time_series';
  const isInstant = kind === 'table' || kind === 'piechart' || kind === 'barchart';
  return {
    ...base,
    fieldConfig: {
      defaults: { color: { mode: SHOWS_NUMBERS.has(kind) ? 'thresholds' : 'palette-classic' } },
      overrides: [],
    },
    targets: [
      { refId: 'A', expr: '', legendFormat: '__auto', format, instant: isInstant, range: !isInstant },
    ],
  };
}
