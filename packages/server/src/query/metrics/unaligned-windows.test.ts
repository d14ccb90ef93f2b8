import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatDurationMs } from '@vedette/model';
import type { PromqlEngine } from '@vedette/promql';
import fc from 'fast-check';
import {
  ask,
  HOUR_MS,
  MINUTE_MS,
  pointsOf,
  samplesOf,
  shape,
  SPAN_MS,
  START_MS,
  storeTwice,
  type Sample,
} from './downsampled-fixture.ts';

/**
 * Windows that begin and end anywhere, where only buckets of five minutes are left. What they are off by has a bound:
 *
 * - count, sum, average, least and most are those of the samples of the window whose both ends are moved back to the
 *   nearest end of a bucket: less than five minutes each.
 * - first and last are samples of the window, the first less than a bucket after its first one, the last less than one
 *   before its last, unless samples are missing there.
 * - an increase is at least that of the whole buckets within, and at most that of all samples of the window,
 *   stretched from where buckets tell of it to the window.
 */
const BUCKET_MS = 5 * MINUTE_MS;

const floor = (timestampMs: number): number => Math.floor(timestampMs / BUCKET_MS) * BUCKET_MS;
const ceil = (timestampMs: number): number => -floor(-timestampMs);

interface Window {
  readonly fromMs: number;
  readonly untilMs: number;
}

type Numbered = readonly [timestampMs: number, value: number];

const within = (samples: readonly Sample[], { fromMs, untilMs }: Window): Numbered[] =>
  samples.filter((one): one is Numbered => one[1] !== 'stale' && one[0] > fromMs && one[0] <= untilMs);

async function valueOf(
  engine: PromqlEngine,
  name: string,
  { fromMs, untilMs }: Window,
): Promise<number | undefined> {
  if (untilMs <= fromMs) return undefined;
  const expr = `${name}(x[${formatDurationMs(untilMs - fromMs)}])`;
  const points = pointsOf(await ask(engine, expr, { startMs: untilMs, endMs: untilMs, stepMs: 1000 }));
  assert.ok(points.size <= 1);
  return [...points.values()][0]?.[0];
}

function increaseOf(samples: readonly Numbered[]): number {
  let sum = 0;
  for (const [i, [, value]] of samples.entries()) {
    const before = samples[i - 1]?.[1];
    if (before !== undefined) sum += value < before ? value : value - before;
  }
  return sum;
}

/** What buckets tell of: of each the first and the last sample, where these lie in the window. */
function endsOf(samples: readonly Sample[], window: Window): Numbered[] {
  const all = within(samples, { fromMs: -Infinity, untilMs: Infinity });
  const ends = all.filter(([atMs], i) => {
    const isFirst = ceil(all[i - 1]?.[0] ?? 0) < ceil(atMs);
    const isLast = ceil(all[i + 1]?.[0] ?? Infinity) > ceil(atMs);
    return isFirst || isLast;
  });
  return within(ends, window);
}

const isEqual = (one: number | undefined, other: number | undefined, error = 0): boolean =>
  Object.is(one, other) ||
  one === other ||
  (one !== undefined && other !== undefined && Math.abs(one - other) <= error);

const windows = fc.array(
  fc.record({
    untilMs: fc.integer({ min: 20 * MINUTE_MS, max: 3 * HOUR_MS }),
    backMs: fc.integer({ min: 2 * BUCKET_MS, max: 2 * HOUR_MS }),
  }),
  { minLength: 4, maxLength: 8 },
);

test('over windows that begin and end within buckets the answer is off by no more than what lies in the cut ones', async () => {
  let checked = 0;
  await fc.assert(
    fc.asyncProperty(shape, windows, async (one, asked) => {
      const samples = samplesOf(one);
      const kept = { samplesMs: 4 * HOUR_MS, fiveMinutesMs: 100 * HOUR_MS };
      const twice = await storeTwice([samples], kept, { partsCount: 4, endMs: START_MS + SPAN_MS });
      let magnitude = 0;
      for (const [, value] of samples) if (Number.isFinite(value)) magnitude += Math.abs(Number(value));
      for (const { untilMs, backMs } of asked) {
        const window = { fromMs: START_MS + untilMs - backMs, untilMs: START_MS + untilMs };
        const moved = { fromMs: floor(window.fromMs), untilMs: floor(window.untilMs) };
        for (const name of ['count', 'sum', 'avg', 'min', 'max']) {
          const got = await valueOf(twice.tiers, `${name}_over_time`, window);
          const want = await valueOf(twice.samples, `${name}_over_time`, moved);
          const text = `${name} over ${backMs} ms until ${untilMs}: got ${got}, want ${want}`;
          assert.ok(isEqual(got, want, magnitude * 2 ** -44), text);
          if (want !== undefined) checked++;
        }
        const seen = endsOf(samples, window);
        assert.ok(isEqual(await valueOf(twice.tiers, 'first_over_time', window), seen[0]?.[1]));
        if (one.kind === 'counter') await checkIncrease(twice.tiers, samples, window);
      }
      await twice.close();
    }),
    { numRuns: 12 },
  );
  assert.ok(checked > 100, `${checked} answers`);
});

async function checkIncrease(tiers: PromqlEngine, samples: readonly Sample[], window: Window): Promise<void> {
  const got = await valueOf(tiers, 'increase', window);
  const seen = endsOf(samples, window);
  const [first, last] = [seen[0], seen.at(-1)];
  if (first === undefined || last === undefined || first === last) return;
  const whole = { fromMs: ceil(window.fromMs), untilMs: floor(window.untilMs) };
  const least = increaseOf(within(samples, whole));
  const stretch = (window.untilMs - window.fromMs) / (last[0] - first[0]);
  const most = increaseOf(within(samples, window)) * stretch;
  const error = most * 2 ** -40;
  assert.ok(got !== undefined && got >= least - error, `increase: got ${got}, at least ${least}`);
  assert.ok(got <= most + error, `increase: got ${got}, at most ${most}`);
}
