import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FEATURES } from '../test-support/storage.ts';
import { describeExpr } from './describe.ts';
import { parseExpr } from './parse.ts';

/** As it leaves through JSON. */
const describe = (text: string): unknown =>
  JSON.parse(JSON.stringify(describeExpr(parseExpr(text, ALL_FEATURES))));

const selector = (name: string): Record<string, unknown> => ({
  type: 'vectorSelector',
  name,
  matchers: [{ name: '__name__', value: name, type: '=' }],
  offset: 0,
  timestamp: null,
  startOrEnd: null,
  anchored: false,
  smoothed: false,
});

test('selectors carry their matchers, times and modifiers', () => {
  assert.deepEqual(describe('a{b!~"c"}[5m] smoothed @ 1.5 offset -1m'), {
    type: 'matrixSelector',
    name: 'a',
    matchers: [
      { name: 'b', value: 'c', type: '!~' },
      { name: '__name__', value: 'a', type: '=' },
    ],
    range: 300_000,
    offset: -60_000,
    timestamp: 1500,
    startOrEnd: null,
    anchored: false,
    smoothed: true,
  });
  assert.deepEqual(describe('{"a"} anchored @ end()'), {
    ...selector('a'),
    name: '',
    startOrEnd: 'end',
    anchored: true,
  });
  assert.deepEqual(describe('a[1h:] @ start()'), {
    type: 'subquery',
    expr: selector('a'),
    range: 3_600_000,
    step: 0,
    offset: 0,
    timestamp: null,
    startOrEnd: 'start',
  });
});

test('operators say how their sides match', () => {
  assert.deepEqual(describe('a > bool on (x) group_right (y) fill_left (0) b'), {
    type: 'binaryExpr',
    op: '>',
    lhs: selector('a'),
    rhs: selector('b'),
    matching: {
      card: 'one-to-many',
      labels: ['x'],
      on: true,
      include: ['y'],
      fillValues: { lhs: 0, rhs: null },
    },
    bool: true,
  });
  assert.deepEqual(describe('-(1 + Inf)'), {
    type: 'unaryExpr',
    op: '-',
    expr: {
      type: 'parenExpr',
      expr: {
        type: 'binaryExpr',
        op: '+',
        lhs: { type: 'numberLiteral', val: '1' },
        rhs: { type: 'numberLiteral', val: '+Inf' },
        matching: null,
        bool: false,
      },
    },
  });
});

test('calls bring their signature, aggregations their parameter and grouping', () => {
  assert.deepEqual(describe('label_join(a, "b", "")'), {
    type: 'call',
    func: {
      name: 'label_join',
      argTypes: ['vector', 'string', 'string', 'string'],
      variadic: -1,
      returnType: 'vector',
    },
    args: [selector('a'), { type: 'stringLiteral', val: 'b' }, { type: 'stringLiteral', val: '' }],
  });
  assert.deepEqual(describe('sum without (b) (a)'), {
    type: 'aggregation',
    op: 'sum',
    expr: selector('a'),
    param: null,
    grouping: ['b'],
    without: true,
  });
  assert.deepEqual((describe('topk(1, a)') as { param: unknown }).param, { type: 'numberLiteral', val: '1' });
});
