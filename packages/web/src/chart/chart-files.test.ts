import { expect, test } from 'vitest';
import { chartCsv } from './chart-files.ts';
import type { Frame } from './frame.ts';

const frame = (values: readonly (readonly (number | null)[])[]): Frame => ({
  t0: Date.UTC(2026, 10, 21, 10),
  step: 15_000,
  n: 2,
  series: values.map((column, q) => ({ key: String(q), q, labels: {}, values: column })),
});

test('a chart as CSV has its times and a column for each series; gaps are empty', () => {
  const text = chartCsv({
    frame: frame([
      [1.5, null],
      [0, 2],
    ]),
    nameOf: ({ q }) => ['read, bytes', '=written'][q] ?? '',
  });
  expect(text.split('\r\n')).toEqual([
    `time,"read, bytes",'=written`,
    '2026-11-21T10:00:00.000Z,1.5,0',
    '2026-11-21T10:00:15.000Z,,2',
    '',
  ]);
});

test('a chart without series is its times', () => {
  expect(chartCsv({ frame: frame([]), nameOf: () => '' }).split('\r\n')).toHaveLength(4);
});
