/** `npm run demo:guard` as somebody at a terminal sees it, up to Ctrl-C. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { projectRoot } from './support/peers.ts';
import { until } from './support/until.ts';

interface Run {
  readonly child: ChildProcess;
  readonly text: () => string;
  readonly exited: Promise<number | null>;
}

function runDemo(t: TestContext, ...args: string[]): Run {
  const file = path.join(projectRoot, 'tools/demo-guard.ts');
  // A group of its own, as a terminal gives it.
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', file, ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const exited = new Promise<number | null>((resolve) => void child.once('close', resolve));
  t.after(() => {
    if (child.exitCode === null) signalGroup(child, 'SIGKILL');
  });
  return { child, text: () => text, exited };
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  assert.ok(pid !== undefined);
  process.kill(-pid, signal);
}

/** 24 s after the start of two programs; the demonstration goes on for 120 s. */
const RELEASED_MS_MAX = 150_000;

test('the demonstration shows one slowed, refused and released, nobody else, and ends with Ctrl-C', async (t) => {
  const { child, text, exited } = runDemo(t, '--seconds', '120');
  await until(
    'the release',
    () => {
      if (child.exitCode !== null) return new Error(`it ended: ${text()}`);
      return /mallory is RELEASED/.test(text()) ? true : undefined;
    },
    RELEASED_MS_MAX,
  );
  signalGroup(child, 'SIGINT');
  assert.equal(await exited, 0, text());
  const course =
    /is SLOWED for \d+ s: (\d+) actions in 10 s[^]*is REFUSED for (\d+) s: (\d+) actions in 10 s[^]*RELEASED/;
  const [slowedAt = 0, forSeconds = 0, refusedAt = 0] = (course.exec(text()) ?? []).slice(1).map(Number);
  // 21 and 41 where the guard judges each action by itself; on a busy machine it gets several at once.
  assert.ok(slowedAt > 20 && refusedAt > 40 && forSeconds > 0 && forSeconds <= 15, text());
  assert.match(text(), /^ann {6}\d+ requests: (?:all|\d+) answered at once\.$/m);
  assert.match(text(), /The guard stopped one and hindered nobody else\.\n$/);
  const [, serverUrl = ''] = /^Look at {2}(\S+)/m.exec(text()) ?? [];
  await assert.rejects(fetch(serverUrl), TypeError);
});

test('the demonstration says how it is used', async (t) => {
  const { text, exited } = runDemo(t, '--seconds', '3');
  assert.equal(await exited, 2);
  assert.match(text(), /^usage: npm run demo:guard -- \[--seconds N \(at least 35\)\]/);
});
