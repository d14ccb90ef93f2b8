import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { vectorText } from '../test-support/expr-arbitrary.ts';
import { ALL_FEATURES } from '../test-support/storage.ts';
import { parseExpr } from './parse.ts';
import { prettyPrintExpr } from './pretty-print.ts';
import { printExpr } from './print.ts';

const pretty = (text: string): string => prettyPrintExpr(parseExpr(text, ALL_FEATURES));

/** A metric name of this length. */
const name = (length: number): string => 'm'.repeat(length);

test('what has 100 characters stays in one line, what has 101 is split', () => {
  assert.equal(pretty(`abs(${name(95)})`), `abs(${name(95)})`);
  assert.equal(pretty(`abs(${name(96)})`), `abs(\n  ${name(96)}\n)`);
  // A selector has no place to be split at.
  assert.equal(pretty(name(200)), name(200));
});

test('arguments, operands and the inside of brackets go two blanks deeper', () => {
  assert.equal(
    pretty(`topk(3, sum by (job) (rate(${name(90)}[5m]))) / on(job) group_left () (${name(40)} > bool 1)`),
    [
      '  topk(',
      '    3,',
      '    sum by (job) (',
      `      rate(${name(90)}[5m])`,
      '    )',
      '  )',
      '/ on (job) group_left ()',
      `  (${name(40)} > bool 1)`,
    ].join('\n'),
  );
  assert.equal(
    pretty(`-(quantile without (a) (0.5, ${name(50)} + fill (1) ${name(50)}))`),
    [
      '-(',
      '  quantile without (a) (',
      '    0.5,',
      `      ${name(50)}`,
      '    + fill (1)',
      `      ${name(50)}`,
      '  )',
      ')',
    ].join('\n'),
  );
  assert.equal(
    pretty(`max_over_time(abs(${name(90)})[5m:1m] @ 3 offset (1m + 2))`),
    `max_over_time(\n  abs(${name(90)})[5m:1m] @ 3.000 offset (1m + 2)\n)`,
  );
});

test('a pretty text means what the one-line text means, and is pretty already', () => {
  fc.assert(
    fc.property(vectorText(4), (text) => {
      const expr = parseExpr(text, ALL_FEATURES);
      const printed = prettyPrintExpr(expr);
      assert.equal(printExpr(parseExpr(printed, ALL_FEATURES)), printExpr(expr));
      assert.equal(pretty(printed), printed);
    }),
    { numRuns: 300 },
  );
});
