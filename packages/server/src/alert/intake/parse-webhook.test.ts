import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { InputError, labelsToRecord } from '@vedette/model';
import { sharedSkip } from '../shared-fixture.ts';
import { PAIRS_PER_ALERT_MAX } from './body-fields.ts';
import { ALERTS_PER_BODY_MAX } from './parse-webhook.ts';
import { alertBody, NOW_MS, parsed, webhookBody } from './webhook-fixture.ts';
import type { WebhookAlert } from './webhook-message.ts';

async function only(body: unknown): Promise<WebhookAlert> {
  const { alerts } = await parsed(body);
  assert.equal(alerts.length, 1);
  return alerts[0]!;
}

test("Alertmanager's webhook gives its alerts, with nanoseconds and without what is claimed", async () => {
  const message = await parsed(webhookBody([alertBody()], { truncatedAlerts: 3 }));
  assert.equal(message.format, 'alertmanager');
  assert.equal(message.externalUrl, 'http://am:9093');
  assert.equal(message.truncatedCount, 3);
  assert.deepEqual(message.alerts, [
    {
      status: 'firing',
      labels: ['alertname', 'Down', 'instance', 'a'],
      annotations: ['summary', 'it is down'],
      startsAt: { ms: Date.UTC(2026, 10, 21, 9, 0, 0, 123), text: '2026-11-21T09:00:00.123456789Z' },
      endsAt: undefined,
      generatorUrl: 'http://prom/graph',
    },
  ]);
});

test('the recorded bodies of Alertmanager are read', { skip: sharedSkip() }, async () => {
  const folder = resolve(process.env['VEDETTE_SHARED'] ?? '../shared', 'samples');
  const statuses = async (name: string): Promise<string[]> => {
    const body = readFileSync(resolve(folder, `alertmanager-webhook-${name}.json`), 'utf8');
    return (await parsed(body)).alerts.map(({ status }) => status);
  };
  assert.deepEqual(await statuses('firing'), ['firing', 'firing']);
  assert.deepEqual(await statuses('partly-resolved'), ['firing', 'resolved']);
  assert.deepEqual(await statuses('resolved'), ['resolved']);
});

test('a resolved alert ends when its sender says, but not in the future', async () => {
  const endOf = async (endsAt: unknown): Promise<number | undefined> =>
    (await only(webhookBody([alertBody({ status: 'resolved', endsAt })]))).endsAt?.ms;
  assert.equal(await endOf('2026-11-21T09:30:00Z'), NOW_MS - 1_800_000);
  assert.equal(await endOf('2026-11-21T10:30:00Z'), NOW_MS);
  assert.equal(await endOf('0001-01-01T00:00:00Z'), NOW_MS);
  assert.equal(await endOf(undefined), NOW_MS);
});

test('a firing alert without a start begins now, and its end says nothing', async () => {
  const alert = await only(webhookBody([alertBody({ startsAt: undefined, endsAt: '2026-11-21T11:00:00Z' })]));
  assert.equal(alert.startsAt.ms, NOW_MS);
  assert.equal(alert.endsAt, undefined);
});

test('labels and annotations without a value do not exist', async () => {
  const labels = { alertname: 'X', gone: '' };
  const alert = await only(webhookBody([alertBody({ labels, annotations: null })]));
  assert.deepEqual(labelsToRecord(alert.labels), { alertname: 'X' });
  assert.equal(alert.annotations.length, 0);
});

test('an array is alerts of API v1, whose end says whether they are over', async () => {
  const message = await parsed([
    { labels: { alertname: 'A' }, endsAt: '2026-11-21T10:05:00Z' },
    { labels: { alertname: 'B' }, startsAt: '2026-11-21T09:00:00Z', endsAt: '2026-11-21T09:30:00Z' },
    { labels: { alertname: 'C' } },
  ]);
  assert.equal(message.format, 'alerts');
  assert.deepEqual(
    message.alerts.map(({ status, startsAt, endsAt }) => [status, startsAt.ms - NOW_MS, endsAt?.ms]),
    [
      ['firing', 0, NOW_MS + 300_000],
      ['resolved', -3_600_000, NOW_MS - 1_800_000],
      ['firing', 0, undefined],
    ],
  );
});

test("Grafana's alerts keep their links and values as annotations, their own ones first", async () => {
  const body = webhookBody(
    [
      alertBody({
        annotations: { summary: 's', dashboard_url: 'mine' },
        values: { B: 22.5, C: null },
        valueString: '[ var=B ]',
        silenceURL: 'http://g/silence',
        dashboardURL: 'http://g/d/x',
        panelURL: '',
        imageURL: 'http://g/x.png',
      }),
    ],
    { version: '1', orgId: 1, title: '[FIRING:1]', state: 'alerting', message: 'text' },
  );
  const message = await parsed(body);
  assert.equal(message.format, 'grafana');
  assert.deepEqual(labelsToRecord(message.alerts[0]!.annotations), {
    summary: 's',
    dashboard_url: 'mine',
    image_url: 'http://g/x.png',
    silence_url: 'http://g/silence',
    value_string: '[ var=B ]',
    values: 'B=22.5, C=NaN',
  });
});

const LEGACY = {
  dashboardId: 1,
  evalMatches: [
    { value: 100, metric: 'High value', tags: null },
    { value: null, metric: 'gap' },
  ],
  imageUrl: 'http://g/x.png',
  message: 'Someone is testing',
  orgId: 0,
  panelId: 1,
  ruleId: 7,
  ruleName: 'Test notification',
  ruleUrl: 'http://g/',
  state: 'alerting',
  tags: { team: 'ops', rule_id: 'claimed' },
  title: '[Alerting] Test notification',
};

test('a dashboard alert of Grafana is one alert per rule, which `ok` ends', async () => {
  const firing = await only(LEGACY);
  assert.equal(firing.status, 'firing');
  assert.deepEqual(labelsToRecord(firing.labels), {
    alertname: 'Test notification',
    rule_id: '7',
    team: 'ops',
  });
  assert.equal(labelsToRecord(firing.annotations)['values'], 'High value=100, gap=NaN');
  assert.equal(firing.generatorUrl, 'http://g/');
  const ok = await only({ ...LEGACY, state: 'ok', evalMatches: [] });
  assert.deepEqual([ok.status, ok.endsAt?.ms], ['resolved', NOW_MS]);
  assert.deepEqual(ok.labels, firing.labels);
  assert.equal((await only({ ...LEGACY, state: 'no_data' })).status, 'firing');
  assert.deepEqual((await parsed({ ...LEGACY, state: 'pending' })).alerts, []);
});

const many = (count: number): BodyRecord =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`l${i}`, 'x']));
type BodyRecord = Readonly<Record<string, string>>;

test('what cannot be taken is refused with place, got and want', async () => {
  const alert = (more: Parameters<typeof alertBody>[0]): unknown =>
    webhookBody([alertBody(), alertBody(more)]);
  const cases: [unknown, RegExp][] = [
    ['', /not JSON in UTF-8/],
    ['{"alerts":[', /not JSON in UTF-8/],
    ['"x"', /the body is wrong; got string "x", want an object/],
    ['null', /the body is wrong; got null/],
    ['7', /the body is wrong; got number 7/],
    [{}, /an object without alerts, want the webhook body/],
    [{ alerts: {} }, /alerts is wrong; got an object, want an array/],
    [[1], /alerts\[0\] is wrong; got number 1, want an object/],
    [[[]], /alerts\[0\] is wrong; got an array, want an object/],
    [webhookBody([], { version: '3' }), /version is wrong; got "3", want "4"/],
    [webhookBody([], { version: 4 }), /version is wrong; got number 4, want a string/],
    [webhookBody([], { externalURL: {} }), /externalURL is wrong; got an object/],
    [webhookBody([], { truncatedAlerts: -1 }), /truncatedAlerts is wrong; got number -1/],
    [alert({ status: 'pending' }), /alerts\[1\].status is wrong; got "pending", want "firing" or "resolved"/],
    [alert({ status: undefined }), /alerts\[1\].status is wrong; got "", want/],
    [alert({ labels: [] }), /alerts\[1\].labels is wrong; got an array, want an object/],
    [alert({ labels: {} }), /alerts\[1\].labels is wrong; got no label with a value, want at least one/],
    [alert({ labels: { a: '' } }), /no label with a value/],
    [alert({ labels: { a: 5 } }), /alerts\[1\].labels.a is wrong; got number 5, want a string/],
    [alert({ labels: { 'a b': {} } }), /alerts\[1\].labels\["a b"\] is wrong; got an object/],
    [alert({ labels: { '': 'x' } }), /alerts\[1\].labels is wrong; got the name "", want a name/],
    [alert({ labels: { a: '\ud800' } }), /labels.a is wrong; got broken text, want well-formed Unicode/],
    [alert({ annotations: 'x' }), /alerts\[1\].annotations is wrong; got string "x"/],
    [alert({ startsAt: 'yesterday' }), /alerts\[1\].startsAt is wrong; got "yesterday", want a time such as/],
    [alert({ startsAt: 1_700_000_000 }), /alerts\[1\].startsAt is wrong; got number/],
    [alert({ startsAt: '2026-02-30T00:00:00Z' }), /alerts\[1\].startsAt/],
    [alert({ endsAt: '2026-11-21T08:00:00Z' }), /alerts\[1\].endsAt is wrong; .* not before startsAt/],
    [alert({ generatorURL: 1 }), /alerts\[1\].generatorURL/],
    [alert({ labels: many(PAIRS_PER_ALERT_MAX + 1) }), /got 257 pairs, want at most 256/],
    [
      alert({ annotations: { a: 'x'.repeat(65_536) } }),
      /characters of labels and annotations, want at most 65536/,
    ],
    [{ ...LEGACY, state: 'odd' }, /state is wrong; got "odd"/],
    [{ ...LEGACY, evalMatches: [3] }, /evalMatches\[0\] is wrong/],
    [{ ...LEGACY, ruleId: 1.5 }, /ruleId is wrong; got number 1.5/],
  ];
  for (const [body, says] of cases)
    await assert.rejects(parsed(body), (error) => {
      assert.ok(error instanceof InputError, String(error));
      assert.equal(error.code, 'VED_BODY_INVALID');
      assert.match(error.message, says);
      return true;
    });
});

test('invalid UTF-8 is refused and not replaced', async () => {
  const bytes = Buffer.concat([Buffer.from('[{"labels":{"a":"'), Buffer.from([0xff]), Buffer.from('"}}]')]);
  const { parseWebhook } = await import('./parse-webhook.ts');
  const slicer = { shouldYield: () => false, yield: () => Promise.resolve(), forTask: () => slicer };
  await assert.rejects(parseWebhook(bytes, { source: 'am', nowMs: 0, slicer }), /not JSON in UTF-8/);
});

test('as many alerts and labels as the limits say are taken, one more is not', async () => {
  const alerts = (count: number): unknown => Array.from({ length: count }, () => ({ labels: { a: 'b' } }));
  assert.equal((await parsed(alerts(ALERTS_PER_BODY_MAX))).alerts.length, ALERTS_PER_BODY_MAX);
  await assert.rejects(parsed(alerts(ALERTS_PER_BODY_MAX + 1)), /5001 alerts, want at most 5000/);
  assert.equal((await only([{ labels: many(PAIRS_PER_ALERT_MAX) }])).labels.length, 2 * PAIRS_PER_ALERT_MAX);
});

test('keys that mean something to JavaScript are labels like any other', async () => {
  const alert = await only('[{"labels":{"__proto__":"x","constructor":"y","toString":"z"}}]');
  assert.deepEqual([...alert.labels], ['__proto__', 'x', 'constructor', 'y', 'toString', 'z']);
  await assert.rejects(parsed('{"__proto__":{"alerts":[]}}'), /an object without alerts/);
});
