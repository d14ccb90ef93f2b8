import { expect, test } from 'vitest';
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
