/** The judge of `grafana-dashboards.test.ts` must find what it is there to find. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDashboard } from '@vedette/dashboard';
import type { Answer, AskedPanel } from './grafana-answers.ts';
import { saysNumber } from './grafana-numbers.ts';
import type { PagePanel } from './grafana-page.ts';
import { faultOfPanel } from './grafana-verdict.ts';

const ANSWER: Answer = {
  expr: 'x',
  series: [{ labels: { job: 'api' }, points: [[0, 1.5], [30_000, 2.5]] }],
}; // prettier-ignore

function askedOf(type: string, answers: readonly Answer[] = [ANSWER]): AskedPanel {
  const json = {
    title: 't',
    schemaVersion: 43,
    panels: [{ id: 1, type, targets: [{ refId: 'A', expr: 'x' }] }],
  };
  const panel = readDashboard(json).dashboard.panels[0];
  assert.ok(panel !== undefined);
  return { key: '1', panel, answers };
}

const STAT: PagePanel = {
  key: '1', kind: 'stat', state: 'drawn', shape: 'list', texts: ['2.5'], drawnRatio: undefined, rows: [],
}; // prettier-ignore

const CHART: PagePanel = {
  key: '1', kind: 'timeseries', state: 'drawn', shape: 'plot', texts: [], drawnRatio: 0.9,
  rows: [{ index: 0, cells: ['00:00', '1.5'] }, { index: 1, cells: ['00:30', '2.5'] }],
}; // prettier-ignore

const fails = (type: string, shown: PagePanel | undefined, want: RegExp, answers?: readonly Answer[]): void =>
  assert.match(faultOfPanel(askedOf(type, answers), shown) ?? '(none)', want);

test('a panel that shows the answer has no fault', () => {
  assert.equal(faultOfPanel(askedOf('stat'), STAT), undefined);
  assert.equal(faultOfPanel(askedOf('timeseries'), CHART), undefined);
});

test('another number is a fault, in a text and in one row of a chart', () => {
  fails('stat', { ...STAT, texts: ['2.6'] }, /shows 2\.6; the API says 2\.5/);
  const [first, second] = CHART.rows;
  assert.ok(first !== undefined && second !== undefined);
  fails('timeseries', { ...CHART, rows: [first, { ...second, cells: ['00:30', '1.5'] }] }, /1 of 2 differ/);
});

test('a panel that is not there, not drawn, or of another kind is a fault', () => {
  fails('stat', undefined, /not on the page/);
  fails('stat', { ...STAT, kind: 'gauge' }, /drawn as gauge/);
  fails('stat', { ...STAT, shape: 'other' }, /drawn with other/);
  fails('stat', { ...STAT, state: 'loading' }, /its state is loading/);
  fails('timeseries', { ...CHART, drawnRatio: 0.01 }, /nothing is drawn/);
  fails('timeseries', { ...CHART, rows: [] }, /has no table/);
  fails('geomap', STAT, /geomap is not drawn/);
});

test('a query that is refused or not answered is a fault', () => {
  fails('stat', STAT, /refuses its query: no/, [{ expr: 'x', fault: 'no' }]);
  fails('stat', STAT, /no series answers x/, [{ expr: 'x', series: [] }]);
});

test('numbers are read with their units, and not beyond their last digit', () => {
  const check = (text: string, value: number, want = true): void =>
    assert.equal(saysNumber(text, [value]), want, `${text} and ${value}`);
  check('1.50 KiB', 1536);
  check('12 %', 0.12);
  check('12 %', 12);
  check('−3.2 ms', -0.0032);
  check('1.2 s', 1200);
  check('1,234', 1234);
  check('On', 1);
  check('Off', 1, false);
  check('12 %', 0.13, false);
  check('1.50 KiB', 1500, false);
  check('1.23', 1.236, false);
});
