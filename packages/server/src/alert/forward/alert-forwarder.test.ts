import assert from 'node:assert/strict';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { labelsFromPairs, labelsOf, VirtualClock, type Labels } from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import { DiskFiles } from '../../lib/disk-files.ts';
import { SILENT_LOG, type Log } from '../../telemetry/log.ts';
import type { AlertPost } from '../alert.ts';
import { createAlertForwarder, type AlertForwarder } from './alert-forwarder.ts';
import { BATCH_ALERTS_MAX, QUEUED_ALERTS_MAX } from './alertmanager-lane.ts';
import { alertingConfig, type AlertmanagerConfig } from './config.ts';

const T = 1_700_000_000_000;

interface Seen {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
  /** Values of the label `i`. */
  readonly names: readonly string[];
}

/** An Alertmanager on loopback that answers as it is told; by default with 200. */
interface FakeAlertmanager {
  readonly address: string;
  readonly seen: Seen[];
  answer: (response: http.ServerResponse, index: number) => void;
}

async function startAlertmanager(t: TestContext): Promise<FakeAlertmanager> {
  const seen: Seen[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      const alerts = JSON.parse(text) as { labels: Record<string, string> }[];
      const names = alerts.map(({ labels }) => labels['i'] ?? '');
      seen.push({ path: `${request.method} ${request.url}`, headers: request.headers, text, names });
      fake.answer(response, seen.length - 1);
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => (server.closeAllConnections(), void server.close()));
  const fake: FakeAlertmanager = {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    answer: (response) => void response.end(),
  };
  return fake;
}

interface World {
  readonly forwarder: AlertForwarder;
  readonly clock: VirtualClock;
  readonly registry: MetricsRegistry;
  readonly logged: string[];
  /** What discovery knows beside the static targets; `changed` tells of a change. */
  discovered: Labels[];
  changed: () => void;
  /** Takes over a configuration. */
  configure(alerting: unknown): Promise<void>;
  metric(name: string, url: string): number | undefined;
}

function createWorld(t: TestContext): World {
  const clock = new VirtualClock({ startMs: T });
  const registry = createMetricsRegistry();
  const logged: string[] = [];
  const note = (message: string): void => void logged.push(message);
  const log: Log = { ...SILENT_LOG, info: note, warn: note, error: note };
  const forwarder = createAlertForwarder(
    {
      clock,
      log,
      metrics: registry,
      files: new DiskFiles(),
      createSources: () => {
        let groups: AlertmanagerConfig['static_configs'] = [];
        return {
          apply: async (config) => void (groups = config.static_configs),
          start: (onChange) => void (world.changed = onChange),
          targets: () => [
            ...groups.flatMap(({ targets, labels }) =>
              targets.map((address) =>
                labelsFromPairs([...Object.entries(labels), ['__address__', address]]),
              ),
            ),
            ...world.discovered,
          ],
          stop: () => undefined,
        };
      },
    },
    { directory: import.meta.dirname, userAgent: 'Vedette/test' },
  );
  const world: World = {
    forwarder,
    clock,
    registry,
    logged,
    discovered: [],
    changed: () => undefined,
    configure: (alerting) => forwarder.apply(alertingConfig.parse(alerting)),
    metric: (name, url) =>
      registry
        .collect()
        .find((family) => family.name === `vedette_notifications_${name}`)
        ?.samples.find(({ labels }) => labels[labels.indexOf('alertmanager') + 1] === url)?.value,
  };
  t.after(async () => {
    const stopped = forwarder.stop();
    await clock.advance(3000);
    await stopped;
  });
  return world;
}

const urlOf = ({ address }: FakeAlertmanager): string => `http://${address}/api/v2/alerts`;
const toAll = (...fakes: FakeAlertmanager[]): object => ({
  alertmanagers: [{ static_configs: [{ targets: fakes.map(({ address }) => address) }] }],
});

function alert(i: number | string, more: Partial<AlertPost> = {}): AlertPost {
  return {
    status: 'firing',
    labels: labelsOf({ alertname: 'A', i: String(i) }),
    annotations: labelsOf({ summary: 'a <b> & "c"' }),
    startsAtMs: T + 1,
    endsAtMs: T + 240_000,
    generatorUrl: 'http://v/graph?g0.expr=a+%3E+1&g0.tab=1',
    ...more,
  };
}

const alerts = (count: number, from = 0): AlertPost[] =>
  Array.from({ length: count }, (_, i) => alert(from + i));

/** Lets sockets and promises move until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) {
    if (isSo()) return;
    await new Promise((resolve) => void setImmediate(resolve));
  }
  assert.fail(`it did not come to be: ${String(isSo)}`);
}

test('every Alertmanager gets every alert, byte for byte as Prometheus sends it', async (t) => {
  const world = createWorld(t);
  const [a, b] = [await startAlertmanager(t), await startAlertmanager(t)];
  await world.configure(toAll(a, b));
  world.forwarder.post([alert('x', { annotations: labelsOf({}), generatorUrl: '' }), alert('é')]);
  await until(() => a.seen.length === 1 && b.seen.length === 1);
  assert.equal(a.seen[0]!.path, 'POST /api/v2/alerts');
  assert.equal(a.seen[0]!.headers['content-type'], 'application/json');
  assert.equal(a.seen[0]!.headers['user-agent'], 'Vedette/test');
  const times = '"endsAt":"2023-11-14T22:17:20.000Z","startsAt":"2023-11-14T22:13:20.001Z"';
  assert.equal(
    a.seen[0]!.text,
    `[{"annotations":{},${times},"labels":{"alertname":"A","i":"x"}},` +
      String.raw`{"annotations":{"summary":"a \u003cb\u003e \u0026 \"c\""},${times},"generatorURL":"http://v/graph?g0.expr=a+%3E+1\u0026g0.tab=1","labels":{"alertname":"A","i":"é"}}]`,
  );
  assert.equal(b.seen[0]!.text, a.seen[0]!.text);
  await until(() => world.metric('sent_total', urlOf(b)) === 2);
  assert.deepEqual(world.forwarder.alertmanagers(), { active: [urlOf(a), urlOf(b)], dropped: [] });
});

test('alerts go in batches, one request at a time, in their order', async (t) => {
  const world = createWorld(t);
  const a = await startAlertmanager(t);
  let underWay = 0;
  let underWayMax = 0;
  a.answer = (response) => {
    underWayMax = Math.max(underWayMax, ++underWay);
    setImmediate(() => (underWay--, response.end()));
  };
  await world.configure(toAll(a));
  world.forwarder.post(alerts(BATCH_ALERTS_MAX));
  world.forwarder.post(alerts(BATCH_ALERTS_MAX + 1, BATCH_ALERTS_MAX));
  const total = 2 * BATCH_ALERTS_MAX + 1;
  await until(() => world.metric('sent_total', urlOf(a)) === total);
  assert.deepEqual(
    a.seen.map(({ names }) => names.length),
    [BATCH_ALERTS_MAX, BATCH_ALERTS_MAX, 1],
  );
  assert.deepEqual(
    a.seen.flatMap(({ names }) => names).map(Number),
    alerts(total).map((_, i) => i),
  );
  assert.equal(underWayMax, 1);
});

test('a batch that is refused is lost, counted, told once and not repeated', async (t) => {
  const world = createWorld(t);
  const a = await startAlertmanager(t);
  a.answer = (response, index) => void response.writeHead(index < 2 ? 500 : 200).end('out of order');
  await world.configure(toAll(a));
  for (const i of [0, 1, 2]) {
    world.forwarder.post([alert(i)]);
    await until(() => a.seen.length === i + 1 && world.metric('queue_length', urlOf(a)) === 0);
    await until(
      () =>
        (world.metric('sent_total', urlOf(a)) ?? 0) + (world.metric('errors_total', urlOf(a)) ?? 0) === i + 1,
    );
  }
  assert.deepEqual(
    ['errors_total', 'dropped_total', 'sent_total'].map((name) => world.metric(name, urlOf(a))),
    [2, 2, 1],
  );
  assert.deepEqual(world.logged, [
    'an Alertmanager does not take alerts; each is sent again within a minute',
    'an Alertmanager takes alerts again',
  ]);
});

test('one that hangs is given up after the timeout, keeps its newest alerts, and delays no other', async (t) => {
  const world = createWorld(t);
  const [slow, fast] = [await startAlertmanager(t), await startAlertmanager(t)];
  slow.answer = (response, index) => void (index > 0 && response.end());
  await world.configure(toAll(slow, fast));
  world.forwarder.post([alert('first')]);
  await until(() => slow.seen.length === 1 && fast.seen.length === 1);
  world.forwarder.post(alerts(QUEUED_ALERTS_MAX));
  assert.equal(world.metric('queue_length', urlOf(slow)), QUEUED_ALERTS_MAX);
  assert.equal(world.metric('dropped_total', urlOf(slow)), 0, 'at the limit nothing is dropped');
  await until(() => world.metric('sent_total', urlOf(fast)) === QUEUED_ALERTS_MAX + 1);
  world.forwarder.post([alert('a'), alert('b')]);
  world.forwarder.post([alert('c')]);
  assert.equal(world.metric('queue_length', urlOf(slow)), QUEUED_ALERTS_MAX);
  assert.equal(world.metric('dropped_total', urlOf(slow)), 3);
  await world.clock.advance(9999);
  assert.equal(slow.seen.length, 1);
  await world.clock.advance(1);
  await until(() => world.metric('sent_total', urlOf(slow)) === QUEUED_ALERTS_MAX);
  const names = slow.seen.slice(1).flatMap((one) => one.names);
  assert.deepEqual([names[0], names.length, ...names.slice(-3)], ['3', QUEUED_ALERTS_MAX, 'a', 'b', 'c']);
  assert.equal(world.metric('errors_total', urlOf(slow)), 1);
  assert.equal(
    world.logged.filter((line) => line.includes('queue for an Alertmanager is full')).length,
    1,
    'told once until there is room again',
  );
});

test('a post beyond the queue keeps its last alerts', async (t) => {
  const world = createWorld(t);
  const a = await startAlertmanager(t);
  a.answer = () => undefined;
  await world.configure(toAll(a));
  world.forwarder.post(alerts(QUEUED_ALERTS_MAX + 2));
  assert.equal(world.metric('dropped_total', urlOf(a)), 2);
  await until(() => a.seen.length === 1);
  assert.equal(a.seen[0]!.names[0], '2');
});

test('alerts are relabelled for all and then for a set; one that a rule drops is not sent there', async (t) => {
  const world = createWorld(t);
  const [a, b] = [await startAlertmanager(t), await startAlertmanager(t)];
  const keep = { source_labels: ['i', 'all'], regex: '1;yes', action: 'keep' };
  await world.configure({
    alert_relabel_configs: [{ target_label: 'all', replacement: 'yes' }],
    alertmanagers: [
      { static_configs: [{ targets: [a.address] }] },
      { static_configs: [{ targets: [b.address] }], alert_relabel_configs: [keep] },
    ],
  });
  world.forwarder.post([alert(0)]);
  world.forwarder.post([alert(1)]);
  await until(() => a.seen.length > 0 && b.seen.length > 0);
  assert.deepEqual(a.seen[0]!.names, ['0', '1']);
  assert.match(a.seen[0]!.text, /"all":"yes"/);
  assert.deepEqual(
    b.seen.flatMap(({ names }) => names),
    ['1'],
  );
});

test('credentials, prefix and redirects are as configured', async (t) => {
  const world = createWorld(t);
  const [a, b] = [await startAlertmanager(t), await startAlertmanager(t)];
  a.answer = (response) => void response.writeHead(308, { Location: `http://${b.address}/there` }).end();
  const set = {
    static_configs: [{ targets: [a.address] }],
    path_prefix: '/am',
    basic_auth: { username: 'u', password: 'p' },
  };
  await world.configure({ alertmanagers: [set] });
  world.forwarder.post([alert(1)]);
  await until(() => b.seen.length === 1);
  assert.equal(a.seen[0]!.path, 'POST /am/api/v2/alerts');
  assert.equal(a.seen[0]!.headers.authorization, `Basic ${btoa('u:p')}`);
  assert.equal(b.seen[0]!.headers.authorization, undefined, 'secrets go to the first origin only');
  await world.configure({ alertmanagers: [{ ...set, follow_redirects: false }] });
  world.forwarder.post([alert(2)]);
  await until(() => world.metric('errors_total', `http://${a.address}/am/api/v2/alerts`) === 1);
  assert.equal(b.seen.length, 1);
});

test('a reload keeps what waits for those that stay, and ends what waits for those that go', async (t) => {
  const world = createWorld(t);
  const [stays, goes] = [await startAlertmanager(t), await startAlertmanager(t)];
  const held: http.ServerResponse[] = [];
  stays.answer = (response) => void held.push(response);
  goes.answer = () => undefined;
  await world.configure(toAll(stays, goes));
  world.forwarder.post([alert(1)]);
  await until(() => stays.seen.length === 1 && goes.seen.length === 1);
  world.forwarder.post([alert(2)]);
  await world.configure(toAll(stays));
  await until(() => world.metric('dropped_total', urlOf(goes)) === 2);
  assert.equal(world.metric('queue_length', urlOf(goes)), 0);
  stays.answer = (response) => void response.end();
  held[0]!.end();
  await until(() => stays.seen.length === 2);
  assert.deepEqual(stays.seen[1]!.names, ['2']);
  await world.configure({});
  assert.deepEqual(world.forwarder.alertmanagers(), { active: [], dropped: [] });
  world.forwarder.post([alert(3)]);
  await world.clock.advance(60_000);
  assert.equal(stays.seen.length, 2);
});

test('Alertmanagers come and go with discovery; a target without an address is told', async (t) => {
  const world = createWorld(t);
  const a = await startAlertmanager(t);
  await world.configure({ alertmanagers: [{}] });
  world.forwarder.post([alert(1)]);
  world.discovered = [labelsOf({ __address__: a.address }), labelsOf({ __address__: 'x:y@z' })];
  world.changed();
  assert.deepEqual(world.logged, ['cannot send alerts to a discovered target: its labels make no address']);
  world.forwarder.post([alert(2)]);
  await until(() => a.seen.length === 1);
  assert.deepEqual(a.seen[0]!.names, ['2']);
  world.discovered = [];
  world.changed();
  assert.deepEqual(world.forwarder.alertmanagers().active, []);
});

test('no connection is a failure like another, and a stop sends what waits for at most three seconds', async (t) => {
  const world = createWorld(t);
  const [gone, slow] = [await startAlertmanager(t), await startAlertmanager(t)];
  const held: http.ServerResponse[] = [];
  slow.answer = (response) => void held.push(response);
  await world.configure({
    alertmanagers: [{ static_configs: [{ targets: ['127.0.0.1:1', slow.address, gone.address] }] }],
  });
  world.forwarder.post(alerts(BATCH_ALERTS_MAX + 1));
  await until(
    () => world.metric('errors_total', 'http://127.0.0.1:1/api/v2/alerts') === BATCH_ALERTS_MAX + 1,
  );
  await until(() => held.length === 1);
  let isStopped = false;
  const stopped = world.forwarder.stop().then(() => (isStopped = true));
  held[0]!.end();
  await until(() => held.length === 2);
  await world.clock.advance(2999);
  assert.equal(isStopped, false, 'the second batch is still under way');
  await world.clock.advance(1);
  await stopped;
  assert.equal(world.metric('sent_total', urlOf(slow)), BATCH_ALERTS_MAX);
  assert.equal(world.metric('errors_total', urlOf(slow)), 1);
  assert.equal(world.clock.pendingTimerCount, 0);
});
