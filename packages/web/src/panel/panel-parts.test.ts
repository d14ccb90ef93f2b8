import type { DataFrame, Field } from '@vedette/dashboard';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseMarkdown } from '../runbook/markdown.ts';
import { barShapes, valueTicks } from './bar-shapes.ts';
import { cellGridOf, fontSizeOf } from './cell-grid.ts';
import { csvOf } from './csv.ts';
import { dataLinkOf } from './data-link.ts';
import { fileNameOf } from './download.ts';
import { arcPath, thresholdArcs } from './gauge-arc.ts';
import { heatmapCellsOf } from './heatmap-source.ts';
import { binsOf } from './histogram-bins.ts';
import { joinTimes } from './join-times.ts';
import { legendLayout } from './legend-layout.ts';
import { placed } from './panel-picture.ts';
import { slicesOf } from './pie-slices.ts';
import { plainHtmlBlocks } from './plain-html.ts';
import { reducedOf } from './reduced.ts';
import { seriesModelOf } from './series-model.ts';
import { sparklinePath } from './sparkline-path.ts';
import { spanAt, stateRowsOf } from './state-spans.ts';
import { footerOf } from './table-footer.ts';
import { nextTableSort, shownRows, sortOfOptions } from './table-rows.ts';
import { tablesOf } from './wide-frame.ts';

const field = (name: string, values: Field['values'], more: Partial<Field> = {}): Field => ({
  name,
  kind: 'number',
  config: {},
  values,
  ...more,
});

const series = (
  name: string,
  times: readonly number[],
  values: Field['values'],
  more: Partial<Field> = {},
): DataFrame => ({
  refId: 'A',
  length: times.length,
  fields: [field('Time', times, { kind: 'time' }), field(name, values, { displayName: name, ...more })],
});

const table = (...fields: Field[]): DataFrame => ({
  refId: 'A',
  length: fields[0]?.values.length ?? 0,
  fields,
});

test('CSV quotes what must be, writes times in ISO, and leaves gaps empty', () => {
  const frame = table(
    field('Time', [0], { kind: 'time' }),
    field('a,"b"', [1.5]),
    field('text', ['two\nlines'], { kind: 'string' }),
    field('gap', [null]),
  );
  expect(csvOf(frame)).toBe('Time,"a,""b""",text,gap\r\n1970-01-01T00:00:00.000Z,1.5,"two\nlines",\r\n');
});

test('no text of a CSV begins like a formula; negative numbers stay numbers', () => {
  const texts = ['=1+1', '+1', '-1', '@x', '\tx', '\rx'];
  const lines = csvOf(
    table(
      field('t', texts, { kind: 'string' }),
      field(
        'n',
        texts.map(() => -5),
      ),
    ),
  );
  expect(lines).not.toMatch(/(^|[\n,"])[=+@\t]/);
  expect(lines.match(/,-5/g)).toHaveLength(texts.length);
});

test('series on one grid of times are columns of one table, other frames follow', () => {
  const series = (name: string, values: readonly (number | null)[]) => ({
    ...table(field('Time', [0, 15_000], { kind: 'time' }), field(name, values)),
  });
  const words = table(field('x', ['e\nf', 'a"b'], { kind: 'string' }));
  expect(tablesOf([series('api', [1, null]), words, series('db', [2.5, 4])]).map(csvOf)).toEqual([
    'Time,api,db\r\n1970-01-01T00:00:00.000Z,1,2.5\r\n1970-01-01T00:00:15.000Z,,4\r\n',
    'x\r\n"e\nf"\r\n"a""b"\r\n',
  ]);
  expect(tablesOf([])).toEqual([]);
});

test('rows are sorted by size with gaps last, filtered by what is read', () => {
  const frame = table(
    field('n', [2, null, 10, Number.NaN, -1]),
    field('t', ['b', 'a', 'ab', 'c', 'd'], { kind: 'string' }),
  );
  const text = (one: Field, row: number): string => String(one.values[row]);
  const rows = (isDescending: boolean): number[] =>
    shownRows(frame, text, { column: 0, isDescending }, new Map());
  expect(rows(false)).toEqual([4, 0, 2, 1, 3]);
  expect(rows(true)).toEqual([2, 0, 4, 1, 3]);
  expect(shownRows(frame, text, undefined, new Map([[1, 'B']]))).toEqual([0, 2]);
  expect(nextTableSort(nextTableSort(nextTableSort(undefined, 0), 0), 0)).toBeUndefined();
  expect(sortOfOptions(frame, [{ displayName: 't', desc: true }])).toEqual({ column: 1, isDescending: true });
  expect(sortOfOptions(frame, 'n')).toBeUndefined();
});

test('a footer reduces the rows shown, and only numbers', () => {
  const frame = table(field('n', [1, 2, 4]), field('t', ['a', 'b', 'c'], { kind: 'string' }));
  expect(footerOf(frame, [0, 2], { calc: 'sum', fields: [] })).toEqual({ 0: '5' });
  expect(footerOf(frame, [0, 2], { calc: 'sum', fields: ['t'] })).toEqual({});
});

test('series on one grid are not copied; others are put on the union of their times', () => {
  const times = [0, 1];
  const values = [1, 2];
  const shared = joinTimes([series('a', times, values), series('b', times, [3, 4])], 10);
  expect([shared.timesMs === times, shared.columns[0]?.values === values]).toEqual([true, true]);
  const joined = joinTimes([series('a', [0, 2], [1, null]), series('b', [1], [5])], 10);
  expect(joined.timesMs).toEqual([0, 1, 2]);
  expect(joined.columns.map((column) => column.values)).toEqual([
    [1, undefined, null],
    [undefined, 5, undefined],
  ]);
});

test('series become one wide table; other frames stay', () => {
  const other = table(field('t', ['x'], { kind: 'string' }));
  const [wide, rest] = tablesOf([series('a', [0], [1]), other, series('b', [0], [2])]);
  expect(wide?.fields.map(({ values }) => values)).toEqual([[0], [1], [2]]);
  expect(rest).toBe(other);
});

test('a series has its colour by its labels, whatever the metric and the panel', () => {
  const one = seriesModelOf([series('a', [0], [1], { labels: { __name__: 'x', job: 'api' } })], 'light');
  const other = seriesModelOf([series('b', [0], [1], { labels: { __name__: 'y', job: 'api' } })], 'light');
  expect(other.model.series[0]?.look.colour).toBe(one.model.series[0]?.look.colour);
});

test('keys are unique even for equal labels and names', () => {
  const frames = ['a', 'a', 'b'].map((name) => series(name, [0], [1], { labels: { job: 'api' } }));
  const keys = seriesModelOf(frames, 'light').model.series.map(({ key }) => key);
  expect(new Set(keys).size).toBe(3);
});

test('units have axes of their own, the first at the left; hidden series are not drawn', () => {
  const frames = [
    series('a', [0], [1], { config: { unit: 's' } }),
    series('b', [0], [1], {
      config: { unit: 'bytes', custom: { scaleDistribution: { type: 'log', log: 2 } } },
    }),
    series('c', [0], [1], { config: { unit: 's', custom: { hideFrom: { viz: true } } } }),
    series('d', [0], [1], { config: { unit: 's', custom: { hideFrom: { legend: true } } } }),
  ];
  const { axes, model, unlisted } = seriesModelOf(frames, 'light');
  expect(axes.map(({ unit, side, log }) => [unit, side, log])).toEqual([
    ['s', 'left', 0],
    ['bytes', 'right', 2],
  ]);
  expect(model.series.map(({ name }) => name)).toEqual(['a', 'b', 'd']);
  expect(unlisted.size).toBe(1);
});

test('custom options of a series are read, and nonsense is the default', () => {
  const custom = {
    drawStyle: 'bars',
    lineInterpolation: 7,
    fillOpacity: 250,
    spanNulls: 60_000,
    barAlignment: -1,
    stacking: { mode: 'percent', group: 'B' },
    transform: 'negative-Y',
    lineStyle: { fill: 'dash', dash: [4, -1, 8] },
  };
  const { model, axes } = seriesModelOf([series('a', [0], [1], { config: { custom } })], 'light');
  expect(model.series[0]?.look).toMatchObject({
    draw: 'bars',
    interpolation: 'linear',
    fill: 1,
    spanMs: 60_000,
    barAlign: -1,
    stack: 'percent',
    stackGroup: 'B',
    transform: 'negative',
    dash: [4, 8],
  });
  expect(axes[0]).toMatchObject({ unit: 'percentunit', base: 'zero', max: 1 });
});

test('thresholds in percent lie between least and most', () => {
  const thresholds = {
    mode: 'percentage' as const,
    steps: [
      { value: -Infinity, color: 'green' },
      { value: 50, color: 'red' },
    ],
  };
  const config = { min: 100, max: 300, thresholds, custom: { thresholdsStyle: { mode: 'line+area' } } };
  const [look] = seriesModelOf([series('a', [0], [1], { config })], 'light').thresholds;
  expect(look).toMatchObject({ hasLines: true, hasAreas: true });
  expect(look?.steps.map(({ value }) => value)).toEqual([-Infinity, 200]);
});

test('values are taken per series, per row, by name or by expression', () => {
  const frames = [table(field('t', ['x', 'y'], { kind: 'string' }), field('n', [1, 2]), field('m', [3, 4]))];
  const values = (reduceOptions: object): unknown[] =>
    reducedOf(frames, { reduceOptions }).map(({ name, value }) => [name, value]);
  expect(values({ calcs: ['max'] })).toEqual([
    ['n', 2],
    ['m', 4],
  ]);
  expect(values({ values: true, limit: 1 })).toEqual([
    ['x', 1],
    ['x', 3],
  ]);
  expect(values({ fields: 'm' })).toEqual([['m', 4]]);
  expect(values({ fields: '/^[nt]$/', calcs: ['first'] })).toEqual([
    ['t', 'x'],
    ['n', 1],
  ]);
  expect(values({ fields: '/(/' })).toEqual([]);
});

test('boxes fill the area and never get too small', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 500 }),
      fc.integer({ min: 100, max: 2000 }),
      fc.integer({ min: 40, max: 900 }),
      (count, width, height) => {
        const area = { width, height, orientation: 'auto' } as const;
        const grid = cellGridOf(count, area, { width: 100, height: 40 });
        expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(count);
        expect(grid.height).toBeGreaterThanOrEqual(40);
        expect(grid.width).toBeGreaterThanOrEqual(Math.min(100, width));
      },
    ),
  );
});

test('boxes stand above or beside each other where the file says so', () => {
  const grid = (orientation: 'horizontal' | 'vertical', width: number) => {
    const { columns, rows } = cellGridOf(3, { width, height: 300, orientation }, { width: 100, height: 40 });
    return [columns, rows];
  };
  expect(grid('horizontal', 900)).toEqual([1, 3]);
  expect(grid('vertical', 900)).toEqual([3, 1]);
  expect(grid('vertical', 250)).toEqual([2, 2]);
});

test('a gauge runs over 240 degrees, its thresholds within its bounds', () => {
  expect(arcPath(0, 1, 100)).toBe('M-86.603 50A100 100 0 1 1 86.603 50');
  const steps = [
    { value: -Infinity, color: 'a' },
    { value: 50, color: 'b' },
    { value: 200, color: 'c' },
  ];
  const arcs = thresholdArcs({ mode: 'absolute', steps }, { min: 0, max: 100 });
  expect(arcs.map(({ from, to, color }) => [from, to, color])).toEqual([
    [0, 0.5, 'a'],
    [0.5, 1, 'b'],
  ]);
});

test('bars stack from zero, what is below goes down, percent sums to one', () => {
  const spec = {
    values: [
      [1, -2],
      [3, null],
    ],
    categories: 2,
    groupWidth: 1,
    barWidth: 1,
  };
  const ends = (stacking: 'none' | 'normal' | 'percent'): number[][] =>
    barShapes({ ...spec, stacking }).bars.map(({ from, to }) => [from, to]);
  expect(ends('none')).toEqual([
    [0, 1],
    [0, 3],
    [0, -2],
  ]);
  expect(ends('normal')).toEqual([
    [0, 1],
    [1, 4],
    [0, -2],
  ]);
  expect(ends('percent')).toEqual([
    [0, 0.25],
    [0.25, 1],
    [0, -1],
  ]);
  expect(barShapes({ ...spec, stacking: 'none', values: [] })).toMatchObject({ min: 0, max: 1 });
});

test('ticks are round and within their bounds', () => {
  expect(valueTicks(0, 46, 3)).toEqual([0, 20, 40]);
  expect(valueTicks(-1, 1, 2)).toEqual([-1, 0, 1]);
});

test('every finite value falls into one bin', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (values) => {
      const { counts } = binsOf([[...values, null, Number.NaN]], { offset: 0 });
      expect(counts[0]?.reduce((sum, count) => sum + count, 0)).toBe(values.length);
    }),
  );
  expect(binsOf([[null]], { offset: 0 }).counts).toEqual([[]]);
  expect(binsOf([[1, 12, 19]], { size: 10, offset: 0 }).counts).toEqual([[1, 2]]);
});

test('slices are shares of what is above zero; one alone is a whole circle', () => {
  expect(slicesOf([1, -5, null, 3, Infinity], 0).map(({ index, share }) => [index, share])).toEqual([
    [0, 0.25],
    [3, 0.75],
  ]);
  expect(slicesOf([7], 0.5)[0]?.path.match(/M/g)).toHaveLength(2);
  expect(slicesOf([0, null], 0)).toEqual([]);
});

test('equal states are one stretch, a gap ends it, the last one lasts a step', () => {
  const frames = [series('s', [0, 10, 20, 30], ['a', 'a', null, 'b'], { kind: 'string' })];
  const [row] = stateRowsOf(frames, true);
  expect(row?.spans).toEqual([
    { fromMs: 0, toMs: 20, value: 'a' },
    { fromMs: 30, toMs: 40, value: 'b' },
  ]);
  expect(stateRowsOf(frames, false)[0]?.spans).toHaveLength(3);
  expect([spanAt(row!.spans, 19)?.value, spanAt(row!.spans, 20)?.value]).toEqual(['a', undefined]);
});

test('a sparkline is cut at gaps and absent without two points', () => {
  expect(sparklinePath([1, 2, null, 3, 4]).line.match(/M/g)).toHaveLength(2);
  expect(sparklinePath([1, null]).line).toBe('');
  expect(sparklinePath([5, 5]).line).toContain('50.00');
});

test('histograms of several series are added bound by bound; native ones are read from their text', () => {
  const bounds = { fromMs: 0, toMs: 2000 };
  const bucket = (le: string, values: number[]): DataFrame =>
    series(le, [0, 1000], values, { labels: { le } });
  const cells = heatmapCellsOf(
    [bucket('1', [1, 2]), bucket('1', [10, 20]), bucket('+Inf', [12, 30])],
    {},
    bounds,
  );
  expect([...cells.counts]).toEqual([11, 1, 22, 8]);
  const native = series('h', [0], [JSON.stringify([[0, '1', '2', '3']])], { kind: 'other' });
  expect([...heatmapCellsOf([native], {}, bounds).counts]).toEqual([3]);
  expect(heatmapCellsOf([series('h', [0], ['[[1]'], { kind: 'other' })], {}, bounds).rows).toEqual([]);
});

test('a calculated heatmap follows the sizes of the file', () => {
  const calculation = { xBuckets: { mode: 'size', value: '1s' }, yBuckets: { mode: 'size', value: '5' } };
  const cells = heatmapCellsOf(
    [series('a', [0, 1500], [1, 7])],
    { calculate: true, calculation },
    { fromMs: 0, toMs: 2000 },
  );
  expect([cells.columns, cells.rows.length, [...cells.counts]]).toEqual([2, 2, [1, 0, 0, 1]]);
});

test('addresses of cells are filled and escaped; unsafe ones are none', () => {
  const frame = table(field('a b', ['x&y'], { kind: 'string', labels: { job: 'a/b' } }), field('n', [5]));
  const link = (url: string): string | undefined =>
    dataLinkOf(
      { title: '', url, opensTab: false, tags: [], keepsTime: false, keepsVariables: false },
      { frame, field: frame.fields[0]!, row: 0, text: 'shown' },
      (text) => text.replaceAll('$var', 'v'),
    );
  expect(link('/x?a=${__value.raw}&b=${__data.fields["n"]}&c=$var')).toBe('/x?a=x%26y&b=5&c=v');
  expect(link('/x/${__field.labels.job}/${__value.text}/${__field.name}')).toBe('/x/a%2Fb/shown/a%20b');
  expect(link('${__value.raw}:alert(1)')).toBeUndefined();
  expect(link('javascript:alert(1)')).toBeUndefined();
  expect(link('//elsewhere')).toBeUndefined();
});

test('a legend takes at most half of the panel, and stands below where there is no width', () => {
  const names = Array.from({ length: 100 }, (_, i) => `a long name of ${i}`);
  const options = { legend: { displayMode: 'table', placement: 'right' } };
  expect(legendLayout(options, { names, width: 300, height: 200 })).toMatchObject({
    side: 'bottom',
    plotHeight: 100,
  });
  expect(legendLayout(options, { names, width: 900, height: 200 })).toMatchObject({
    side: 'right',
    plotHeight: 200,
  });
  expect(legendLayout({ legend: { showLegend: false } }, { names, width: 300, height: 200 }).mode).toBe(
    'hidden',
  );
});

test('names on a picture wrap and are limited', () => {
  const legend = Array.from({ length: 40 }, (_, i) => ({ name: String(i), colour: '' }));
  const entries = placed(legend, 200, () => 100);
  expect([entries.length, entries[0]?.line, entries[29]?.line]).toEqual([30, 0, 29]);
});

test('files are named after their panel in any script', () => {
  expect(fileNameOf('CPU / Last ../..', 'csv')).toBe('CPU-Last.csv');
  expect(fileNameOf('延遲', 'png')).toBe('延遲.png');
  expect(fileNameOf('…', 'csv')).toBe('panel.csv');
});

test('plain HTML becomes blocks; anything more is refused as a whole', () => {
  const html = (text: string) => plainHtmlBlocks(text, (href) => href.startsWith('https:'));
  expect(html('<h2>A &amp; B</h2><p>x <b>y</b></p>')?.map(({ kind }) => kind)).toEqual([
    'heading',
    'paragraph',
  ]);
  expect(html('<ul><li>a<li>b</ul>')).toMatchObject([{ kind: 'list', entries: [[{}], [{}]] }]);
  expect(html('<a href="javascript:x">y</a>')).toEqual([
    { kind: 'paragraph', spans: [{ kind: 'text', text: 'y' }] },
  ]);
  for (const bad of [
    '<script>x</script>',
    '<img src=x>',
    '<b onclick="x">y</b>',
    '<b',
    'a < b',
    '<style>',
    '<constructor>',
  ])
    expect(html(bad), bad).toBeUndefined();
});

test('Markdown has tables, and images leave their words alone', () => {
  expect(parseMarkdown('| a | b |\n|---|:-:|\n| 1 |\n| x \\| y | 2 | 3 |\nafter')).toMatchObject([
    {
      kind: 'table',
      head: [[{ text: 'a' }], [{ text: 'b' }]],
      rows: [
        [[{ text: '1' }], []],
        [[{ text: 'x | y' }], [{ text: '2' }]],
      ],
    },
    { kind: 'paragraph' },
  ]);
  expect(parseMarkdown('![a picture](http://x/y.png)')).toEqual([
    { kind: 'paragraph', spans: [{ kind: 'text', text: 'a picture' }] },
  ]);
  expect(parseMarkdown('a | b')).toMatchObject([{ kind: 'paragraph' }]);
});

test('a number is as large as fits its box whole, in the widest font too', () => {
  const box = { width: 100, height: 60 };
  // Bold DejaVu Sans: 0.7 em a digit, 1.0 em a percent sign.
  for (const text of ['100%', '99.04%', '1234'])
    expect(fontSizeOf(text, box) * text.length * 0.7, text).toBeLessThanOrEqual(100);
  expect(fontSizeOf('100%', box)).toBeLessThanOrEqual(100 / (3 * 0.7 + 1));
  expect(fontSizeOf('7', box)).toBe(60);
  expect(fontSizeOf('7', { width: 1000, height: 1000 })).toBe(64);
  expect(fontSizeOf('a text of many words', box)).toBe(12);
});
