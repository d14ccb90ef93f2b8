import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { labelsOf, NO_LABELS, UnavailableError } from '@vedette/model';
import { createAlertMatcher, type Alert, type AlertPost, type Silence } from '../../alert/index.ts';
import { createTestClock, startTestServer } from '../test-server.ts';
import type { AlertingView } from './alertmanager-routes.ts';

const NOW = '2026-11-21T10:00:00.000Z';
const NOW_MS = Date.parse(NOW);
const AT = (deltaMs: number): { ms: number; text: string } => ({ ms: NOW_MS + deltaMs, text: '' });

const alertOf = (name: string, more: Partial<Alert> = {}): Alert => ({
  fingerprint: name,
  labels: labelsOf({ alertname: name }),
  annotations: NO_LABELS,
  startsAt: AT(-60_000),
  endsAt: undefined,
  isEndAssumed: false,
  updatedAt: AT(0),
  generatorUrl: '',
  ...more,
});

const silenceOf = (id: string, startMs: number, endMs: number): Silence => ({
  id,
  matchers: [createAlertMatcher('job', '=', 'api')],
  startsAtMs: NOW_MS + startMs,
  endsAtMs: NOW_MS + endMs,
  updatedAtMs: NOW_MS,
  createdBy: 'me',
  comment: 'why',
});

class Scene {
  readonly posted: AlertPost[] = [];
  failure: Error | undefined;
  alerts: Alert[] = [];
  silences: Silence[] = [];
  url = '';

  readonly view: AlertingView = {
    post: (posts) => {
      if (this.failure !== undefined) return Promise.reject(this.failure);
      this.posted.push(...posts);
      return Promise.resolve();
    },
    alerts: () => this.alerts,
    groups: () => [
      {
        key: 'k',
        labels: labelsOf({ alertname: 'B' }),
        receiver: 'ops',
        routeId: 'r',
        mutedBy: ['nights'],
        nextFlushMs: 0,
        alerts: this.alerts,
      },
    ],
    mutesOf: () => ({ inhibitedBy: [], silencedBy: [] }),
    receiversOf: () => ['ops'],
    receivers: () => [
      { name: 'ops', labels: { name: 'ops', team: 'a' } },
      { name: 'web', labels: { name: 'web' } },
    ],
    silences: {
      set: () => Promise.resolve('new'),
      expire: (id) => Promise.resolve(this.silences.some((one) => one.id === id)),
      get: (id) => this.silences.find((one) => one.id === id),
      all: () => this.silences,
    },
    resolveTimeoutMs: () => 300_000,
    configText: () => 'route: {}\n',
  };

  async start(t: TestContext): Promise<this> {
    const server = await startTestServer({ alerting: this.view, clock: createTestClock() });
    t.after(() => server.close());
    this.url = server.address;
    return this;
  }

  async json<T extends object>(path: string): Promise<T[]> {
    return (await (await fetch(`${this.url}/api/v2/${path}`)).json()) as T[];
  }

  async post(path: string, body: unknown): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return await fetch(`${this.url}/api/v2/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  }
}

test('alerts come sorted by fingerprint, with three decimals, and end when they would without their detector', async (t) => {
  const scene = await new Scene().start(t);
  scene.alerts = [alertOf('b'), alertOf('a', { generatorUrl: 'http://g' })];
  const shown = await scene.json<Alert>('alerts');
  assert.deepEqual(
    shown.map(({ fingerprint }) => fingerprint),
    ['a', 'b'],
  );
  assert.deepEqual(shown[0], {
    annotations: {},
    endsAt: '2026-11-21T10:05:00.000Z',
    fingerprint: 'a',
    receivers: [{ name: 'ops' }],
    startsAt: '2026-11-21T09:59:00.000Z',
    status: { inhibitedBy: [], mutedBy: [], silencedBy: [], state: 'active' },
    updatedAt: NOW,
    generatorURL: 'http://g',
    labels: { alertname: 'a' },
  });
});

test('groups that hours keep quiet say so, and `muted=false` leaves them out', async (t) => {
  const scene = await new Scene().start(t);
  scene.alerts = [alertOf('B')];
  const [group] = await scene.json<{ alerts: { status: object }[] }>('alerts/groups');
  assert.deepEqual(group?.alerts[0]?.status, {
    inhibitedBy: [],
    mutedBy: ['nights'],
    silencedBy: [],
    state: 'suppressed',
  });
  assert.deepEqual(await scene.json('alerts/groups?muted=false'), []);
  assert.deepEqual(await scene.json('alerts/groups?receiver_matchers=team%3D%22%22'), []);
});

test('receivers are filtered by their labels', async (t) => {
  const scene = await new Scene().start(t);
  assert.deepEqual(await scene.json('receivers'), [{ name: 'ops' }, { name: 'web' }]);
  assert.deepEqual(await scene.json('receivers?receiver_matchers=team%3D%22a%22'), [{ name: 'ops' }]);
});

test('silences are sorted by state, filtered by it, and by conditions that they have', async (t) => {
  const scene = await new Scene().start(t);
  const ids = async (query: string): Promise<string[]> =>
    (await scene.json<Silence>(`silences?${query}`)).map(({ id }) => id);
  scene.silences = [
    silenceOf('over', -9000, -5000),
    silenceOf('later', 5000, 9000),
    silenceOf('long', -9000, 9000),
    silenceOf('soon', 1000, 9000),
    silenceOf('short', -9000, 1000),
    silenceOf('just over', -9000, -1),
  ];
  assert.deepEqual(await ids(''), ['short', 'long', 'soon', 'later', 'just over', 'over']);
  assert.deepEqual(await ids('expired=false&pending=no'), ['short', 'long']);
  assert.deepEqual(await ids('active=0&pending=0'), ['just over', 'over']);
  assert.equal((await ids('filter=job%3D%22api%22')).length, 6);
  assert.deepEqual(await ids('filter=job%3D~%22api%22'), []);
  assert.deepEqual(await ids('filter=nope%3D%22%22'), []);
});

test('good alerts of a request are taken, bad ones told', async (t) => {
  const scene = await new Scene().start(t);
  const answer = await scene.post('alerts', [
    { labels: { alertname: 'A', gone: '' }, startsAt: '2026-11-21T09:00:00.000000001Z' },
    { labels: {} },
    { labels: { alertname: 'B' }, endsAt: '2026-11-21T09:59:00Z' },
    { labels: { alertname: 'C' }, endsAt: '2026-11-21T10:01:00Z', annotations: { a: null } },
  ]);
  assert.equal(answer.status, 400);
  assert.equal(await answer.text(), '"at least one label pair required"\n');
  assert.deepEqual(
    scene.posted.map(({ status, labels, expiry, endsAtMs }) => [
      status,
      labels.at(-1),
      expiry,
      endsAtMs - NOW_MS,
    ]),
    [
      ['firing', 'A', 'assumed', 300_000],
      ['resolved', 'B', undefined, -60_000],
      ['firing', 'C', 'stated', 60_000],
    ],
  );
  assert.equal(scene.posted[0]?.startsAtText, '2026-11-21T09:00:00.000000001Z');
});

test('an alert that begins after the end that is assumed for it is refused, as by Alertmanager', async (t) => {
  const scene = await new Scene().start(t);
  const startingAt = async (atMs: number): Promise<string> => {
    const answer = await scene.post('alerts', [
      { labels: { a: 'b' }, startsAt: new Date(atMs).toISOString() },
    ]);
    return `${answer.status} ${await answer.text()}`;
  };
  assert.equal(await startingAt(NOW_MS + 300_001), '400 "start time must be before end time"\n');
  assert.equal(await startingAt(NOW_MS + 300_000), '200 ');
  assert.equal(scene.posted.length, 1);
});

test('one alert that is none keeps all others of its request out', async (t) => {
  const scene = await new Scene().start(t);
  const answer = await scene.post('alerts', [{ labels: { a: 'b' } }, {}]);
  assert.equal(answer.status, 422);
  assert.deepEqual(await answer.json(), { code: 602, message: '1.labels in body is required' });
  assert.deepEqual(scene.posted, []);
});

test('an alert stage that cannot save asks to be tried again', async (t) => {
  const scene = await new Scene().start(t);
  scene.failure = new UnavailableError('VED_STATE_UNAVAILABLE', 'cannot save');
  const answer = await scene.post('alerts', [{ labels: { a: 'b' } }]);
  assert.equal(answer.status, 503);
  assert.equal(await answer.json(), 'cannot save');
});

test('answers may not be kept, differ by Origin, and empty ones have no type', async (t) => {
  const scene = await new Scene().start(t);
  const done = await scene.post('alerts', []);
  assert.deepEqual([done.status, done.headers.get('content-type')], [200, null]);
  assert.equal(done.headers.get('cache-control'), 'no-store');
  scene.alerts = Array.from({ length: 50 }, (_, i) => alertOf(`a${i}`));
  const { headers } = await fetch(`${scene.url}/api/v2/alerts`);
  assert.equal(headers.get('vary'), 'Origin, accept-encoding');
  assert.equal(headers.get('content-encoding'), 'gzip');
  assert.equal(headers.get('access-control-allow-origin'), null);
});

test('unknown silences, paths and methods are told as go-openapi tells them', async (t) => {
  const scene = await new Scene().start(t);
  const id = 'f3aa1032-6ba7-4e61-925a-6df3e9e07ee1';
  const told = async (method: string, path: string): Promise<[number, string]> => {
    const answer = await fetch(`${scene.url}/api/v2/${path}`, { method });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await told('GET', `silence/${id}`), [404, '']);
  assert.deepEqual(await told('DELETE', `silence/${id}`), [404, '']);
  assert.deepEqual(await told('DELETE', 'silence/x'), [
    422,
    '{"code":601,"message":"silenceID in path must be of type uuid: \\"x\\""}',
  ]);
  assert.deepEqual(await told('GET', 'x'), [404, '{"code":404,"message":"path /api/v2/x was not found"}']);
  assert.deepEqual(await told('PUT', 'alerts'), [
    405,
    '{"code":405,"message":"method PUT is not allowed, but [GET,POST] are"}',
  ]);
});
