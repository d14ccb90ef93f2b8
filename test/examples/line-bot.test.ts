/** The example LINE bot as its own process, between a local LINE and a local guard server, under attack. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { ActionBatch, ActionOutcome, FeedMessage, LiveDecision } from '@vedette/sdk';
import { fakeLine, type FakeLine, type SignedWebhook } from '@vedette/sdk/testing';
import { projectRoot } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startVedette } from '../support/vedette-process.ts';

const folder = path.join(projectRoot, 'examples/line-bot');
const user = (letter: string): string => `U${letter.repeat(32)}`;

interface GuardServer {
  readonly url: string;
  /** Decides about a user, as the server would. */
  ban(userId: string, level: number, forMs: number): void;
  /** How often the bot counted this, by outcome. */
  count(userId: string, outcome: ActionOutcome): number;
  readonly actions: Set<string>;
  stop(): void;
}

/** What of the guard's server an application sees: a feed of decisions, and a place for actions. */
async function startGuardServer(t: TestContext): Promise<GuardServer> {
  const counts = new Map<string, number>();
  const actions = new Set<string>();
  const readers = new Set<ServerResponse>();
  const decisions = new Map<string, LiveDecision>();
  let seq = 0;
  const say = (response: ServerResponse, message: FeedMessage): void =>
    void response.write(`data: ${JSON.stringify(message)}\n\n`);
  const server = createServer((request, response) => {
    assert.equal(request.headers.authorization, 'Bearer guard-token');
    if (request.url === '/guard/feed') {
      readers.add(response.writeHead(200, { 'content-type': 'text/event-stream' }));
      const settings = { ids: 'plain', policies: [], allow: [] } as const;
      say(response, { type: 'hello', epoch: 'e', seq, settings });
      say(response, {
        type: 'snapshot',
        epoch: 'e',
        seq,
        isFirst: true,
        isLast: true,
        decisions: [...decisions.values()],
      });
      return;
    }
    const pieces: Uint8Array[] = [];
    request.on('data', (piece: Uint8Array) => void pieces.push(piece));
    request.on('end', () => {
      const { words, rows } = JSON.parse(Buffer.concat(pieces).toString('utf8')) as ActionBatch;
      for (const [, subject, action, source, outcome, count] of rows) {
        const key = `${subject} ${words[outcome]}`;
        counts.set(key, (counts.get(key) ?? 0) + count);
        actions.add(`${words[action]} ${words[source]}`);
      }
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  t.after(stop);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ban: (subject, level, forMs) => {
      const decision = banOf(subject, level, forMs, `d${++seq}`);
      decisions.set(subject, decision);
      for (const reader of readers) say(reader, { type: 'delta', seq, put: [decision], drop: [] });
    },
    count: (userId, outcome) => counts.get(`${userId} ${outcome}`) ?? 0,
    actions,
    stop,
  };
}

function banOf(subject: string, level: number, forMs: number, id: string): LiveDecision {
  return {
    id,
    scope: 'user',
    subject,
    kind: 'refuse',
    grade: 'temporary',
    level,
    madeAtMs: Date.now(),
    untilMs: Date.now() + forMs,
    reason: 'more than 30 actions in a minute',
    policy: 'per_minute',
  };
}

interface Bot {
  readonly line: FakeLine;
  /** Sends a webhook; the status of the answer. */
  readonly send: (webhook: SignedWebhook) => Promise<number>;
  readonly stderr: () => string;
  /** Ends it as an operator would; the exit code. */
  readonly stop: () => Promise<number | null>;
}

/** The bot, with a server that does nothing by itself. */
async function startScene(t: TestContext): Promise<Bot & { readonly guard: GuardServer }> {
  const guard = await startGuardServer(t);
  return { ...(await startBot(t, guard.url)), guard };
}

async function startBot(t: TestContext, guardUrl: string): Promise<Bot> {
  const line = await fakeLine();
  t.after(line.close);
  const child = spawn(process.execPath, [path.join(folder, 'main.ts')], {
    env: {
      PORT: '0',
      LINE_API_URL: line.url,
      LINE_CHANNEL_SECRET: line.channelSecret,
      LINE_CHANNEL_ACCESS_TOKEN: 'token',
      VEDETTE_URL: guardUrl,
      VEDETTE_TOKEN: 'guard-token',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => void child.once('exit', resolve));
  t.after(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => void (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => void (stderr += text.toString()));
  const port = await until('the bot to be ready', () => /^ready on port (\d+)$/m.exec(stdout)?.[1]);
  return {
    line,
    send: async ({ body, headers }) =>
      (await fetch(`http://127.0.0.1:${port}/webhook`, { method: 'POST', body, headers })).status,
    stderr: () => stderr,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

const replyCount = (line: FakeLine, count: number): Promise<true> =>
  until(`${count} replies`, () => (line.replies.length >= count ? true : undefined));

test('the guard is less than 20 lines of the example', () => {
  const text = readFileSync(path.join(folder, 'main.ts'), 'utf8');
  const between = /guard begins here\.\n(.*)\n\/\/ The guard ends here/s.exec(text)?.[1];
  assert.ok(between !== undefined);
  const imports = text.split('\n').filter((line) => line.includes("from '@vedette/sdk"));
  assert.ok(between.split('\n').length + imports.length < 20);
});

test('the bot answers, counts, and refuses whoever is banned from one moment to the next', async (t) => {
  const { line, guard, send, stop } = await startScene(t);
  line.setProfile(user('a'), { displayName: 'A', language: 'zh-TW' });
  for (const data of ['action=next_card&source=rich_menu', 'action=show_answer&source=quick_reply']) {
    assert.equal(await send(line.webhook(line.postback(user('a'), data))), 200);
    await replyCount(line, data.includes('next_card') ? 1 : 2);
  }
  assert.deepEqual(
    line.replies.map(({ texts }) => texts[0]),
    ['斥候 (1)', 'scout, せっこう'],
  );
  await until('the actions', () => (guard.count(user('a'), 'ok') === 2 ? true : undefined));
  assert.deepEqual([...guard.actions], ['postback:next_card rich_menu', 'postback:show_answer quick_reply']);
  for (const level of [1, 2]) {
    guard.ban(user('a'), level, 300_000 * level);
    await until('the notice', async () => {
      await send(line.webhook(line.postback(user('a'), 'action=next_card')));
      const last = line.replies.at(-1)?.texts[0];
      return last?.includes(`約 ${5 * level} 分鐘`) === true ? true : undefined;
    });
    const repliesBefore = line.replies.length;
    for (let i = 0; i < 20; i++) await send(line.webhook(line.message(user('a'), 'let me in')));
    await until('refusals', () => (guard.count(user('a'), 'refused') >= 20 * level ? true : undefined));
    assert.equal(line.replies.length, repliesBefore);
  }
  await send(line.webhook(line.message(user('b'), 'hello')));
  await until('an answer for somebody else', () =>
    line.replies.find(({ texts }) => texts[0] === 'Press a button. (0)'),
  );
  assert.equal(await stop(), 0);
});

test('wrong signatures, replays, floods and poisoned ids leave the bot as it was', async (t) => {
  const { line, guard, send, stderr } = await startScene(t);
  const { body, headers } = line.webhook(line.message(user('v'), 'forged'));
  const forged = { ...headers, 'x-line-signature': line.sign(`${body} `) };
  const { 'x-line-signature': _, ...unsigned } = headers;
  assert.equal(await send({ body, headers: forged }), 401);
  assert.equal(await send({ body, headers: unsigned }), 400);
  assert.equal(await send({ body: '{', headers: { 'x-line-signature': line.sign('{') } }), 400);

  const replayed = line.webhook(line.postback(user('r'), 'action=next_card'));
  await Promise.all(Array.from({ length: 50 }, () => send(replayed)));

  const poisoned = ['', '\0', 'a\nb', '😀', '__proto__', '../../x', '\ud800', 'x'.repeat(100_000)];
  for (const id of poisoned) assert.equal(await send(line.webhook(line.message(id, 'hi'))), 200);
  assert.equal(await send(line.webhook(null, 7, {}, { type: 'message' }, { type: 'x', source: 'y' })), 200);

  line.failNext(429, 20);
  const flood = Array.from({ length: 500 }, () => line.postback(user('f'), 'action=next_card'));
  assert.equal(await send(line.webhook(...flood)), 200);

  await until('an answer after all of it', async () => {
    await send(line.webhook(line.message(user('z'), 'still there?')));
    return line.replies.find(({ texts }) => texts[0] === 'Press a button. (0)');
  });
  const once = await until('the replayed one', () =>
    guard.count(user('r'), 'ok') > 0 ? guard.count(user('r'), 'ok') : undefined,
  );
  assert.equal(once, 1);
  assert.equal(guard.count(user('v'), 'ok'), 0);
  assert.doesNotMatch(stderr(), /TypeError|BUG|at .*\.ts:/);
});

test('with the guard server gone known bans hold, and everybody else is served', async (t) => {
  const { line, guard, send } = await startScene(t);
  guard.ban(user('a'), 1, 300_000);
  await until('the ban', async () => {
    await send(line.webhook(line.message(user('a'), 'hi')));
    return line.replies.find(({ texts }) => texts[0]?.includes('about 5 minutes'));
  });
  guard.stop();
  const repliesBefore = line.replies.length;
  await send(line.webhook(line.message(user('a'), 'hi'), line.message(user('b'), 'hi')));
  await replyCount(line, repliesBefore + 1);
  assert.deepEqual(line.replies.at(-1)?.texts, ['Press a button. (0)']);
});

test('a real server hears what users do, and whom it decides about is told once and refused', async (t) => {
  const server = await startVedette(t, {
    config: `
host: { enabled: false }
guard:
  mode: enforce
  ids: plain
  dynamic_thresholds: { enabled: false }
  escalation: { jitter: 0 }
  policies:
    - { name: actions-per-minute, window: 10s, steps: [{ over: 10, for: 5m }] }
`,
  });
  const { line, send, stop } = await startBot(t, server.url);
  const press = (): Promise<number> =>
    send(line.webhook(line.postback(user('f'), 'action=next_card&source=rich_menu')));
  await until('the notice', async () => {
    assert.equal(await press(), 200);
    return line.replies.some(({ texts }) => texts[0]?.includes('about 5 minutes')) ? true : undefined;
  });
  const answered = line.replies.length;
  assert.ok(answered > 10, `${answered} replies`);
  for (let i = 0; i < 20; i++) await press();
  assert.equal(await send(line.webhook(line.message(user('h'), 'hello'))), 200);
  await replyCount(line, answered + 1);
  assert.deepEqual(line.replies.at(-1)?.texts, ['Press a button. (0)']);
  const check = await server.json<{ verdict: string; decision: { policy: string } }>(
    `/guard/check?scope=user&id=${user('f')}`,
  );
  assert.equal(check.verdict, 'refuse');
  assert.equal(check.decision.policy, 'actions-per-minute');
  await until('the counter', async () =>
    (await (await server.get('/metrics')).text()).includes(
      'user_actions_total{action_type="postback:next_card",source="rich_menu"}',
    )
      ? true
      : undefined,
  );
  assert.equal(await stop(), 0);
});

test('without its settings it says which one is missing', async () => {
  const child = spawn(process.execPath, [path.join(folder, 'main.ts')], {
    env: {},
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => void (stderr += text.toString()));
  const code = await new Promise((resolve) => void child.once('exit', resolve));
  assert.equal(code, 2);
  assert.match(stderr, /cannot start: LINE_CHANNEL_ACCESS_TOKEN is not set; see README.md/);
});
