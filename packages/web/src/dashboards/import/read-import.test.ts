import { DASHBOARD_BYTES_MAX } from '@vedette/dashboard';
import type { DashboardEntry } from '@vedette/api';
import { expect, test } from 'vitest';
import { clashOf, readFile, readText } from './read-import.ts';

const panel = {
  id: 1,
  type: 'stat',
  title: 'Up',
  gridPos: { x: 0, y: 0, w: 6, h: 4 },
  targets: [{ refId: 'A', expr: 'up' }],
};
const file = { title: 'Shop', uid: 'shop', schemaVersion: 39, panels: [panel] };
const text = JSON.stringify(file);
const faultOf = (state: { kind: string; message?: string }): string =>
  state.kind === 'fault' ? (state.message ?? '') : state.kind;

test('a dashboard is read with its report', () => {
  const state = readText(text);
  expect(state.kind === 'read' && [state.dashboard.title, state.report.panels.length]).toEqual(['Shop', 1]);
});

test('data sources that the file asks for are named', () => {
  const inputs = [
    { name: 'DS_PROM', label: 'Prometheus', type: 'datasource', pluginId: 'prometheus' },
    { name: 'VAR_X', type: 'constant' },
    null,
    { type: 'datasource' },
  ];
  const state = readText(JSON.stringify({ ...file, __inputs: inputs }));
  expect(state.kind === 'read' && state.inputs).toEqual([
    { name: 'DS_PROM', label: 'Prometheus', pluginId: 'prometheus' },
  ]);
});

test('nothing is no fault yet', () => expect(readText(' \n').kind).toBe('none'));

test('a text that is cut off, and JSON that is no dashboard, are refused in words', () => {
  expect(faultOf(readText(text.slice(0, -20)))).toMatch(/^cannot read the dashboard: line 1:\d+/);
  expect(faultOf(readText('[1, 2]'))).toMatch(/^cannot read/);
  expect(faultOf(readText('"x"'))).toMatch(/^cannot read/);
  expect(faultOf(readText('hello'))).toMatch(/^cannot read/);
});

test('a file above the limit is refused before it is read, one at the limit is read', async () => {
  const fileOf = (size: number): File =>
    ({
      name: 'big.json',
      size,
      text: () =>
        size > DASHBOARD_BYTES_MAX ? Promise.reject(new Error('was read')) : Promise.resolve(text),
    }) as File;
  expect(faultOf(await readFile(fileOf(DASHBOARD_BYTES_MAX + 1)))).toMatch(/DASHBOARD_BYTES_MAX/);
  expect((await readFile(fileOf(DASHBOARD_BYTES_MAX))).kind).toBe('read');
});

test('a clash is one of uid before one of title', () => {
  const entry = (uid: string, title: string) => ({ uid, title }) as DashboardEntry;
  const state = readText(text);
  if (state.kind !== 'read') throw new Error('must be read');
  expect(clashOf([entry('x', 'Shop'), entry('shop', 'Old')], state.dashboard)?.uid).toBe('shop');
  expect(clashOf([entry('x', 'Shop')], state.dashboard)?.uid).toBe('x');
  expect(clashOf([entry('x', 'Other')], state.dashboard)).toBeUndefined();
});
