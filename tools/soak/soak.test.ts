import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findGrowth } from './growth.ts';
import { liveDays, type DayNote } from './life.ts';

test('two days of a store: what is looked for is there, over a clean and a killed restart', async () => {
  const notes: DayNote[] = [];
  const options = { seed: 3, days: 2, seriesCount: 20, stepMs: 120_000, retentionDays: 1 };
  for await (const note of liveDays(options)) notes.push(note);
  assert.deepEqual(
    notes.map(({ day }) => day),
    [1, 2],
  );
  assert.ok(notes.every(({ checkedSamples }) => checkedSamples > 1000));
});

test('growth after the store was full is found, of any measure', () => {
  const note = (day: number): DayNote => ({
    day,
    activeSeries: 300,
    headBytes: 1e6,
    blocks: 12,
    diskBytes: 2e7,
    oldestDays: 11,
    warnings: 0,
    checkedSamples: 1,
  });
  const notes = Array.from({ length: 30 }, (_, i) => note(i + 1));
  assert.deepEqual(findGrowth(notes, 10), []);
  const growing = notes.map((one) => ({ ...one, diskBytes: one.diskBytes * (1 + one.day / 20) }));
  assert.match(findGrowth(growing, 10).join(), /^bytes on disk: \d+ until day 17, \d+ from day 25 on$/);
  assert.deepEqual(findGrowth(notes.slice(0, 12), 10), []);
});
