import { MantineProvider } from '@mantine/core';
import type { DataFrame, Field, Panel } from '@vedette/dashboard';
import { createInstance } from 'i18next';
import { createElement, type ComponentType } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { I18nextProvider, initReactI18next } from 'react-i18next';
import { expect, test } from 'vitest';
import en from '../i18n/en.json';
import { BarChartPanel } from './bar-chart-panel.tsx';
import { BarGaugePanel } from './bar-gauge-panel.tsx';
import { GaugePanel } from './gauge-panel.tsx';
import { HeatmapPanel } from './heatmap-panel.tsx';
import { HistogramPanel } from './histogram-panel.tsx';
import type { PanelProps } from './panel-props.ts';
import { PanelView } from './panel-view.tsx';
import { PiePanel } from './pie-panel.tsx';
import { StatPanel } from './stat-panel.tsx';
import { StateTimelinePanel } from './state-timeline-panel.tsx';
import { TablePanel } from './table-panel.tsx';
import { TextPanel } from './text-panel.tsx';
import { TimeSeriesPanel } from './time-series-panel.tsx';

const i18n = createInstance();
await i18n.use(initReactI18next).init({
  lng: 'en',
  resources: { en: { translation: en } },
  interpolation: { escapeValue: false },
});

const TIMES = [0, 1000, 2000];
const HOSTILE = '<img src=x onerror=alert(1)>';

const frame = (name: string, values: Field['values'], config: Field['config'] = {}): DataFrame => ({
  refId: 'A',
  length: values.length,
  fields: [
    { name: 'Time', kind: 'time', values: TIMES, config: {} },
    { name: 'Value', kind: 'number', labels: { name }, values, config, displayName: name },
  ],
});

const table = (...fields: Partial<Field>[]): DataFrame => ({
  refId: 'A',
  length: fields[0]?.values?.length ?? 0,
  fields: fields.map((field) => ({ name: 'c', kind: 'string', values: [], config: {}, ...field })),
});

function propsOf(
  frames: readonly DataFrame[],
  options: Record<string, unknown> = {},
  kind: Panel['kind'] = 'stat',
): PanelProps {
  return {
    frames,
    panel: {
      id: 1,
      kind,
      type: 'geomap',
      title: 'Title',
      description: '',
      isTransparent: false,
      options,
      grid: { x: 0, y: 0, w: 1, h: 1 },
      queries: [],
      transformations: [],
      links: [],
      intervalMin: '',
      field: { defaults: {}, overrides: [] },
    },
    bounds: { fromMs: 0, toMs: 3000 },
    timezone: 'utc',
    height: 200,
    marks: [],
    interpolate: (text) => text,
    onZoom: () => undefined,
    onZoomBack: () => undefined,
  };
}

const drawn = (Kind: ComponentType<PanelProps>, props: PanelProps): string =>
  renderToStaticMarkup(
    createElement(
      I18nextProvider,
      { i18n },
      createElement(MantineProvider, null, createElement(Kind, props)),
    ),
  );

const KINDS: readonly ComponentType<PanelProps>[] = [
  TimeSeriesPanel,
  StatPanel,
  GaugePanel,
  BarGaugePanel,
  TablePanel,
  HeatmapPanel,
  StateTimelinePanel,
  PiePanel,
  BarChartPanel,
  HistogramPanel,
];

for (const Kind of KINDS)
  test(`${Kind.name} draws nothing, bad values and 500 series without falling`, () => {
    const many = Array.from({ length: 500 }, (_, i) => frame(`s${i}`, [i, i + 1, i + 2]));
    const bad = [frame('bad', [Number.NaN, Infinity, -Infinity]), frame('gap', [null, null, null])];
    for (const frames of [[], many.slice(0, 1), bad, many]) drawn(Kind, propsOf(frames));
  }, 20_000);

test('hostile names, texts and options are text in every kind', () => {
  const options = { legend: HOSTILE, reduceOptions: { fields: '/(/' }, content: HOSTILE, mode: 'html' };
  for (const Kind of [...KINDS, TextPanel]) {
    const html = drawn(
      Kind,
      propsOf([frame(HOSTILE, [1, 2, 3], { unit: HOSTILE, noValue: HOSTILE })], options),
    );
    expect(html, Kind.name).not.toContain('<img');
  }
});

test('a number is said with its unit, its name when there are several, and in words when mapped', () => {
  const mapped = { mappings: [{ type: 'value' as const, value: '3', result: { text: 'Up' } }] };
  expect(drawn(StatPanel, propsOf([frame('a', [1, 2, 3], { unit: 'percent' })]))).toContain('3%');
  const two = drawn(StatPanel, propsOf([frame('a', [1, 2, 3], mapped), frame('b', [4, 5, 6])]));
  expect(two).toContain('>a<');
  expect(two).toContain('Up');
});

test('the calculation that the panel names is the one shown', () => {
  const shown = drawn(StatPanel, propsOf([frame('a', [1, 2, 6])], { reduceOptions: { calcs: ['mean'] } }));
  expect(shown).toMatch(/<strong[^>]*>3</);
});

test('a value that is missing says what the field says about it', () => {
  expect(drawn(StatPanel, propsOf([frame('a', [null, null, null], { noValue: 'asleep' })]))).toContain(
    'asleep',
  );
});

test('a gauge and its bar name their value for those who cannot see them', () => {
  expect(drawn(GaugePanel, propsOf([frame('a', [1, 2, 30], { unit: 'percent' })]))).toContain(
    'aria-label="a: 30%"',
  );
  expect(
    drawn(
      BarGaugePanel,
      propsOf([frame('a', [1, 2, 30], { unit: 'percent', max: 60 })], { orientation: 'horizontal' }),
    ),
  ).toContain('width:50%');
});

test('a table shows cells, follows only safe links and leaves hidden columns out', () => {
  const link = (url: string) => [
    { title: '', url, opensTab: false, tags: [], keepsTime: false, keepsVariables: false },
  ];
  const html = drawn(
    TablePanel,
    propsOf([
      table(
        { name: 'route', values: ['a b'], config: { links: link('/explore?q=${__value.raw}') } },
        { name: 'evil', values: ['x'], config: { links: link('javascript:alert(1)') } },
        { name: 'secret', values: ['unseen'], config: { custom: { hidden: true } } },
      ),
    ]),
  );
  expect(html).toContain('href="/explore?q=a%20b"');
  expect(html).not.toContain('javascript:');
  expect(html).not.toContain('unseen');
});

test('a kind that is not drawn names its type, and no data is said', () => {
  expect(drawn(PanelView, propsOf([], {}, 'unsupported'))).toContain('geomap');
  expect(drawn(PanelView, propsOf([], {}, 'timeseries'))).toContain(en.panel.noData);
});

test('texts are Markdown or plain HTML, and other HTML is shown as written', () => {
  const text = (mode: string, content: string): string => drawn(TextPanel, propsOf([], { mode, content }));
  expect(text('markdown', '**all**')).toContain('<strong>all</strong>');
  expect(text('html', '<b>all</b>')).toContain('<strong>all</strong>');
  expect(text('html', '<iframe src="x"></iframe>')).toContain('&lt;iframe');
});
