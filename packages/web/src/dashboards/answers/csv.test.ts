import type { DataFrame, Field } from '@vedette/dashboard';
import { expect, test } from 'vitest';
import { csvOfFrames } from './csv.ts';

const field = (name: string, kind: Field['kind'], values: Field['values']): Field => ({
  name,
  kind,
  values,
  config: {},
});
const frame = (...fields: Field[]): DataFrame => ({
  refId: 'A',
  length: fields[0]?.values.length ?? 0,
  fields,
});

test('series on one grid of times are columns of one table', () => {
  const times = [0, 15_000];
  const csv = csvOfFrames([
    frame(field('Time', 'time', times), field('api', 'number', [1, null])),
    frame(field('Time', 'time', times), field('db', 'number', [2.5, Infinity])),
  ]);
  expect(csv.split('\r\n')).toEqual([
    'Time,api,db',
    '1970-01-01T00:00:00.000Z,1,2.5',
    '1970-01-01T00:00:15.000Z,,Infinity',
  ]);
});

test('frames of other grids follow one another', () => {
  const csv = csvOfFrames([
    frame(field('Time', 'time', [0]), field('a', 'number', [1])),
    frame(field('Time', 'time', [0]), field('b', 'number', [2])),
  ]);
  expect(csv.split('\r\n\r\n').length).toBe(2);
});

test('quotes, commas and lines inside a value stay inside it', () => {
  expect(csvOfFrames([frame(field('x', 'string', ['a"b', 'c,d', 'e\nf']))])).toBe(
    'x\r\n"a""b"\r\n"c,d"\r\n"e\nf"',
  );
});

test('a label value that a spreadsheet would run is made a text', () => {
  expect(csvOfFrames([frame(field('x', 'string', ['=HYPERLINK("http://e")', '-1+2']))])).toBe(
    'x\r\n"\'=HYPERLINK(""http://e"")"\r\n\'-1+2',
  );
  expect(csvOfFrames([frame(field('x', 'number', [-1]))])).toBe('x\r\n-1');
});

test('no frames are an empty text', () => expect(csvOfFrames([])).toBe(''));
