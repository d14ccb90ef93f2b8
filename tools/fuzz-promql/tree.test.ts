import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseExpr, typeOf } from '@vedette/promql';
import { SeededRandom } from '@vedette/model';
import { findDifference, answerOf } from './compare.ts';
import { generateQuery } from './generate.ts';
import { leaf, printNode, smaller, type Node } from './tree.ts';

test('generated queries, and all that they are cut down to, are well-typed', () => {
  const random = new SeededRandom(7);
  for (let i = 0; i < 300; i++) {
    const node = generateQuery(random);
    for (const one of [node, ...smaller(node)]) {
      const expr = parseExpr(printNode(one).replaceAll('@ AT', '@ 7'));
      assert.equal(typeOf(expr), one.type, printNode(one));
    }
  }
});

test('a query is cut down to each part of its type', () => {
  const sum: Node = {
    type: 'vector',
    texts: ['(', ') + (', ')'],
    children: [leaf('vector', 'a'), leaf('scalar', '2')],
  };
  const texts = [...smaller(sum)].map(printNode);
  assert.deepEqual(texts, ['a', '(single) + (2)', '(g) + (2)', '(c_total) + (2)', '(a) + (1)']);
});

const vector = (...rows: [Record<string, string>, string][]): ReturnType<typeof answerOf> =>
  answerOf({
    status: 'success',
    data: { resultType: 'vector', result: rows.map(([metric, value]) => ({ metric, value: [1, value] })) },
  });

test('answers are compared by series, times and values, errors by their kind', () => {
  const a = vector([{ x: '1' }, '1'], [{ x: '2' }, 'NaN']);
  assert.equal(
    findDifference(a, vector([{ x: '2' }, 'NaN'], [{ x: '1' }, '1.0000000001']), false),
    undefined,
  );
  assert.match(findDifference(a, vector([{ x: '2' }, 'NaN'], [{ x: '1' }, '1']), true) ?? '', /series/);
  assert.match(
    findDifference(a, vector([{ x: '1' }, '1.01'], [{ x: '2' }, 'NaN']), false) ?? '',
    /got 1, want 1\.01/,
  );
  assert.match(
    findDifference(a, vector([{ x: '1' }, '1'], [{ x: '2' }, '0']), false) ?? '',
    /got NaN, want 0/,
  );
  assert.match(findDifference(a, vector([{ x: '1' }, '1']), false) ?? '', /series/);
  const error = answerOf({ status: 'error', errorType: 'execution', error: 'many' });
  assert.equal(
    findDifference(error, answerOf({ status: 'error', errorType: 'execution' }), false),
    undefined,
  );
  assert.match(findDifference(a, error, false) ?? '', /got 2 series, want the error execution: many/);
  assert.match(
    findDifference(answerOf({ status: 'error', errorType: 'bad_data' }), error, false) ?? '',
    /bad_data/,
  );
});
