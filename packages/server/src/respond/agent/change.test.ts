import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisReport } from '@vedette/api';
import { alertFixture, HOUR_MS, MINUTE_MS, NOW_MS, reportOn, ruleFixture, Story } from './agent-fixture.ts';

const ID = { job: 'api', instance: 'api-1:80' };
const QUEUE = { __name__: 'queue_length', ...ID };

/** The report on a rule of this expression, for an alert that began to fire half an hour ago. */
async function reportOf(
  story: Story,
  expr: string,
  more: { readonly startedMs?: number; readonly endedMs?: number } = {},
): Promise<AnalysisReport> {
  const { startedMs = -30 * MINUTE_MS, endedMs } = more;
  const times = {
    startsAtMs: NOW_MS + startedMs,
    ...(endedMs === undefined ? {} : { endsAtMs: NOW_MS + endedMs }),
  };
  return await reportOn({
    query: story.query,
    alerts: [alertFixture({ alertname: 'Queue', ...ID }, times)],
    rules: [ruleFixture('Queue', expr)],
  });
}

test('a value that is back: the text says from when to when it was off, not that it has been since', async () => {
  const story = new Story().gauge(QUEUE, (minute) => (minute > -60 && minute < -30 ? 100 : 5));
  const times = { startedMs: -59 * MINUTE_MS, endedMs: -29 * MINUTE_MS };
  const { change, headline } = await reportOf(story, 'queue_length > 50', times);
  assert.match(
    change?.text ?? '',
    /^queue_length\{.+\} is 5(\.\d+)?, as before; it was higher from 09:01 UTC to 09:2\d UTC \(the limit is 50\)$/,
  );
  assert.equal(change?.direction, 'up');
  assert.match(headline, /, resolved: queue_length is 5(\.\d+)?, as before$/);
});

test('a value that is off still: since when', async () => {
  const story = new Story().gauge(QUEUE, (minute) => (minute > -40 ? 100 : 5));
  const { change } = await reportOf(story, 'queue_length > 50');
  assert.match(change?.text ?? '', / is 100, was 5(\.\d+)?, since 09:2\d UTC \(the limit is 50\)$/);
});

test('two points of the hours before are too few to compare with: the beginning of these hours is', async () => {
  const story = new Story().gauge(QUEUE, (minute) => (minute < -181 ? undefined : minute > -20 ? 100 : 5));
  const { change } = await reportOf(story, 'queue_length > 50');
  assert.deepEqual(change?.baselines, []);
  assert.match(change.text, / is 100, was 5(\.\d+)? at first, since 09:4\d UTC/);
});

test('of an alert that fires for days a value of half an hour ago is not the one of now', async () => {
  const untilMs = NOW_MS - 20 * MINUTE_MS;
  const story = new Story().gauge(QUEUE, () => 100, { fromMs: NOW_MS - 30 * HOUR_MS, untilMs });
  const { change } = await reportOf(story, 'queue_length > 50', { startedMs: -48 * HOUR_MS });
  assert.equal(change?.now, null);
  assert.match(change.text, / has no value now, was 100/);
});

test('what vanished is told without a limit that it never had, and the headline is a sentence', async () => {
  const story = new Story().gauge({ __name__: 'up', ...ID }, (minute) => (minute < -10 ? 1 : undefined), {
    noise: 0,
  });
  const { change, headline } = await reportOf(story, 'absent(up{job="api"}) > 0', {
    startedMs: -4 * MINUTE_MS,
  });
  assert.match(change?.text ?? '', /^count\(up\{job="api"\}\) has no value now, was 1, since 09:5\d UTC$/);
  assert.match(headline, /: it has no value now, was 1$/);
});

test('what vanished a moment ago is gone, though a missed scrape of another value would be forgiven', async () => {
  // The last sample counts for five minutes: at the alert's own time there is none.
  const story = new Story().gauge({ __name__: 'up', ...ID }, (minute) => (minute < -5 ? 1 : undefined), {
    noise: 0,
  });
  const { change, headline } = await reportOf(story, 'absent(up{job="api"})', { startedMs: -10_000 });
  assert.equal(change?.now, null);
  assert.match(headline, /: it has no value now, was 1$/);
});

test('what vanished soon after it came: what it was last', async () => {
  const story = new Story().gauge(
    { __name__: 'up', ...ID },
    (minute) => (minute > -20 && minute < -10 ? 1 : undefined),
    { noise: 0 },
  );
  const { change } = await reportOf(story, 'absent(up{job="api"})', { startedMs: -4 * MINUTE_MS });
  assert.match(change?.text ?? '', /^count\(up\{job="api"\}\) has no value now, was 1, since 09:5\d UTC$/);
  assert.equal(change?.before, 1);
});

test('what was 0 for hours and is not for five minutes has changed, since then', async () => {
  const story = new Story().gauge(QUEUE, (minute) => (minute > -6 ? 7 : 0));
  const { change } = await reportOf(story, 'queue_length > 5', { startedMs: -5 * MINUTE_MS });
  assert.match(change?.text ?? '', / is (7|6\.9)\d*(\.\d+)?, was 0, since 09:5[45] UTC \(the limit is 5\)$/);
  assert.equal(change?.direction, 'up');
});

test('requests that never failed have no series of failures: their share was 0, not unknown', async () => {
  const requests = { __name__: 'http_requests_total', ...ID };
  const story = new Story()
    .counter({ ...requests, code: '200' }, () => 10)
    .counter({ ...requests, code: '500' }, () => 10, { fromMs: NOW_MS - 10 * MINUTE_MS });
  const rate = (selector: string): string => `sum by (job) (rate(${selector}[2m]))`;
  const share = `${rate('http_requests_total{code=~"5.."}')} / ${rate('http_requests_total')} > 0.1`;
  const { change } = await reportOf(story, share, { startedMs: -8 * MINUTE_MS });
  assert.match(change?.text ?? '', / is 0\.(49|5)\d*, was 0, since 09:5\d UTC \(the limit is 0\.1\)$/);
  assert.match(change?.expr ?? '', /\[2m\]\)\)$/);
});

test('half an hour after the first sample: what is stored of before the alert is what it used to be', async () => {
  const story = new Story().gauge(QUEUE, (minute) => (minute < -30 ? undefined : minute > -5 ? 100 : 5));
  const { change, headline } = await reportOf(story, 'queue_length > 50', { startedMs: -4 * MINUTE_MS });
  assert.deepEqual(change?.baselines, []);
  assert.match(change.text, / is 100, was \d(\.\d+)? at first, since 09:5\d UTC \(the limit is 50\)$/);
  assert.match(headline, / was \d(\.\d+)? at first$/);
});

test('nothing stored of before: no deviation is claimed', async () => {
  const story = new Story().gauge(QUEUE, (minute) => (minute < -20 ? undefined : 100));
  const { change } = await reportOf(story, 'queue_length > 50', { startedMs: -19 * MINUTE_MS });
  assert.equal(change?.firstDeviationMs, null);
  assert.equal(change.direction, 'none');
  assert.match(change.text, / is \d+(\.\d+)?; nothing is known of before \(the limit is 50\)$/);
});

test('an expression that cannot be read is named as that, with the place', async () => {
  const { gaps } = await reportOf(new Story(), 'foo((');
  assert.match(
    gaps.find(({ what }) => what === 'what changed')?.why ?? '',
    /^cannot read the expression of the alert: 1:\d+: parse error: /,
  );
});
