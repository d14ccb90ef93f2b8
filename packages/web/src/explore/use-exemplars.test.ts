import { expect, test } from 'vitest';
import { formatValue } from '../format/unit.ts';
import { pointOfExemplar } from './use-exemplars.ts';

test('the tip of an exemplar says its value and, before other labels, its trace', () => {
  const labels = { span_id: 'b7', code: '500', trace_id: '0af7' };
  expect(pointOfExemplar({ atMs: 5, value: 0.25, labels }, 's')).toEqual({
    atMs: 5,
    value: 0.25,
    title: formatValue(0.25, 's'),
    text: 'trace_id=0af7\ncode=500\nspan_id=b7',
  });
});
