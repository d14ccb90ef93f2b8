import { expect, test } from 'vitest';
import { conditionsOf, CONDITIONS_MAX } from './rule-conditions.ts';
import { explainRule, type AskedSeries } from './why-not-firing.ts';

const row = (value: number, labels: Record<string, string> = {}): AskedSeries => ({ labels, value });

/** A server that knows these answers, and counts them by itself; what it does not know has no series. */
function serverOf(answers: Record<string, readonly AskedSeries[]>): {
  ask: (expr: string) => Promise<readonly AskedSeries[]>;
  asked: string[];
} {
  const asked: string[] = [];
  return {
    asked,
    ask: (expr) => {
      asked.push(expr);
      if (answers[expr] !== undefined) return Promise.resolve(answers[expr]);
      if (/^[\d.]+$/.test(expr)) return Promise.resolve([row(Number(expr))]);
      const counted = /^count\((.*)\)$/s.exec(expr)?.[1] ?? '';
      const series = answers[counted.replace(/^count_over_time\((.*)\)$/s, '$1')];
      return Promise.resolve(series === undefined ? [] : [row(series.length)]);
    },
  };
}

const shapesOf = (expr: string): unknown[] =>
  conditionsOf(expr).map((one) => [
    one.kind,
    one.role,
    one.kind === 'threshold'
      ? `${one.left} ${one.op} ${one.threshold}`
      : one.kind === 'difference'
        ? `${one.difference} ${one.op} 0`
        : one.count,
  ]);

test('a comparison with a number is a threshold, whichever side the number is on', () => {
  expect(shapesOf('rate(a[5m]) > 0.1')).toEqual([['threshold', 'needed', 'rate(a[5m]) > 0.1']]);
  expect(shapesOf('0.1 <= a')).toEqual([['threshold', 'needed', 'a >= 0.1']]);
  expect(shapesOf('(a == 2 * 3)')).toEqual([['threshold', 'needed', 'a == 2 * 3']]);
});

test('series against series become a difference with the same matching', () => {
  expect(shapesOf('a + b > on (job) group_left () c - d')).toEqual([
    ['difference', 'needed', '(a + b) - on (job) group_left () (c - d) > 0'],
  ]);
});

test('and, or and unless say which conditions are needed', () => {
  expect(shapesOf('a > 1 and b < 2 unless c == 3').map((shape) => (shape as string[]).slice(1))).toEqual([
    ['needed', 'a > 1'],
    ['needed', 'b < 2'],
    ['excluded', 'c == 3'],
  ]);
  expect(shapesOf('a > 1 or absent(b)')).toEqual([
    ['threshold', 'either', 'a > 1'],
    ['absent', 'either', 'count(b)'],
  ]);
});

test('a band is two conditions; what is compared inside of an aggregation or as bool is none', () => {
  expect(shapesOf('1 < a < 5')).toEqual([
    ['threshold', 'needed', 'a > 1'],
    ['threshold', 'needed', '1 < a < 5'],
  ]);
  expect(shapesOf('count(a > 1) > 3')).toEqual([['threshold', 'needed', 'count(a > 1) > 3']]);
  expect(shapesOf('a > bool 1')).toEqual([]);
});

test('more conditions than the limit are left out', () => {
  const many = (n: number): string => Array.from({ length: n }, (_, i) => `a${i} > ${i}`).join(' or ');
  expect(conditionsOf(many(CONDITIONS_MAX))).toHaveLength(CONDITIONS_MAX);
  expect(conditionsOf(many(CONDITIONS_MAX + 1))).toHaveLength(CONDITIONS_MAX);
});

test('below the threshold: the nearest series first, with what it misses', async () => {
  const { ask } = serverOf({ a: [row(2, { i: 'x' }), row(8, { i: 'y' }), row(NaN, { i: 'z' })] });
  const { passing, conditions } = await explainRule('a > 10', ask);
  expect(passing).toBe(0);
  expect(conditions[0]).toMatchObject({ total: 3, passing: 0, op: '>', threshold: 10, emptySteps: [] });
  expect(conditions[0]?.nearest.map(({ labels, distance }) => [labels['i'], distance])).toEqual([
    ['y', 2],
    ['x', 8],
    ['z', NaN],
  ]);
});

test('a value on the threshold misses a strict comparison, however little that is', async () => {
  const { ask } = serverOf({ a: [row(10)] });
  const strict = await explainRule('a > 10', ask);
  expect([strict.conditions[0]?.passing, strict.conditions[0]?.nearest[0]?.isPassing]).toEqual([0, false]);
  expect((await explainRule('a >= 10', ask)).conditions[0]?.passing).toBe(1);
  expect((await explainRule('a < 10', ask)).conditions[0]?.passing).toBe(0);
  expect((await explainRule('a != 10', ask)).conditions[0]?.passing).toBe(0);
});

test('no values at all: the selector that finds nothing is named', async () => {
  const { ask } = serverOf({ 'b[5m]': [row(1)], 'rate(b[5m])': [row(1)] });
  const { conditions } = await explainRule('rate(a{job="typo"}[5m]) / rate(b[5m]) > 1', ask);
  expect(conditions[0]).toMatchObject({ total: 0, emptySteps: ['a{job="typo"}[5m]'] });
});

test('both sides have series, but none match: the step that joins them is named', async () => {
  const { ask } = serverOf({ a: [row(1)], b: [row(1)] });
  expect((await explainRule('a / b > 1', ask)).conditions[0]?.emptySteps).toEqual(['a / b']);
});

test('each condition is met by somebody, nobody meets all', async () => {
  const { ask } = serverOf({ a: [row(2)], b: [row(2)], 'a > 1': [row(2)], 'b > 1': [row(2)] });
  const explained = await explainRule('a > 1 and b > 1', ask);
  expect(explained).toMatchObject({ passing: 0, isUnmatched: true, emptySteps: ['a > 1 and b > 1'] });
  const one = await explainRule('a > 1 and b > 9', ask);
  expect(one).toMatchObject({ isUnmatched: false, emptySteps: [] });
});

test('absent() passes when nothing is found, and says how much is', async () => {
  const found = await explainRule('absent(up)', serverOf({ up: [row(1), row(1)] }).ask);
  expect(found.conditions[0]).toMatchObject({ kind: 'absent', total: 2, passing: 0 });
  const none = await explainRule('absent(up)', serverOf({ 'absent(up)': [row(1)] }).ask);
  expect([none.passing, none.conditions[0]?.passing]).toEqual([1, 1]);
});

test('an expression without a comparison fires for what it finds', async () => {
  const none = await explainRule('a', serverOf({}).ask);
  expect(none).toEqual({ passing: 0, conditions: [], emptySteps: ['a'], isUnmatched: false });
  expect((await explainRule('a', serverOf({ a: [row(1)] }).ask)).passing).toBe(1);
});

test('of many series the server picks the nearest: the values of all are never fetched', async () => {
  const server = serverOf({
    a: Array.from({ length: 501 }, (_, i) => row(i)),
    'topk(5, a)': [row(500), row(499)],
    'bottomk(5, a)': [row(0)],
    '(a) > 400': Array.from({ length: 100 }, () => row(1)),
  });
  const { conditions } = await explainRule('a > 400', server.ask);
  expect([conditions[0]?.total, conditions[0]?.nearest[0]?.value]).toEqual([501, 500]);
  expect(conditions[0]?.passing).toBe(100);
  expect(server.asked).not.toContain('a');
  const low = await explainRule('a < 0', server.ask);
  expect(low.conditions[0]?.nearest.map(({ value }) => value)).toEqual([0]);
});

test('what the parser refuses is refused', async () => {
  await expect(explainRule('sum(', serverOf({}).ask)).rejects.toThrow();
});
