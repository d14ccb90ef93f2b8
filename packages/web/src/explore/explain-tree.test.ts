import { expect, test } from 'vitest';
import { EXPLAIN_NODES_MAX, explainTreeOf, labelCounts, type ExplainNode } from './explain-tree.ts';

function outline(node: ExplainNode | undefined, depth = 0): string[] {
  if (node === undefined) return [];
  const { step, text, children } = node;
  return [
    `${' '.repeat(depth)}${step.kind} ${step.name}|${step.labels}: ${text}`,
    ...children.flatMap((child) => outline(child, depth + 1)),
  ];
}

test('each step of an expression stands by itself, without its brackets', () => {
  expect(outline(explainTreeOf('sum by (job) (rate(a{b="c"}[5m])) / on (job) (d offset 1m) > 0.5'))).toEqual([
    'filter >|: sum by (job) (rate(a{b="c"}[5m])) / on (job) (d offset 1m) > 0.5',
    ' combineOn /|job: sum by (job) (rate(a{b="c"}[5m])) / on (job) (d offset 1m)',
    '  aggregateBy sum|job: sum by (job) (rate(a{b="c"}[5m]))',
    '   call rate|: rate(a{b="c"}[5m])',
    '    window |: a{b="c"}[5m]',
    '  select d|: d offset 1m',
  ]);
});

test('what has series says how they are counted', () => {
  const tree = explainTreeOf('rate(a[5m])');
  expect([tree?.countExpr, tree?.children[0]?.countExpr]).toEqual([
    'count(rate(a[5m]))',
    'count(count_over_time(a[5m]))',
  ]);
  expect(explainTreeOf('1 + 1')?.countExpr).toBeUndefined();
});

test('numbers and texts are no steps', () => {
  expect(explainTreeOf('quantile(0.9, a)')?.children.map(({ text }) => text)).toEqual(['a']);
});

test('a tree of too many steps is not drawn', () => {
  const sum = (count: number): string => Array.from({ length: count }, (_, i) => `a${i}`).join(' + ');
  expect(explainTreeOf(sum(EXPLAIN_NODES_MAX / 2))).toBeDefined();
  expect(explainTreeOf(sum(EXPLAIN_NODES_MAX))).toBeUndefined();
});

test('labels are counted by their values', () => {
  expect(labelCounts([{ job: 'a', pod: '1' }, { job: 'a', pod: '2' }, { job: 'a' }])).toEqual([
    { name: 'pod', count: 2 },
    { name: 'job', count: 1 },
  ]);
});
