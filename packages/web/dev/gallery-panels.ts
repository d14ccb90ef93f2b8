import type { DataFrame, FieldConfig, Panel } from '@vedette/dashboard';
import {
  BOUNDS,
  bucketFrames,
  names,
  nativeFrames,
  POINTS,
  seriesFrames,
  tableFrame,
  THRESHOLDS,
  TIMES,
  wave,
} from './gallery-data.ts';

/** A panel of the gallery: its frames have their field options already. */
export interface GalleryPanel {
  readonly panel: Panel;
  readonly frames: readonly DataFrame[];
  readonly height?: number;
}

function panel(
  kind: Panel['kind'],
  title: string,
  frames: readonly DataFrame[],
  options: Record<string, unknown> = {},
  height?: number,
): GalleryPanel {
  return {
    frames,
    ...(height === undefined ? {} : { height }),
    panel: {
      id: 1,
      kind,
      type: kind === 'unsupported' ? 'geomap' : kind,
      title,
      description: '',
      isTransparent: false,
      grid: { x: 0, y: 0, w: 12, h: 8 },
      queries: [],
      transformations: [],
      field: { defaults: {}, overrides: [] },
      options,
      links: [],
      intervalMin: '',
    },
  };
}

const custom = (values: Record<string, unknown>): FieldConfig => ({ custom: values });

const LEGEND_TABLE = {
  legend: { displayMode: 'table', placement: 'bottom', calcs: ['mean', 'max', 'lastNotNull'] },
};

const LINES: readonly GalleryPanel[] = [
  panel(
    'timeseries',
    'Lines, legend as table',
    seriesFrames(names(4), { unit: 'reqps' }),
    {
      ...LEGEND_TABLE,
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    280,
  ),
  panel('timeseries', 'Legend at the right', seriesFrames(names(12), { unit: 'bytes' }), {
    legend: {
      displayMode: 'table',
      placement: 'right',
      calcs: ['lastNotNull'],
      sortBy: 'Last *',
      sortDesc: true,
    },
  }),
  panel(
    'timeseries',
    'Stacked',
    seriesFrames(names(5), {
      unit: 'percentunit',
      ...custom({ stacking: { mode: 'normal' }, fillOpacity: 60 }),
    }),
    { legend: { displayMode: 'list', placement: 'bottom', calcs: [] } },
  ),
  panel(
    'timeseries',
    'Shares of the whole, as bars',
    seriesFrames(
      names(4),
      custom({ stacking: { mode: 'percent' }, drawStyle: 'bars', fillOpacity: 80, lineWidth: 0 }),
    ),
  ),
  panel(
    'timeseries',
    'Thresholds as lines and areas',
    seriesFrames(names(1), {
      ...THRESHOLDS,
      unit: 'percent',
      ...custom({ thresholdsStyle: { mode: 'line+area' }, gradientMode: 'scheme', fillOpacity: 20 }),
    }),
  ),
  panel('timeseries', 'Two axes, one logarithmic', [
    ...seriesFrames([{ name: 'latency' }], { unit: 's', ...custom({ axisLabel: 'latency' }) }),
    ...seriesFrames([{ name: 'requests', values: wave(3).map((value) => value ** 4) }], {
      unit: 'reqps',
      ...custom({ scaleDistribution: { type: 'log', log: 10 }, lineStyle: { fill: 'dash', dash: [8, 6] } }),
    }),
  ]),
  panel('timeseries', 'Received above, sent below', [
    ...seriesFrames([{ name: 'received eth0' }], { unit: 'Bps', ...custom({ fillOpacity: 20 }) }),
    ...seriesFrames([{ name: 'sent eth0', labels: { device: 'eth0' }, values: wave(5) }], {
      unit: 'Bps',
      ...custom({ transform: 'negative-Y', fillOpacity: 20, axisCenteredZero: true }),
    }),
  ]),
  panel('timeseries', 'Steps, smooth lines, points', [
    ...seriesFrames([{ name: 'step' }], custom({ lineInterpolation: 'stepAfter' })),
    ...seriesFrames(
      [{ name: 'smooth', values: wave(8).map((value, i) => (i % 6 === 0 ? value : null)) }],
      custom({ lineInterpolation: 'smooth', spanNulls: true, lineWidth: 2 }),
    ),
    ...seriesFrames([{ name: 'points', values: wave(9) }], custom({ drawStyle: 'points', pointSize: 4 })),
  ]),
  panel(
    'timeseries',
    'Gaps and one bad value',
    seriesFrames([
      { name: 'gaps', values: wave(2).map((value, i) => (i % 40 < 10 ? null : value)) },
      {
        name: 'bad',
        values: wave(4).map((value, i) => (i === 100 ? Infinity : i === 101 ? Number.NaN : value)),
      },
    ]),
  ),
  panel('timeseries', '500 series', seriesFrames(names(500))),
];

const NUMBERS: readonly GalleryPanel[] = [
  panel(
    'stat',
    'One value',
    seriesFrames(names(1), { ...THRESHOLDS, unit: 'percent' }),
    { colorMode: 'value', graphMode: 'area' },
    140,
  ),
  panel(
    'stat',
    'Background',
    seriesFrames(
      [
        { name: 'api', values: wave(1) },
        { name: 'checkout with a long name', values: wave(2, 140) },
        { name: 'search', values: wave(3, 190) },
      ],
      { ...THRESHOLDS, unit: 'ms' },
    ),
    { colorMode: 'background', textMode: 'auto', percentChange: true },
    140,
  ),
  panel(
    'stat',
    'Mapped and missing',
    seriesFrames([
      {
        name: 'state',
        values: TIMES.map(() => 1),
        config: { mappings: [{ type: 'value', value: '1', result: { text: 'Up', color: 'green' } }] },
      },
      { name: 'none', values: TIMES.map(() => null), config: { noValue: 'no sample' } },
    ]),
    {},
    140,
  ),
  panel(
    'gauge',
    'Gauges',
    seriesFrames(names(3), { ...THRESHOLDS, unit: 'percent', min: 0, max: 100 }),
    { showThresholdMarkers: true },
    180,
  ),
  panel(
    'gauge',
    'With labels',
    seriesFrames(names(1), { ...THRESHOLDS, unit: 'percent', min: 0, max: 100 }),
    { showThresholdLabels: true },
    180,
  ),
  panel(
    'bargauge',
    'Basic',
    seriesFrames(names(5), { ...THRESHOLDS, unit: 'percent', max: 100 }),
    { displayMode: 'basic', orientation: 'horizontal' },
    180,
  ),
  panel(
    'bargauge',
    'Lcd',
    seriesFrames(names(4), { ...THRESHOLDS, max: 100 }),
    { displayMode: 'lcd', orientation: 'horizontal' },
    180,
  ),
  panel(
    'bargauge',
    'Gradient, standing',
    seriesFrames(names(4), { ...THRESHOLDS, max: 100 }),
    { displayMode: 'gradient', orientation: 'vertical' },
    200,
  ),
  panel(
    'bargauge',
    '500 bars',
    seriesFrames(names(500)),
    { displayMode: 'gradient', orientation: 'horizontal' },
    180,
  ),
];

const ROWS = 400;
const rows = <T>(make: (row: number) => T): T[] => Array.from({ length: ROWS }, (_, row) => make(row));

const TABLES: readonly GalleryPanel[] = [
  panel(
    'table',
    'Cells of all kinds',
    [
      tableFrame(
        [
          {
            name: 'route',
            values: rows((row) => `/api/v1/items/${row}`),
            config: {
              custom: { filterable: true, minWidth: 160 },
              links: [
                {
                  title: '',
                  url: '/explore?expr=${__value.raw}',
                  opensTab: false,
                  tags: [],
                  keepsTime: false,
                  keepsVariables: false,
                },
              ],
            },
          },
          {
            name: 'state',
            values: rows((row) => (row % 3 === 0 ? 'down' : 'up')),
            config: {
              custom: { cellOptions: { type: 'color-text' } },
              mappings: [
                { type: 'value', value: 'down', result: { text: 'Down', color: 'red' } },
                { type: 'value', value: 'up', result: { text: 'Up', color: 'green' } },
              ],
            },
          },
          {
            name: 'load',
            kind: 'number',
            values: rows((row) => (row * 37) % 100),
            config: {
              ...THRESHOLDS,
              unit: 'percent',
              custom: { cellOptions: { type: 'color-background' }, width: 90 },
            },
          },
          {
            name: 'memory',
            kind: 'number',
            values: rows((row) => (row * 7919) % 4e9),
            config: { ...THRESHOLDS, unit: 'bytes', custom: { cellOptions: { type: 'gauge' } } },
          },
          {
            name: 'seen',
            kind: 'time',
            values: rows((row) => BOUNDS.toMs - row * 60_000),
            config: { custom: { minWidth: 180 } },
          },
        ],
        ROWS,
      ),
    ],
    { footer: { show: true, reducer: ['sum'] }, sortBy: [{ displayName: 'load', desc: true }] },
    260,
  ),
  panel('table', 'Several answers', seriesFrames(names(3)), {}),
];

const HEATMAPS: readonly GalleryPanel[] = [
  panel('heatmap', 'Classic buckets', bucketFrames(), { yAxis: { unit: 's' } }, 260),
  panel('heatmap', 'Native histograms', nativeFrames(), { yAxis: { unit: 's' } }, 260),
  panel(
    'heatmap',
    'Calculated',
    seriesFrames(names(40)),
    {
      calculate: true,
      calculation: { xBuckets: { mode: 'size', value: '2m' }, yBuckets: { mode: 'size', value: '10' } },
    },
    260,
  ),
];

const STATES = ['idle', 'busy', 'broken'];

const SHAPES: readonly GalleryPanel[] = [
  panel(
    'state-timeline',
    'States',
    seriesFrames(
      names(5).map((spec, i) => ({
        ...spec,
        values: TIMES.map((_, at) => STATES[Math.floor(Math.abs(Math.sin(at / 40 + i)) * 2.9)] ?? 'idle'),
        config: {
          mappings: [
            { type: 'value' as const, value: 'broken', result: { text: 'broken', color: 'red' } },
            { type: 'value' as const, value: 'idle', result: { text: 'idle', color: 'green' } },
          ],
        },
      })),
    ).map((frame) => ({
      ...frame,
      fields: frame.fields.map((field) =>
        field.kind === 'number' ? { ...field, kind: 'string' as const } : field,
      ),
    })),
  ),
  panel('piechart', 'Pie', seriesFrames(names(6), { unit: 'bytes' }), {
    legend: { placement: 'right', values: ['value', 'percent'] },
    displayLabels: ['percent'],
  }),
  panel('piechart', 'Ring', seriesFrames(names(3)), {
    pieType: 'donut',
    displayLabels: ['name'],
    legend: { placement: 'bottom', values: [] },
  }),
  panel(
    'barchart',
    'Bars',
    [
      tableFrame(
        [
          { name: 'service', values: ['api', 'checkout', 'search', 'a service with a long name'] },
          { name: 'errors', kind: 'number', values: [12, 30, null, 7] },
          { name: 'warnings', kind: 'number', values: [20, 5, 14, 3] },
        ],
        4,
      ),
    ],
    { showValue: 'auto' },
  ),
  panel(
    'barchart',
    'Lying, stacked',
    [
      tableFrame(
        [
          { name: 'service', values: ['api', 'checkout', 'search', 'a service with a long name'] },
          { name: 'errors', kind: 'number', values: [12, 30, 8, 7] },
          { name: 'warnings', kind: 'number', values: [20, 5, 14, 3] },
        ],
        4,
      ),
    ],
    { orientation: 'horizontal', stacking: 'normal' },
  ),
  panel('histogram', 'Histogram', seriesFrames(names(2), { unit: 'ms' }), { bucketSize: 5 }),
];

const TEXT = `# Runbook\n\nCheck the **disk** first, then [the alerts](/alerts). ![a picture](http://elsewhere/x.png)\n\n| sign | meaning |\n| --- | --- |\n| \`5xx\` | the server |\n| 4xx | the caller |\n\n- one\n- two <script>alert(1)</script>`;

const OTHERS: readonly GalleryPanel[] = [
  panel('text', 'Markdown', [], { mode: 'markdown', content: TEXT }),
  panel('text', 'Plain HTML', [], {
    mode: 'html',
    content:
      '<h2>Shop</h2><p>All is <b>well</b>, see <a href="https://example.org/x">the page</a>.</p><ul><li>one</li><li>two</li></ul>',
  }),
  panel('text', 'Other HTML', [], { mode: 'html', content: '<iframe src="javascript:alert(1)"></iframe>' }),
  panel('unsupported', 'Not drawn', []),
  panel('timeseries', 'No data', []),
  panel(
    'timeseries',
    'One point',
    seriesFrames(
      [{ name: 'one', values: Array.from({ length: POINTS }, (_, i) => (i === 120 ? 5 : null)) }],
      custom({ showPoints: 'auto' }),
    ),
  ),
];

export const GALLERY: Readonly<Record<string, readonly GalleryPanel[]>> = {
  lines: LINES,
  numbers: NUMBERS,
  tables: TABLES,
  heatmaps: HEATMAPS,
  shapes: SHAPES,
  others: OTHERS,
};
