import { expect, test } from 'vitest';
import { parseExpr } from '../../../promql/src/parser.ts';
import { selectorOf } from './selector.ts';

const check = (job: string, metric: string, want: string | undefined): void =>
  expect(selectorOf({ job, metric })).toBe(want);

test('a selector says what was chosen and no more', () => {
  check('', '', undefined);
  check('api', '', '{job="api"}');
  check('', 'up', 'up');
  check('api', 'up', 'up{job="api"}');
});

test('names and jobs of any characters are quoted', () => {
  check('a"b\\c', '', '{job="a\\"b\\\\c"}');
  check('api', 'http.requests', '{"http.requests",job="api"}');
});

test('what comes out can be read', () => {
  for (const metric of ['up', 'http.requests', '温度', 'a"b'])
    for (const job of ['', 'api', 'a\nb', '{"}'])
      expect(() => parseExpr(selectorOf({ job, metric }) ?? '')).not.toThrow();
});
