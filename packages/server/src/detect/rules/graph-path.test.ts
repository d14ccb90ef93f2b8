import assert from 'node:assert/strict';
import { test } from 'node:test';
import { printedGraphPathOf } from './graph-path.ts';

const check = (expr: string, want: string): void =>
  assert.equal(printedGraphPathOf(expr), `/graph?g0.expr=${want}&g0.tab=1`);

test('a link holds the expression as Prometheus prints it, in one line', () => {
  check('up==0', 'up+%3D%3D+0');
  check('sum(up)\n  by(job) # comment\n  > 1\n', 'sum+by+%28job%29+%28up%29+%3E+1');
  check("a{b='c'} and on() c", 'a%7Bb%3D%22c%22%7D+and+on+%28%29+c');
});

test('an expression that our parser does not know stands as it was written', () => {
  check('rollup(a)[', 'rollup%28a%29%5B');
});
