import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisReport } from '@vedette/api';
import { alertFixture, MINUTE_MS, NOW_MS, reportOn, ruleFixture, Story } from './agent-fixture.ts';

const ID = { job: 'api', instance: 'api-1:80' };

function gapOf({ gaps }: AnalysisReport): string {
  return gaps.find(({ what }) => what === 'suspects')?.why ?? '';
}

test('two observations that are weak together: the stronger one is told, and no number of them', async () => {
  const story = new Story()
    .gauge({ __name__: 'up', ...ID }, () => 1, { noise: 0 })
    .gauge({ __name__: 'process_start_time_seconds', ...ID }, () => NOW_MS / 1000 - 8 * 60, { noise: 0 });
  const report = await reportOn({
    query: story.query,
    alerts: [alertFixture({ alertname: 'Slow', ...ID })],
    others: [alertFixture({ alertname: 'Queue', ...ID }, { startsAtMs: NOW_MS - 9 * MINUTE_MS })],
  });
  assert.deepEqual(report.suspects, []);
  assert.equal(
    gapOf(report),
    'too little speaks for any of them; most of it: api-1:80: was started 3 minutes before it began',
  );
});

test('an alert about a target that is down does not name that target as its cause; another target may be', async () => {
  const wentDown = (minute: number): number => (minute < -7 ? 1 : 0);
  const story = new Story()
    .gauge({ __name__: 'up', ...ID }, wentDown, { noise: 0 })
    .gauge({ __name__: 'up', job: 'db', instance: 'db-1:9187' }, wentDown, { noise: 0 });
  const earlier = { startsAtMs: NOW_MS - 9 * MINUTE_MS };
  const report = await reportOn({
    query: story.query,
    alerts: [alertFixture({ alertname: 'ApiDown', ...ID })],
    others: [
      alertFixture({ alertname: 'Slow', ...ID }, earlier),
      alertFixture({ alertname: 'DbSlow', job: 'db', instance: 'db-1:9187' }, earlier),
    ],
    rules: [ruleFixture('ApiDown', 'up == 0')],
  });
  assert.deepEqual(
    report.suspects.map(({ entity }) => entity),
    ['db-1:9187'],
  );
  assert.ok(report.nextSteps.some(({ text }) => text.startsWith('Find out why api-1:80 does not answer')));
});

test('a target that is gone for good, of which no sample tells: nobody says that none went away', async () => {
  const story = new Story().gauge({ __name__: 'up', ...ID }, (minute) => (minute < -10 ? 1 : undefined), {
    noise: 0,
  });
  const report = await reportOn({
    query: story.query,
    alerts: [alertFixture({ alertname: 'Gone', job: 'api' })],
  });
  assert.match(gapOf(report), /^nothing that was found points at a cause: .+ would$/);
});

test('a service that no instance is named of is suspected as a service', async () => {
  const story = new Story()
    .gauge({ __name__: 'target_info', service: 'cart', version: '1' }, (minute) =>
      minute < -8 ? 1 : undefined,
    )
    .gauge({ __name__: 'target_info', service: 'cart', version: '2' }, (minute) =>
      minute < -8 ? undefined : 1,
    );
  const report = await reportOn({
    query: story.query,
    alerts: [alertFixture({ alertname: 'Slow', service: 'cart' })],
    others: [alertFixture({ alertname: 'Queue', service: 'cart' }, { startsAtMs: NOW_MS - 9 * MINUTE_MS })],
  });
  const [first] = report.suspects;
  assert.equal(first?.entity, 'cart');
  assert.equal(first.kind, 'service');
});

/** Four gauges of each of these instances; those of the ones that are off moved with the alert. */
function fleet(instances: Readonly<Record<string, 'off' | 'calm'>>): Story {
  const story = new Story();
  for (const [instance, course] of Object.entries(instances))
    for (const metric of ['queue_length', 'db_connections', 'open_files', 'threads'])
      story.gauge({ __name__: metric, job: 'api', instance }, (minute) =>
        course === 'off' && minute >= -5 ? 90 : 10,
      );
  return story;
}

async function suspectsOf(story: Story): Promise<AnalysisReport> {
  return await reportOn({
    query: story.query,
    alerts: [alertFixture({ alertname: 'Slow', ...ID })],
    others: [alertFixture({ alertname: 'Queue', ...ID }, { startsAtMs: NOW_MS - 9 * MINUTE_MS })],
  });
}

test('where all instances deviate alike, the one of the alert does not stand out', async () => {
  const report = await suspectsOf(fleet({ 'api-1:80': 'off', 'api-2:80': 'off', 'api-3:80': 'off' }));
  assert.match(gapOf(report), /most of it: api-1:80: its alert Queue began before this one$/);
});

test('where one instance alone deviates, the series that left what they used to be are its own', async () => {
  const report = await suspectsOf(fleet({ 'api-1:80': 'calm', 'api-2:80': 'off', 'api-3:80': 'calm' }));
  assert.match(
    gapOf(report),
    /: api-2:80: 4 of the 4 series that left what they used to be are its own, of 3 instances with the same metrics$/,
  );
});

test('ten alerts of one instance are one observation', async () => {
  const report = await reportOn({
    query: new Story().gauge({ __name__: 'up', ...ID }, () => 1, { noise: 0 }).query,
    alerts: [alertFixture({ alertname: 'Slow', ...ID })],
    others: Array.from({ length: 10 }, (_, i) =>
      alertFixture({ alertname: `Other${i}`, ...ID }, { startsAtMs: NOW_MS - 9 * MINUTE_MS }),
    ),
  });
  assert.deepEqual(report.suspects, []);
});
