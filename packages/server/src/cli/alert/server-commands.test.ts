/** The commands that ask a server, against a real one in this process. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { createMetricsRegistry } from '@vedette/sdk';
import { createAlertPipeline } from '../../alert/index.ts';
import { setupOf } from '../../alert/setup-fixture.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { SystemRandom } from '../../lib/system-random.ts';
import { startTestServer } from '../../serve/test-server.ts';
import { openStateStore } from '../../store/state/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { runCli } from '../run.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

interface Scene {
  readonly directory: string;
  readonly url: string;
  /** Runs `vedette alert …` against the server. */
  readonly alert: (...args: readonly string[]) => Promise<Outcome>;
  /** The same, and it must succeed; the text. */
  readonly textOf: (...args: readonly string[]) => Promise<string>;
}

async function start(t: TestContext): Promise<Scene> {
  const clock = new SystemClock();
  const directory = await mkdtemp(path.join(tmpdir(), 'vedette-alert-cli-'));
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  const deps = {
    clock,
    state,
    random: new SystemRandom(),
    log: SILENT_LOG,
    metrics: createMetricsRegistry(),
  };
  const receiver = {
    name: 'ops',
    integration: 'webhook',
    index: 0,
    sendsResolved: true,
    send: () => Promise.resolve({ kind: 'delivered' } as const),
  };
  const alerts = createAlertPipeline(deps, setupOf([receiver], { groupWaitMs: 3_600_000 }));
  await alerts.start();
  const server = await startTestServer({
    alerting: {
      silences: alerts.silences,
      post: (posted) => alerts.post(posted),
      alerts: () => alerts.alerts(),
      groups: () => alerts.groups(),
      mutesOf: (alert) => alerts.mutesOf(alert),
      receiversOf: (labels) => alerts.receiversOf(labels),
      receivers: () => [{ name: 'ops', labels: { name: 'ops' } }],
      resolveTimeoutMs: () => 300_000,
      configText: () => '',
    },
    insight: {
      explain: (who) => alerts.explain(who),
      attempts: (query) => alerts.attempts(query),
      previewSilence: (matchers) => alerts.previewSilence(matchers),
      silenceHistory: (id) => alerts.silences.history(id),
    },
  });
  t.after(async () => {
    await server.close();
    await alerts.stop();
    await state.close();
    await rm(directory, { recursive: true });
  });
  const alert = (...args: readonly string[]): Promise<Outcome> =>
    run(['alert', ...args], { VEDETTE_URL: server.address, USER: 'me' }, directory);
  const textOf = async (...args: readonly string[]): Promise<string> => {
    const { code, out, err } = await alert(...args);
    assert.deepEqual([code, err], [0, ''], args.join(' '));
    return out;
  };
  return { directory, url: server.address, alert, textOf };
}

async function run(
  args: readonly string[],
  env: Record<string, string>,
  workingDirectory = '/',
): Promise<Outcome> {
  let out = '';
  let err = '';
  const code = await runCli(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    env,
    workingDirectory,
  });
  return { code, out, err };
}

test('alerts are added, listed and chosen as amtool does it', async (t) => {
  const { textOf } = await start(t);
  const times = ['--start', '2026-11-21T10:00:00Z', '--end', '2099-01-01T00:00:00Z'];
  await textOf('add', 'Slow', 'host=a', '--annotation', 'summary=so slow = very', ...times);
  await textOf(
    'add',
    'alertname=Down',
    'host=b',
    '--generator-url',
    'http://gen/x',
    '--start',
    '2026-11-20T10:00:00+01:00',
    '--end',
    '2099-01-01T00:00:00Z',
  );
  assert.equal(
    await textOf('query'),
    'Alertname  Starts At                Summary         State   \n' +
      'Down       2026-11-20 09:00:00 UTC                  active  \n' +
      'Slow       2026-11-21 10:00:00 UTC  so slow = very  active  \n',
  );
  const extended = await textOf('query', '-o', 'extended', 'Slow', 'host!=b');
  assert.match(
    extended,
    /^alertname="Slow" host="a" {2}summary="so slow = very" {2}2026-11-21 10:00:00 UTC {2}2099-01-01 00:00:00 UTC +active {2}[0-9a-f]{16} {2}$/m,
  );
  assert.equal(extended.split('\n').length, 3);
  const [found] = JSON.parse(await textOf('query', '--json', 'host=~"b|c"')) as { generatorURL: string }[];
  assert.equal(found?.generatorURL, 'http://gen/x');
  await textOf('silence', 'add', '-c', 'x', 'host=a');
  assert.doesNotMatch(await textOf('query'), /Slow/);
  assert.match(await textOf('query', '-s'), /Slow.*suppressed/);
  assert.doesNotMatch(await textOf('query', '-a', '-r', 'nobody'), /Down/);
});

test('a silence is made, found, changed, taken over and ended', async (t) => {
  const { alert, textOf, directory } = await start(t);
  const id = (await textOf('silence', 'add', '-c', 'disk swap', '-d', '2h', 'Slow', 'host=~"a|b"')).trim();
  assert.match(id, /^[0-9a-f-]{36}$/);
  const shown = await textOf('silence', 'query');
  assert.match(shown, /^ID +Matchers +Ends At +Created By {2}Comment {4}\n/);
  assert.match(
    shown,
    new RegExp(`^${id}  alertname="Slow" host=~"a\\|b"  \\d{4}-.* UTC  me          disk swap  $`, 'm'),
  );
  assert.match(await textOf('silence', 'query', '-o', 'extended'), /\{alertname="Slow",host=~"a\|b"\}/);
  assert.equal(await textOf('silence', 'query', '-q', 'alertname=Slow'), `${id}\n`);
  assert.equal(await textOf('silence', 'query', '-q', 'alertname=Fast'), '');
  assert.equal(await textOf('silence', 'query', '-q', '--created-by', 'you'), '');
  assert.equal(await textOf('silence', 'query', '-q', '--within', '1h'), '');
  assert.equal(await textOf('silence', 'query', '-q', '--within', '3h'), `${id}\n`);
  assert.match(await textOf('silence', 'update', '-c', 'longer', '-d', '4h', id), /longer/);
  assert.equal(await textOf('silence', '-q'), `${id}\n`, 'query is what silence does when nothing is said');
  const exported = await textOf('silence', 'query', '-o', 'json');
  await writeFile(path.join(directory, 's.json'), exported);
  assert.equal(await textOf('silence', 'import', 's.json'), `${id}\n`, 'it is there already');
  const copy = (await textOf('silence', 'import', '--force', 's.json')).trim();
  assert.notEqual(copy, id);
  await textOf('silence', 'expire', id, copy);
  assert.equal(await textOf('silence', 'query', '-q'), '');
  assert.deepEqual(
    new Set((await textOf('silence', 'query', '-q', '--expired')).split('\n')),
    new Set([id, copy, '']),
  );
  const unknown = '00000000-0000-4000-8000-000000000000';
  await writeFile(path.join(directory, 'gone.json'), exported.replaceAll(id, unknown));
  const again = (await textOf('silence', 'import', 'gone.json')).trim();
  assert.ok(![id, unknown].includes(again), 'one that the server does not know is made anew');
  const { code, err } = await alert('silence', 'expire', unknown, 'nonsense', again);
  assert.equal(code, 1);
  assert.match(
    err,
    /^cannot expire silence "0{8}-.*"vedette alert silence query" lists .*\ncannot expire silence "nonsense": .*uuid.*\n$/,
  );
  assert.equal(await textOf('silence', 'query', '-q'), '', 'what comes behind one that fails is done');
});

test('a preview says what would be muted', async (t) => {
  const { textOf } = await start(t);
  for (const host of ['a', 'b', 'c', 'd']) await textOf('add', 'Slow', `host=${host}`);
  assert.match(
    await textOf('silence', 'preview', 'host=a'),
    /^It would mute 1 of 4 firing alerts\.\nReceivers that would hear less: ops \(1\)\n\nLabels .*\nalertname="Slow" host="a" {2}.* {2}active {2}\n$/,
  );
  const broad = await textOf('silence', 'preview', 'Slow');
  assert.match(
    broad,
    /^It would mute 4 of 4 .*\nReceivers .*\nWARNING: it would mute all 4 alerts that fire now; narrow it/,
  );
  assert.equal(await textOf('silence', 'preview', 'Fast'), 'It would mute 0 of 4 firing alerts.\n');
  const { matchedCount } = JSON.parse(await textOf('silence', 'preview', '--json', 'Slow')) as {
    matchedCount: number;
  };
  assert.equal(matchedCount, 4);
});

test('an explanation tells the routes, the silence and the next message', async (t) => {
  const { textOf, alert } = await start(t);
  await textOf('add', 'Slow', 'host=a');
  const id = (await textOf('silence', 'add', '-c', 'disk swap', 'host=a')).trim();
  const text = await textOf('explain', 'Slow', 'host=a');
  for (const line of [
    /^The next message goes to "ops" \(webhook\) at .* It is silenced by silence /,
    /^Alert [0-9a-f]{16} \(firing\) {2}alertname="Slow" host="a"$/m,
    new RegExp(`^ {2}silenced by ${id} of me until .* UTC: disk swap$`, 'm'),
    /^ {2}\+ ops: taken, since it takes every alert$/m,
    /^Receiver ops, group \{\}:\{alertname="Slow"\}$/m,
    /^ {2}group_wait 1h, group_interval 5m, repeat_interval 4h$/m,
    /^ {2}1 alert, next flush .* UTC$/m,
    /^ {2}webhook\[0\]$/m,
  ])
    assert.match(text, line);
  const fingerprint = /Alert ([0-9a-f]{16})/.exec(text)?.[1] ?? '';
  const { state } = JSON.parse(await textOf('explain', '-o', 'json', fingerprint)) as { state: string };
  assert.equal(state, 'firing');
  assert.match(
    await textOf('explain', 'Never'),
    /^Nobody has posted such an alert\. If it began to fire now: /,
  );
  const { code, err } = await alert('explain', '0123456789abcdef');
  assert.equal(code, 1);
  assert.match(err, /^cannot explain the alert: cannot explain alert "0123456789abcdef": .* \(HTTP 404\)\n$/);
});

test('wrong usage is told before anybody is asked', async () => {
  const check = async (args: readonly string[], want: RegExp): Promise<void> => {
    const { code, err } = await run(['alert', ...args], { VEDETTE_URL: 'http://127.0.0.1:9' });
    assert.equal(code, 2, args.join(' '));
    assert.match(err, want);
  };
  await check(['add'], /want the labels of the alert/);
  await check(['add', 'a!=b'], /want a label as NAME=VALUE; got "a!=b"/);
  await check(['add', 'A', '--annotation', 'x'], /want an annotation as NAME=VALUE; got "x"/);
  await check(['add', 'A', '--start', 'soon'], /--start must be a time such as/);
  await check(['query', 'a=b', 'nonsense'], /cannot read matcher "nonsense"/);
  await check(['query', '-o', 'xml'], /--output must be simple, extended or json; got "xml"/);
  await check(['query', '--url', 'host:80'], /--url must be a URL/);
  await check(['query', '--token-file', '/nowhere'], /cannot read the token file "\/nowhere"/);
  await check(['silence', 'add', '-c', 'x'], /want the matchers of the silence/);
  await check(['silence', 'add', 'a=b'], /want a comment/);
  await check(['silence', 'add', '-c', 'x', '-d', '0s', 'a=b'], /--duration must be a duration/);
  await check(
    ['silence', 'add', '-c', 'x', '--start', '2026-11-21T10:00:00Z', '--end', '2026-11-21T10:00:00Z', 'a=b'],
    /must end after it starts/,
  );
  await check(['silence', 'expire'], /want the ids of silences/);
  await check(['silence', 'end'], /want silence add, query, .*; got "end"/);
  await check(['silence', 'import', '/nowhere.json'], /cannot read "\/nowhere\.json"/);
  await check(['explain'], /want a fingerprint/);
  await check(['tell'], /want query, add, explain, silence or routes; got "tell"/);
});

/** A server that answers everything with one status and text. */
async function answering(t: TestContext, status: number, text: string): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end(text));
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

test('a server that is not there, refuses or speaks of something else is told, with what to do', async (t) => {
  const check = async (
    url: string,
    args: readonly string[],
    wantCode: number,
    want: RegExp,
  ): Promise<void> => {
    const { code, err, out } = await run(['alert', ...args], { VEDETTE_URL: url });
    assert.deepEqual([code, out], [wantCode, ''], err);
    assert.match(err, want);
  };
  const closed = await answering(t, 200, '');
  await check(
    closed,
    ['query'],
    3,
    /^cannot list alerts: what http:.* answers is not what this command reads;/,
  );
  await check(
    'http://127.0.0.1:9',
    ['query'],
    3,
    /^cannot list alerts: cannot reach http:.*; is the server running there\?/,
  );
  const guarded = await answering(t, 401, '{"status":"error","error":"no token"}');
  await check(
    guarded,
    ['silence', 'expire', 'a', 'b'],
    1,
    /^cannot expire silence "a": .*\(HTTP 401\); name a file with its token with --token-file\n$/,
  );
  const page = await answering(t, 404, '<html>nothing</html>');
  await check(page, ['explain', 'A'], 1, /a Prometheus Alertmanager cannot explain and preview/);
  await check(page, ['query'], 1, /^cannot list alerts: <html>nothing<\/html> \(HTTP 404\)/);
  const broken = await answering(t, 500, '"disk \\u001b[31mfull"');
  await check(broken, ['query'], 1, /^cannot list alerts: disk \uFFFD\[31mfull \(HTTP 500\)/);
});
