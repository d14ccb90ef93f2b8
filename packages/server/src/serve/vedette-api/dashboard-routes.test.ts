import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, suite, test } from 'node:test';
import { dashboardEntry, storedDashboard } from '@vedette/api';
import { SeededRandom, UnavailableError, VirtualClock } from '@vedette/model';
import { DashboardFiles } from '../../content/index.ts';
import { DiskFiles } from '../../lib/disk-files.ts';
import { StateDashboards } from '../../store/dashboards/index.ts';
import { openStateStore } from '../../store/state/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { startTestServer } from '../test-server.ts';
import { DashboardBook } from './dashboards/dashboard-book.ts';

type Json = Record<string, unknown>;

suite('the routes of dashboards', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-dashboard-routes-'));
  const host = { uid: 'host', title: 'Host', tags: ['machine'], panels: [{ id: 1, type: 'stat' }] };
  mkdirSync(path.join(directory, 'dashboards'));
  writeFileSync(path.join(directory, 'dashboards/host.json'), JSON.stringify(host));
  const clock = new VirtualClock({ startMs: 5000 });
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: path.join(directory, 'state.db') });
  const files = new DashboardFiles(
    { files: new DiskFiles() },
    { shippedDirectory: `${directory}/dashboards`, patterns: [], directory },
  );
  const store = new StateDashboards({ clock, state });
  const book = new DashboardBook({ random: new SeededRandom(1), files, store });
  const server = await startTestServer({ dashboards: () => Promise.resolve(book) });
  after(async () => {
    await server.close();
    await state.close();
    rmSync(directory, { recursive: true });
  });

  const ask = async (
    method: string,
    where: string,
    body?: unknown,
  ): Promise<{ readonly status: number; readonly json: Json & { readonly error?: string } }> => {
    const response = await fetch(`${server.address}/api/vedette/dashboards${where}`, {
      method,
      ...(body === undefined
        ? {}
        : {
            body: typeof body === 'string' ? body : JSON.stringify(body),
            headers: { 'content-type': 'application/json' },
          }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? {} : (JSON.parse(text) as Json) };
  };
  const shop = (more: Json = {}): Json => ({ uid: 'shop', title: 'Shop', panels: [], ...more });
  const listed = async (): Promise<string[]> =>
    dashboardEntry
      .array()
      .parse((await ask('GET', '')).json)
      .map(({ uid, origin, version }) => `${uid} ${origin} ${version}`);

  test('a shipped dashboard is edited, changed again, and goes back to its file', async () => {
    assert.deepEqual(await listed(), ['host shipped 0']);
    const file = storedDashboard.parse((await ask('GET', '/host')).json);
    assert.deepEqual(file.dashboard, host);
    assert.deepEqual((await ask('GET', '/host/versions')).json, []);
    const changed = { dashboard: { ...host, title: 'My host' }, ifVersion: 0, message: 'mine' };
    assert.equal((await ask('PUT', '/host', changed)).status, 200);
    assert.deepEqual(await listed(), ['host edited 1']);
    const edited = storedDashboard.parse((await ask('GET', '/host')).json);
    assert.deepEqual(edited.dashboard, { ...host, title: 'My host', id: null });
    assert.equal(edited.updatedBy, 'local');
    assert.equal(edited.updatedAtMs, 5000);
    assert.deepEqual((await ask('GET', '/host/versions')).json, [
      { version: 1, atMs: 5000, by: 'local', message: 'mine' },
    ]);
    assert.deepEqual(storedDashboard.parse((await ask('GET', '/host?version=0')).json).dashboard, host);
    assert.equal((await ask('DELETE', '/host')).status, 204);
    assert.deepEqual(await listed(), ['host shipped 0']);
    assert.equal((await ask('DELETE', '/host')).status, 404);
  });

  test('of two imports of one uid at the same moment both are kept', async () => {
    const answers = await Promise.all([1, 2].map(() => ask('POST', '', { dashboard: shop() })));
    assert.deepEqual(
      answers.map(({ status }) => status),
      [201, 201],
    );
    const uids = answers.map(({ json }) => String(json['uid']));
    assert.equal(new Set(uids).size, 2);
    assert.ok(uids.includes('shop'));
    for (const uid of uids) await ask('DELETE', `/${uid}`);
  });

  test('an import keeps its uid where that is free, and overwrites nothing', async () => {
    const first = await ask('POST', '', { dashboard: shop() });
    assert.equal(first.status, 201);
    assert.equal(dashboardEntry.parse(first.json).uid, 'shop');
    const uids = new Set(['shop', 'host']);
    for (const uid of ['shop', 'host', '', undefined, 7, 'with space', '../x', 'x'.repeat(41)]) {
      const { status, json } = await ask('POST', '', { dashboard: shop({ uid }) });
      assert.equal(status, 201);
      assert.ok(!uids.has(String(json['uid'])), `${uid} is new`);
      uids.add(String(json['uid']));
      const stored = storedDashboard.parse((await ask('GET', `/${String(json['uid'])}`)).json);
      assert.equal(stored.dashboard['uid'], json['uid']);
      assert.equal(stored.origin, 'stored');
    }
    for (const uid of uids) await ask('DELETE', `/${uid}`);
    assert.deepEqual(await listed(), ['host shipped 0']);
  });

  test('a change that began at an older version is told what stands there now', async () => {
    await ask('POST', '', { dashboard: shop() });
    await ask('PUT', '/shop', { dashboard: shop({ title: 'Two' }), ifVersion: 1 });
    const { status, json } = await ask('PUT', '/shop', { dashboard: shop(), ifVersion: 1 });
    assert.equal(status, 409);
    assert.equal(json['errorType'], 'conflict');
    assert.deepEqual(json['data'], { version: 2, updatedBy: 'local', updatedAtMs: 5000 });
    assert.match(json.error ?? '', /newest version is 2, yours began at 1/);
    assert.equal((await ask('PUT', '/shop', { dashboard: shop({ title: 'Three' }) })).status, 200);
    const first = storedDashboard.parse((await ask('GET', '/shop?version=1')).json);
    assert.equal(first.title, 'Shop');
    assert.equal(first.version, 1);
    assert.equal((await ask('GET', '/shop?version=4')).status, 404);
    assert.equal((await ask('GET', '/shop?version=-1')).status, 400);
    assert.equal((await ask('GET', '/shop?version=x')).status, 400);
    await ask('DELETE', '/shop');
  });

  test('what does not exist is not found, and a change does not make it', async () => {
    const asked = [
      ask('GET', '/none'),
      ask('GET', '/none/versions'),
      ask('DELETE', '/none'),
      ask('PUT', '/none', { dashboard: shop() }),
      ask('GET', '/__proto__'),
      ask('GET', '/constructor'),
    ];
    for (const { status, json } of await Promise.all(asked)) {
      assert.equal(status, 404);
      assert.match(json.error ?? '', /cannot find the dashboard/);
    }
  });

  test('what is no dashboard is refused with the reason', async () => {
    const check = async (body: unknown, status: number, error: RegExp): Promise<void> => {
      const answer = await ask('POST', '', body);
      assert.equal(answer.status, status);
      assert.match(answer.json.error ?? '', error);
    };
    await check('{"dashboard":', 400, /cannot read the body/);
    await check('[]', 400, /cannot read the body/);
    await check({ dashboard: [] }, 400, /cannot read the body: dashboard/);
    await check({ dashboard: shop(), isForced: true }, 400, /isForced/);
    await check({ dashboard: shop(), message: 'x'.repeat(201) }, 400, /message/);
    await check({ dashboard: {} }, 400, /no title/);
    await check({ dashboard: shop({ title: ' ' }) }, 400, /no title/);
    await check({ dashboard: shop({ title: 'x'.repeat(501) }) }, 400, /501 characters, limit is 500/);
    await check({ dashboard: { title: 'x' } }, 400, /no list of panels/);
    const deep = `{"dashboard":{"title":"x","panels":[${'['.repeat(50_000)}${']'.repeat(50_000)}]}}`;
    await check(deep, 400, /nested more than 100 deep/);
    // Its size is looked at before it is read, which would find too many variables.
    const templating = { list: Array.from({ length: 501 }, (_, i) => ({ name: `v${i}` })) };
    const large = { dashboard: shop({ x: 'x'.repeat(1_100_000), templating }) };
    await check(large, 400, /DASHBOARD_STORED_BYTES_MAX is 1044480/);
    assert.deepEqual(await listed(), ['host shipped 0']);
  });

  test('a body of 20 MB is refused by its length', async () => {
    const refused = await ask('POST', '', 'x'.repeat(20_000_000)).catch((error: unknown) => error);
    // The connection may be cut while the client still sends.
    if (!(refused instanceof Error)) assert.equal((refused as { status: number }).status, 413);
    assert.deepEqual(await listed(), ['host shipped 0']);
  });

  test('hostile titles come back as they are, and prototypes stay untouched', async () => {
    const title = '<img src=x onerror=alert(1)>\u202E${jndi}\u0000';
    const body = `{"dashboard":{"uid":"evil","title":${JSON.stringify(title)},"__proto__":{"polluted":1},"panels":[{"__proto__":{"polluted":1}}]}}`;
    assert.equal((await ask('POST', '', body)).status, 201);
    const { json } = await ask('GET', '/evil');
    assert.equal(json['title'], title);
    assert.equal(({} as Json)['polluted'], undefined);
    assert.equal(json['panelCount'], 1);
    await ask('DELETE', '/evil');
  });

  test('while the store cannot be read the files are there, and what only the store has is said to be away', async () => {
    const away = (): Promise<never> =>
      Promise.reject(new UnavailableError('VED_STATE_UNAVAILABLE', 'cannot use the state store: it is away'));
    const noStore = { list: away, find: away, read: away, versions: away, write: away, remove: away };
    const lone = new DashboardBook({ random: new SeededRandom(1), files, store: noStore });
    const other = await startTestServer({ dashboards: () => Promise.resolve(lone) });
    after(() => other.close());
    const statusAt = async (where: string): Promise<number> =>
      (await fetch(`${other.address}/api/vedette/dashboards${where}`)).status;
    assert.deepEqual(
      (await lone.list()).map(({ uid, origin }) => [uid, origin]),
      [['host', 'shipped']],
    );
    assert.deepEqual((await lone.find('host'))?.dashboard, host);
    for (const [where, status] of [
      ['', 200],
      ['/host', 200],
      ['/host?version=0', 200],
      ['/host?version=1', 503],
      ['/shop', 503],
    ] as const)
      assert.equal(await statusAt(where), status, where);
  });

  test('who may only look cannot change anything', async () => {
    const { dashboardRoutes } = await import('./dashboard-routes.ts');
    const routes = dashboardRoutes({ dashboards: () => Promise.resolve(book) });
    assert.deepEqual(
      routes.map(({ methods, access }) => `${methods.join()} ${access}`),
      ['GET viewer', 'POST operator', 'GET viewer', 'PUT operator', 'DELETE operator', 'GET viewer'],
    );
  });
});
