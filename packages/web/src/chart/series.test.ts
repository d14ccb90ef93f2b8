import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frameOfSnap, type Frame } from './frame.ts';
import { seriesNamesOf } from './series-names.ts';
import { statsOf } from './series-stats.ts';
import { stylesOf } from './series-style.ts';

const frameOf = (...series: { l: Record<string, string>; v: (number | null)[] }[]): Frame =>
  frameOfSnap({
    t0: 5000,
    step: 1000,
    n: series[0]?.v.length ?? 0,
    series: series.map((one) => ({ q: 0, ...one })),
  });

test('a series has one colour wherever it appears', () => {
  const [alone] = stylesOf(['user'], 'light');
  const among = stylesOf(['zebra', 'user'], 'light');
  expect(among[1]?.colour).toBe(alone?.colour);
});

test('the order in which series arrive does not change their colours', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 20 }), (names) => {
      const forth = new Map(names.map((name, i) => [name, stylesOf(names, 'dark')[i]]));
      const back = names.toReversed();
      expect(new Map(back.map((name, i) => [name, stylesOf(back, 'dark')[i]]))).toEqual(forth);
    }),
  );
});

test('eight series have eight colours, the ninth has a dash', () => {
  const names = Array.from({ length: 9 }, (_, i) => `series-${i}`);
  const styles = stylesOf(names, 'light');
  expect(new Set(styles.filter(({ dash }) => dash.length === 0).map(({ colour }) => colour)).size).toBe(8);
  expect(styles.filter(({ dash }) => dash.length > 0)).toHaveLength(1);
});

test('statistics leave gaps out and infinities out of the mean', () => {
  expect(statsOf([null, 1, 3, undefined, Infinity, null])).toEqual({
    min: 1,
    mean: 2,
    max: 3,
    last: Infinity,
  });
});

test('statistics of nothing are nothing', () => {
  expect(statsOf([null, null])).toEqual({ min: null, mean: null, max: null, last: null });
});

test('names say what tells series apart, and what they share once', () => {
  const frame = frameOf(
    { l: { __name__: 'up', job: 'a', env: 'x' }, v: [1] },
    { l: { __name__: 'up', job: 'b', env: 'x' }, v: [1] },
  );
  const { nameOf, shared } = seriesNamesOf(frame, 'up');
  expect(frame.series.map(nameOf)).toEqual(['{job="a"}', '{job="b"}']);
  expect(shared).toBe('up{env="x"}');
});

test('a label that only some series have tells them apart', () => {
  const { nameOf, shared } = seriesNamesOf(frameOf({ l: { a: '1' }, v: [1] }, { l: {}, v: [1] }), 'x');
  expect([shared, nameOf(frameOf({ l: {}, v: [1] }).series[0]!)]).toEqual(['', '{}']);
});

test('a single series is named in full, one without labels by its expression', () => {
  const named = frameOf({ l: { job: 'a' }, v: [1] });
  expect(seriesNamesOf(named, 'up').nameOf(named.series[0]!)).toBe('{job="a"}');
  const bare = frameOf({ l: {}, v: [1] });
  expect(seriesNamesOf(bare, 'sum(up)').nameOf(bare.series[0]!)).toBe('sum(up)');
});
