import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FieldConfig } from '../dashboard.ts';
import { colourOf, parseColour } from './colour.ts';

const steps = [
  { value: -Infinity, color: 'green' },
  { value: 80, color: 'semi-dark-red' },
];

test('a threshold holds from its value on', () => {
  const config: FieldConfig = { thresholds: { mode: 'absolute', steps } };
  assert.deepEqual(colourOf(79.9, config), { kind: 'token', name: 'green' });
  assert.deepEqual(colourOf(80, config), { kind: 'token', name: 'semi-dark-red' });
  assert.deepEqual(colourOf(null, config), { kind: 'token', name: 'green' });
});

test('a threshold in percent is of the range of the field', () => {
  const config: FieldConfig = { min: 0, max: 10, thresholds: { mode: 'percentage', steps } };
  assert.deepEqual(colourOf(7.9, config), { kind: 'token', name: 'green' });
  assert.deepEqual(colourOf(8, config), { kind: 'token', name: 'semi-dark-red' });
  const open: FieldConfig = { thresholds: { mode: 'percentage', steps } };
  assert.deepEqual(colourOf(90, open, { bounds: { min: 0, max: 1000 } }), { kind: 'token', name: 'green' });
});

test('modes name the palette of series, a fixed colour, its tones, or a place between two', () => {
  const of = (mode: string, value = 25): unknown =>
    colourOf(
      value,
      { min: 0, max: 100, color: { mode, fixedColor: 'dark-blue' } },
      { seriesIndex: 1, seriesName: 'a' },
    );
  assert.deepEqual(of('palette-classic'), { kind: 'series', key: 1 });
  assert.deepEqual(of('palette-classic-by-name'), { kind: 'series', key: 'a' });
  assert.deepEqual(of('fixed'), { kind: 'token', name: 'dark-blue' });
  assert.deepEqual(of('shades'), { kind: 'token', name: 'light-blue' });
  assert.deepEqual(of('continuous-GrYlRd'), { kind: 'mix', from: 'green', to: 'yellow', ratio: 0.5 });
  assert.deepEqual(of('continuous-GrYlRd', 100), { kind: 'mix', from: 'yellow', to: 'red', ratio: 1 });
});

test('only what is a colour and nothing else gets into a style', () => {
  for (const css of ['#fff', '#12ab9Fcc', 'rgb(1, 2, 3)', 'rgba(50,116,217,0.5)', 'hsl(120deg 50% 50%)']) {
    assert.deepEqual(parseColour(css), { kind: 'css', value: css });
  }
  for (const other of [
    'red;background:url(x)',
    'url(x)',
    'rgb(1,2,3);',
    '#ggg',
    'var(--x)',
    'expression(1)',
    '',
  ]) {
    assert.deepEqual(parseColour(other), { kind: 'token', name: 'text' });
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const colour = parseColour(text);
      if (colour.kind === 'css') assert.match(colour.value, /^[#a-z0-9(),.%/\s-]+$/i);
    }),
  );
});
