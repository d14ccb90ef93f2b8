import { expect, test } from 'vitest';
import { exploreExprOf } from './explore-expr.ts';

test('a single expression is opened as it is', () => {
  expect(exploreExprOf(['up'], () => 'x')).toBe('up');
});

test('several expressions are joined, each under its name', () => {
  expect(exploreExprOf(['a - b', 'c'], (q) => ['used', 'the "rest"'][q] ?? '')).toBe(
    'label_replace(a - b, "line", "used", "", "") or label_replace(c, "line", "the \\"rest\\"", "", "")',
  );
});
