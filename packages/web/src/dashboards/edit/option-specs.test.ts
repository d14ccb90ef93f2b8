import {
  newDashboard,
  newPanel,
  PANEL_KINDS,
  addPanel,
  panelJson,
  readDashboard,
  replacePanel,
} from '@vedette/dashboard';
import { expect, test } from 'vitest';
import en from '../../i18n/en.json';
import { valueAt, withValueAt } from './json-path.ts';
import { optionsOfKind } from './option-specs.ts';

test('every option of every kind has its words', () => {
  const words = en.dashboards.option as Readonly<Record<string, string>>;
  for (const kind of PANEL_KINDS)
    for (const { id } of optionsOfKind(kind)) expect([id, typeof words[id]]).toEqual([id, 'string']);
});

test('a value is read and written by its path, and what stands beside it stays', () => {
  const json = { a: { b: { c: 1, d: 2 } }, e: 3 };
  expect(valueAt(json, 'a.b.c')).toBe(1);
  expect(valueAt(json, 'a.x.c')).toBeUndefined();
  expect(withValueAt(json, 'a.b.c', 9)).toEqual({ a: { b: { c: 9, d: 2 } }, e: 3 });
  expect(withValueAt(json, 'a.b.c', undefined)).toEqual({ a: { b: { d: 2 } }, e: 3 });
  expect(withValueAt({}, 'x.y', 'z')).toEqual({ x: { y: 'z' } });
  expect(withValueAt({ x: [1] }, 'x.y', 'z')).toEqual({ x: { y: 'z' } });
  expect(json).toEqual({ a: { b: { c: 1, d: 2 } }, e: 3 });
});

test('an option that was changed is what the panel is read with', () => {
  const classic = addPanel(newDashboard('x'), newPanel('timeseries'));
  const unit = optionsOfKind('timeseries').find(({ id }) => id === 'unit');
  const changed = replacePanel(classic, 1, withValueAt(panelJson(classic, 1), unit?.path ?? '', 's'));
  expect(readDashboard(changed).dashboard.panels[0]?.field.defaults.unit).toBe('s');
});

test('every option that the editor offers is carried out by the panel it is offered for', () => {
  for (const type of PANEL_KINDS)
    for (const { path, field } of optionsOfKind(type)) {
      if (!path.startsWith('options.') && !path.includes('.custom.')) continue;
      for (const value of field.kind === 'choice' ? field.values : ['x']) {
        const panel = withValueAt({ type }, path, value);
        const { panels } = readDashboard({ title: 'x', schemaVersion: 43, panels: [panel] }).report;
        const remarks = panels.flatMap((report) => report.remarks).filter(({ code }) => code === 'option');
        expect(remarks.filter(({ detail }) => detail === 'is not carried out')).toEqual([]);
      }
    }
});
