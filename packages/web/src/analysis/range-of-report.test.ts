import { expect, test } from 'vitest';
import { fakeAnalysis } from '../../dev/fake-analysis.ts';
import { rangeOfReport } from './range-of-report.ts';

const NOW_MS = Date.parse('2026-11-22T03:00:00Z');
const MINUTE_MS = 60_000;

const check = (
  began: { readonly minutes: number; readonly firstDeviationMinutes?: number },
  made: { readonly minutes: number; readonly state?: 'firing' | 'resolved' },
  want: { readonly from: string; readonly to: string },
): void => {
  const report = fakeAnalysis('a1', NOW_MS);
  const before = (minutes: number): number => NOW_MS - minutes * MINUTE_MS;
  const { firstDeviationMinutes: first } = began;
  const firstDeviationMs = first === undefined ? null : before(first);
  expect(
    rangeOfReport(
      {
        ...report,
        createdAtMs: before(made.minutes),
        subject: { ...report.subject, startsAtMs: before(began.minutes), state: made.state ?? 'firing' },
        change: report.change === null ? null : { ...report.change, firstDeviationMs },
      },
      NOW_MS,
    ),
  ).toEqual(want);
};

test('what fires moves with the clock, and shows as much of before as of the trouble', () => {
  check({ minutes: 2 }, { minutes: 1 }, { from: 'now-15m', to: 'now' });
  check({ minutes: 9 }, { minutes: 1 }, { from: 'now-1h', to: 'now' });
  check({ minutes: 9, firstDeviationMinutes: 50 }, { minutes: 1 }, { from: 'now-6h', to: 'now' });
  check({ minutes: 90 * 1440 }, { minutes: 1 }, { from: 'now-30d', to: 'now' });
});

test('what is over, and what was looked at long ago, is shown where it was', () => {
  const ended = { from: String(NOW_MS - 40 * MINUTE_MS), to: String(NOW_MS - 20 * MINUTE_MS) };
  check({ minutes: 25 }, { minutes: 20, state: 'resolved' }, ended);
  const old = { from: String(NOW_MS - 180 * MINUTE_MS), to: String(NOW_MS - 100 * MINUTE_MS) };
  check({ minutes: 140 }, { minutes: 100 }, old);
});
