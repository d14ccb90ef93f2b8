import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisReport } from '@vedette/api';
import { alertFixture, HOUR_MS, MINUTE_MS, NOW_MS, reportOn, Story } from './agent-fixture.ts';

const ID = { job: 'api', instance: 'api-1:80' };
const QUEUE = { __name__: 'queue_length', ...ID };

/** The report on an alert without an expression, so that the trouble begins with it. */
async function reportOf(story: Story, beganMinute: number): Promise<AnalysisReport> {
  const startsAtMs = NOW_MS + beganMinute * MINUTE_MS;
  return await reportOn({
    query: story.query,
    alerts: [alertFixture({ alertname: 'Slow', ...ID }, { startsAtMs })],
  });
}

function textOf({ evidence }: AnalysisReport): string {
  return evidence.find(({ kind }) => kind === 'series')?.text ?? '';
}

function gapOf({ gaps }: AnalysisReport): string {
  return gaps.find(({ what }) => what === 'related series')?.why ?? '';
}

test('what is off still is told as of now', async () => {
  const report = await reportOf(
    new Story().gauge(QUEUE, (minute) => (minute >= -10 ? 100 : 5)),
    -10,
  );
  assert.match(textOf(report), /^queue_length is \d+(\.\d+)? since 09:50 UTC, was 5(\.\d+)?$/);
});

test('what is back is told as of then, with the value that it has now', async () => {
  const story = new Story().gauge(QUEUE, (minute) => (minute >= -20 && minute < -14 ? 100 : 5));
  assert.match(
    textOf(await reportOf(story, -20)),
    /^queue_length was \d+(\.\d+)? from 09:40 UTC on, 5(\.\d+)? before that; [45](\.\d+)? at 10:00 UTC$/,
  );
});

test('what stopped has no value at the end', async () => {
  const story = new Story()
    .gauge(QUEUE, (minute) => (minute < -20 ? 5 : minute < -12 ? 100 : undefined))
    .gauge({ __name__: 'threads', ...ID }, () => 7);
  assert.match(textOf(await reportOf(story, -20)), / before that; no value at 10:00 UTC$/);
});

test('of an alert of hours its beginning is looked at, and told as of then', async () => {
  const story = new Story().gauge(QUEUE, (minute) => (minute >= -120 ? 100 : 5));
  const text = textOf(await reportOf(story, -120));
  assert.match(
    text,
    /^queue_length was \d+(\.\d+)? from 08:00 UTC on, 5(\.\d+)? before that; \d+(\.\d+)? at 08:30 UTC$/,
  );
});

test('an alert that began before what is stored: a gap says of when nothing is stored', async () => {
  const report = await reportOf(
    new Story().gauge(QUEUE, () => 5),
    (-20 * 24 * HOUR_MS) / MINUTE_MS,
  );
  assert.match(
    gapOf(report),
    /^nothing is stored with the alert's labels of when it began, 2026-11-01 08:30 UTC to 2026-11-01 10:30 UTC$/,
  );
});

test('series that began with the alert: nobody can say that they did not change', async () => {
  const story = new Story().gauge(QUEUE, (minute) => (minute >= -10 ? 5 : undefined));
  assert.match(
    gapOf(await reportOf(story, -10)),
    /^nothing is known of 1 series with the alert's labels before 09:50 UTC, so nobody can say what changed$/,
  );
});

test('series that stayed as they were are counted', async () => {
  const story = new Story()
    .gauge(QUEUE, () => 5)
    .gauge({ __name__: 'constant', ...ID }, () => 7, { noise: 0 });
  assert.equal(
    gapOf(await reportOf(story, -10)),
    "none of 2 series with the alert's labels left what it used to be",
  );
});
