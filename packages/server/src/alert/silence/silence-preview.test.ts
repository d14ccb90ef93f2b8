import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, labelValueOf, type Slicer } from '@vedette/model';
import { alertOf, type Alert } from '../alert.ts';
import type { AlertMutes } from '../dispatch/muting.ts';
import { parseMatchers } from '../matchers/parse.ts';
import { previewSilence, PREVIEW_ALERTS_MAX, type SilencePreview } from './silence-preview.ts';

const alert = (record: Record<string, string>): Alert =>
  alertOf(
    {
      status: 'firing',
      labels: labelsOf(record),
      annotations: labelsOf({}),
      startsAtMs: 0,
      endsAtMs: 0,
      generatorUrl: '',
    },
    0,
  );

const ALERTS = ['a', 'b', 'c', 'd', 'e', 'f'].map((host, i) =>
  alert({ alertname: i < 4 ? 'Slow' : 'Down', host }),
);

const SLICER: Slicer = { shouldYield: () => true, yield: () => Promise.resolve(), forTask: () => SLICER };

const preview = (
  matchers: string,
  firing: readonly Alert[] = ALERTS,
  mutes: Partial<AlertMutes> = {},
): Promise<SilencePreview> =>
  previewSilence(
    parseMatchers(matchers).matchers,
    {
      firing,
      mutesOf: ({ labels }) => ({
        silencedBy: [],
        inhibitedBy: [],
        ...(labelValueOf(labels, 'host') === 'a' ? mutes : {}),
      }),
      receiversOf: (labels) => (labelValueOf(labels, 'host') === 'b' ? ['dba', 'ops', 'ops'] : ['ops']),
    },
    SLICER,
  );

test('a preview names what would be muted, who would hear less, and what is muted already', async () => {
  const found = await preview('alertname=Slow,host=~"a|b|z"', ALERTS, { silencedBy: ['s1'] });
  assert.deepEqual([found.firingCount, found.matchedCount, found.mutedCount], [6, 2, 1]);
  assert.deepEqual(
    found.alerts.map((one) => [labelValueOf(one.alert.labels, 'host'), one.silencedBy, one.receivers]),
    [
      ['a', ['s1'], ['ops']],
      ['b', [], ['dba', 'ops']],
    ],
  );
  assert.deepEqual(found.receivers, [
    { name: 'dba', alertCount: 1 },
    { name: 'ops', alertCount: 2 },
  ]);
  assert.equal(found.warning, undefined);
  assert.equal((await preview('host=a', ALERTS, { inhibitedBy: ['f'] })).mutedCount, 1);
});

test('half of all alerts is no warning, more than half is, all are told as all', async () => {
  assert.equal((await preview('host=~"a|b|c"')).warning, undefined);
  assert.match(
    (await preview('alertname=Slow')).warning ?? '',
    /^it would mute 4 of the 6 alerts that fire now; narrow it/,
  );
  assert.match((await preview('alertname=~".+"')).warning ?? '', /^it would mute all 6 alerts that fire now/);
  assert.equal((await preview('host=~".+"', ALERTS.slice(0, 3))).warning, undefined, 'three alerts are few');
  assert.equal((await preview('host=nobody')).warning, undefined);
  assert.equal((await preview('host=a', [])).warning, undefined);
});

test('what takes an alert without labels is told of, whatever fires', async () => {
  assert.match(
    (await preview('team!="db"', [])).warning ?? '',
    /^it would mute every alert that lacks these labels/,
  );
  assert.equal((await preview('team!="db",host="a"')).warning, undefined);
});

test('many alerts are counted and the first listed', async () => {
  const many = Array.from({ length: PREVIEW_ALERTS_MAX + 1 }, (_, i) =>
    alert({ alertname: 'X', host: String(i) }),
  );
  const found = await preview('alertname=X', many);
  assert.deepEqual([found.alerts.length, found.matchedCount], [PREVIEW_ALERTS_MAX, PREVIEW_ALERTS_MAX + 1]);
});
