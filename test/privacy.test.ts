/**
 * What `vedette privacy` promises, on the real program: one id in every place that we know of, then an erasure, then a
 * search of everything that is on disk.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { labelsOf, VirtualClock } from '@vedette/model';
import { createMetricsRegistry, parseKeyFile, pseudonymsOf } from '@vedette/sdk';
import { openActionStore } from '../packages/server/src/store/actions/embedded.ts';
import { SILENT_LOG } from '../packages/server/src/telemetry/log.ts';
import { metricOf, startHook, untilEvaluated, type Hook } from './support/alerting-scene.ts';
import { writeSamples } from './support/remote-write.ts';
import { openStoredTsdb, readContent } from './support/stored-content.ts';
import { until } from './support/until.ts';
import {
  runVedette,
  startVedette,
  temporaryDirectory,
  type VedetteProcess,
} from './support/vedette-process.ts';

const ANN = 'ann-8f2c17@example.com';
const BOB = 'bob-71d0aa@example.com';

const RULES = `groups:
  - name: users
    interval: 500ms
    rules:
      - record: user:actions:sum
        expr: sum by (user_id) (user_actions_by_user_total)
      - alert: UserBusy
        expr: user:actions:sum > 20
        labels: { severity: warning }
        annotations: { summary: "User {{ $labels.user_id }} is busy" }
`;

interface World {
  readonly vedette: VedetteProcess;
  readonly hook: Hook;
  readonly dataDirectory: string;
  readonly start: () => Promise<VedetteProcess>;
  readonly erase: (
    ...args: readonly string[]
  ) => Promise<{ code: number | null; stdout: string; stderr: string }>;
}

async function createWorld(t: TestContext): Promise<World> {
  const hook = await startHook(t);
  const dataDirectory = temporaryDirectory(t);
  const rules = path.join(temporaryDirectory(t), 'rules.yml');
  writeFileSync(rules, RULES);
  const config = `packs: { host: false, containers: false }
guard: { mode: enforce, ids: plain, dynamic_thresholds: { enabled: false }, limits: { user_series: 1000 } }
rule_files: [ "${rules}" ]
alertmanager:
  route: { receiver: ops, group_by: [alertname, user_id], group_wait: 0s, group_interval: 1s, repeat_interval: 1h }
  receivers: [ { name: ops, webhook_configs: [ { url: "${hook.url}" } ] } ]
`;
  const start = (): Promise<VedetteProcess> =>
    startVedette(t, { dataDirectory, config, args: ['--no-host'] });
  const vedette = await start();
  const erase: World['erase'] = (...args) =>
    runVedette(t, ['privacy', 'erase', '--url', vedette.url, '--yes', ...args]);
  return { vedette, hook, dataDirectory, start, erase };
}

test('after an erasure nothing that is stored has the id, and others keep what is theirs', async (t) => {
  const world = await createWorld(t);
  const { vedette, dataDirectory, erase } = world;
  await plant(world, ANN);
  await plant(world, BOB);
  // Proves the search: it finds what is there.
  assert.ok(filesWith(dataDirectory, ANN).length > 0);
  const erased = await erase('--id', ANN);
  assert.equal(erased.code, 0, erased.stderr);
  assert.match(
    erased.stdout,
    /^erased [1-9]\d* decisions, [1-9]\d* actions, [1-9]\d* series, [1-9]\d* other/,
  );
  const [atMs, seq] = [Date.now() - 60_000, 1];
  const row = [0, ANN, 1, 2, 3, 1, atMs];
  await send(vedette, '/guard/actions', {
    version: 1,
    instance: 'late',
    seq,
    sentAtMs: Date.now(),
    words: ['user', 'search', 'web', 'ok'],
    rows: [row, row.with(1, BOB)],
  });
  await settle(vedette);
  await stop(vedette);
  assert.deepEqual(filesWith(dataDirectory, ANN), []);
  assert.deepEqual(await storedWith(dataDirectory, ANN), []);
  assert.ok((await storedWith(dataDirectory, BOB)).length > 2);
  const again = await world.start();
  assert.deepEqual(await answersWith(again, ANN), []);
  assert.ok((await answersWith(again, BOB)).length >= 4);
});

test('pseudonyms of every live key are found and erased, and the id is never sent', async (t) => {
  const { vedette, dataDirectory } = await createWorld(t);
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'guard.keys');
  for (const action of ['new', 'rotate'])
    assert.equal((await runVedette(t, ['privacy', 'key', action, file])).code, 0);
  const names = pseudonymsOf(ANN, 'user', parseKeyFile(readFileSync(file, 'utf8')));
  assert.equal(names.length, 2);
  for (const name of names) await act(vedette, name, 40);
  await until('the decisions', async () => ((await decisionsOf(vedette)) === 2 ? true : undefined));
  const out = path.join(directory, 'ann.json');
  const who = ['--url', vedette.url, '--id', ANN, '--key-file', file];
  const exported = await runVedette(t, ['privacy', 'export', ...who, '--out', out]);
  assert.equal(exported.code, 0, exported.stderr);
  const text = readFileSync(out, 'utf8');
  for (const name of names) assert.ok(text.includes(name));
  assert.ok(!text.includes(ANN));
  const erased = await runVedette(t, ['privacy', 'erase', ...who, '--yes', '--json']);
  assert.equal(erased.code, 0, erased.stderr);
  await settle(vedette);
  await stop(vedette);
  for (const name of [...names, ANN]) {
    assert.deepEqual(filesWith(dataDirectory, name), []);
    assert.deepEqual(await storedWith(dataDirectory, name), []);
  }
});

async function send(vedette: VedetteProcess, where: string, body: unknown): Promise<unknown> {
  const answer = await vedette.get(where, { method: 'POST', body: JSON.stringify(body), headers: JSON_BODY });
  assert.ok(answer.ok, `${where}: ${answer.status} ${await answer.clone().text()}`);
  return answer.status === 204 ? undefined : await answer.json().catch(() => undefined);
}

const JSON_BODY = { 'content-type': 'application/json' };

async function act(vedette: VedetteProcess, subject: string, count: number): Promise<void> {
  const actions = Array.from({ length: count }, () => ({ subject, action: 'search' }));
  await send(vedette, '/guard/actions', { actions });
}

/** One id in every place that we know of. */
async function plant({ vedette, hook }: World, id: string): Promise<void> {
  const nowMs = Date.now();
  await act(vedette, id, 40);
  await until(`an alert of ${id}`, () => (JSON.stringify(hook.messages).includes(id) ? true : undefined));
  const { id: decision } = (await send(vedette, '/api/vedette/guard/decisions', {
    subject: `other-${id.slice(0, 3)}`,
    untilMs: nowMs + 3_600_000,
    reason: `works with ${id}, they say`,
    by: 'ops',
  })) as { id: string };
  const { url } = (await send(vedette, `/api/vedette/guard/decisions/${decision}/appeal`, {})) as {
    url: string;
  };
  const appeal = await fetch(new URL(url, vedette.url), {
    method: 'POST',
    body: new URLSearchParams({ text: `I do not know ${id} at all` }),
  });
  assert.equal(appeal.status, 200);
  await send(vedette, `/api/vedette/guard/decisions/${decision}/lift`, { reason: `${id} was somebody else` });
  await send(vedette, '/api/vedette/guard/decisions', {
    subject: `friend-${id.slice(0, 3)}`,
    untilMs: nowMs + 3_600_000,
    by: 'ops',
    reason: `came with ${id} yesterday`,
  });
  await send(vedette, '/api/v2/silences', {
    matchers: [{ name: 'user_id', value: id, isRegex: false, isEqual: true }],
    startsAt: new Date(nowMs - 1000).toISOString(),
    endsAt: new Date(nowMs + 3_600_000).toISOString(),
    createdBy: 'ops',
    comment: `quiet about ${id}`,
  });
  for (const status of ['firing', 'resolved'])
    await send(vedette, '/webhooks/alertmanager/user-behavior', webhookOf(id, status));
  await send(vedette, '/api/v2/alerts', [{ labels: { alertname: 'Posted', customer: id } }]);
  await writeSamples(vedette.url, [
    { labels: labelsOf({ __name__: 'requests_total', user_id: id }), timestampMs: nowMs, value: 1 },
  ]);
}

function webhookOf(id: string, status: string): unknown {
  const labels = {
    alertname: 'UserHighFrequencyActivity',
    user_id: id,
    ban_type: 'temporary',
    severity: 'warning',
  };
  const startsAt = new Date(Date.now() - 60_000).toISOString();
  const endsAt = status === 'resolved' ? new Date().toISOString() : '0001-01-01T00:00:00Z';
  const alert = { status, labels, annotations: { summary: `User ${id} does much` }, startsAt, endsAt };
  return { version: '4', status, externalURL: 'http://elsewhere:9093', alerts: [alert] };
}

async function decisionsOf(vedette: VedetteProcess): Promise<number> {
  return (await vedette.json<{ decisions: readonly unknown[] }>('/api/vedette/guard/decisions')).decisions
    .length;
}

/** Until everything that runs by itself has run twice: collectors, rules, groups. */
async function settle(vedette: VedetteProcess): Promise<void> {
  const ticks = (): Promise<number> => metricOf(vedette, 'vedette_self_tick_seconds_count');
  const before = await ticks();
  await until('two ticks', async () => ((await ticks()) >= before + 2 ? true : undefined));
  await untilEvaluated(vedette, 2);
}

async function stop(vedette: VedetteProcess): Promise<void> {
  vedette.kill('SIGTERM');
  assert.equal((await vedette.exited()).code, 0);
}

function filesWith(directory: string, text: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name))
    .filter((file) => file.includes(text) || readFileSync(file).includes(text))
    .map((file) => path.relative(directory, file));
}

/** What is compressed, opened as its stores do: where the text is found. */
async function storedWith(dataDirectory: string, text: string): Promise<readonly string[]> {
  const found: string[] = [];
  const actions = openActionStore(
    { clock: new VirtualClock({ startMs: Date.now() }), log: SILENT_LOG, metrics: createMetricsRegistry() },
    { path: path.join(dataDirectory, 'actions.db'), retentionMs: 7 * 86_400_000, bytesMax: 2 ** 30 },
  );
  for await (const rows of actions.read({ fromMs: 0, toMs: Infinity }))
    if (JSON.stringify(rows).includes(text)) found.push('actions');
  await actions.close();
  const { tsdb } = await openStoredTsdb(path.join(dataDirectory, 'metrics'), Date.now());
  const { samples, exemplars } = await readContent(tsdb.reader);
  for (const name of [...Object.keys(samples), ...Object.keys(exemplars)])
    if (name.includes(text)) found.push(name);
  await tsdb.close();
  return found;
}

/** Every question whose answer could have the text. */
async function answersWith(vedette: VedetteProcess, text: string): Promise<readonly string[]> {
  const questions = [
    '/api/v1/series?match[]={__name__=~".%2B"}',
    '/api/v1/label/user_id/values',
    '/api/v1/query_exemplars?query={__name__=~".%2B"}&start=0&end=9999999999',
    '/api/v2/alerts',
    '/api/v2/alerts/groups',
    '/api/v2/silences',
    '/api/v1/rules',
    '/api/vedette/guard/decisions',
    '/api/vedette/notifications?limit=1000',
    '/api/vedette/notifications/attempts?limit=100',
    '/metrics',
  ];
  const found: string[] = [];
  for (const question of questions) {
    const answer = await vedette.get(question);
    if ((await answer.text()).includes(text)) found.push(question);
  }
  return found;
}
