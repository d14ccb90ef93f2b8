import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, SeededRandom } from '@vedette/model';
import { parseExpr } from './parse.ts';
import { ALL_FEATURES } from '../test-support/storage.ts';
import { describeExpr } from './describe.ts';
import { prettyPrintExpr } from './pretty-print.ts';
import { printExpr } from './print.ts';

const SEED = 20_261_121;
const ROUNDS = 20_000;
const PIECES = [
  ...'sum|by|(|)|{|}|[|]|,|a|b:c|"x"|\'y|`z`|=|=~|!=|!~|5m|1e3|0x|.|-|+|*|^|/|%|@|offset|bool|on|group_left'.split(
    '|',
  ),
  ...'ignoring|and|or|unless|atan2|rate|topk|inf|nan|start()|end()|#|\n| |\\|\u00e9|\u{1f600}|\u0000|:|<|</|>=|1_0'.split(
    '|',
  ),
  ...'fill(1)|fill_left|fill_right(-2)|anchored|smoothed|step()|range()|min_of(1m,|max_of|info|limitk|>/|\\xg'.split(
    '|',
  ),
];

/** A valid text to damage, so that the fuzzer gets deep into the grammar. */
const WHOLE =
  'sum by (job) (rate(http_requests_total{job=~"a.*", code!="5\\x30"}[5m:1m] offset -1h @ end())) / on (job) group_left (x) fill (-1) topk(3, -foo ^ 2) > bool 1e3' +
  ' + delta(foo[min_of(5m, 2 * step()):(range()) % 7] offset -(1m - 30)) </ info(rate(a[5m] smoothed @ 3), {b=~".+"})';

test('no text makes the parser do anything but answer or refuse', () => {
  const random = new SeededRandom(SEED);
  const below = (limit: number): number => Math.floor(random.float() * limit);
  const pieceOf = (): string => PIECES[below(PIECES.length)] ?? '';
  const fromPieces = (): string => Array.from({ length: below(30) }, pieceOf).join(below(2) === 0 ? '' : ' ');
  const damaged = (): string => {
    const at = below(WHOLE.length);
    return WHOLE.slice(0, at) + (below(3) === 0 ? '' : pieceOf()) + WHOLE.slice(at + below(6));
  };
  let parsed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const text = round % 2 === 0 ? fromPieces() : damaged();
    try {
      const expr = parseExpr(text, ALL_FEATURES);
      // What is printed is read again, and as the same.
      const printed = printExpr(expr);
      assert.equal(printExpr(parseExpr(printed, ALL_FEATURES)), printed, text);
      prettyPrintExpr(expr);
      describeExpr(expr);
      parsed++;
    } catch (error) {
      assert.ok(
        error instanceof InputError,
        `seed ${SEED}, round ${round}: ${JSON.stringify(text)}: ${String(error)}`,
      );
      assert.match(error.message, /^\d+:\d+: parse error: ./s, `seed ${SEED}, round ${round}`);
    }
  }
  // Both kinds of answer must occur, or the fuzzer tests nothing.
  assert.ok(parsed > 100 && parsed < ROUNDS / 2, `${parsed} texts parsed`);
});
