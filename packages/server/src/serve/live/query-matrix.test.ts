import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isValidAt, NO_LABELS, type NativeHistogram, type QueryResult } from '@vedette/model';
import { seriesOf } from './query-matrix.ts';

test('where a native histogram stands a column has a gap, not a zero', () => {
  const [series] =
    seriesOf({
      kind: 'series',
      series: [
        {
          labels: NO_LABELS,
          values: Float64Array.of(1, 0, 3),
          validity: Uint8Array.of(0b111),
          // Only that there is one matters.
          histograms: new Map([[1, {} as NativeHistogram]]),
        },
      ],
    } as unknown as QueryResult) ?? [];
  assert.ok(series);
  assert.deepEqual(
    [0, 1, 2].map((i) => isValidAt(series.validity, i)),
    [true, false, true],
  );
});
