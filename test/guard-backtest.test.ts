/** A policy is tried over what a real server has stored, before it is put in force. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import { guardBacktest } from '@vedette/api';
import { runVedette, startVedette, temporaryDirectory } from './support/vedette-process.ts';

const CONFIG = `
guard:
  ids: plain
  policies:
    - { name: actions-per-minute, steps: [{ over: 30, for: 5m }] }
`;

test('who a stricter policy would have refused is known before it refuses anybody', async (t) => {
  const server = await startVedette(t, { config: CONFIG, args: ['--no-host'] });
  // Whole seconds, so that an action does not fall between two of them.
  const nowMs = Math.floor(Date.now() / 1000) * 1000;
  const busy = (subject: string, count: number, agoMs: number) =>
    Array.from({ length: count }, (_, i) => ({ subject, action: 'search', atMs: nowMs - agoMs + i * 1000 }));
  const actions = [
    ...busy('flood', 40, 1_800_000),
    ...busy('eager', 20, 900_000),
    ...busy('calm', 8, 600_000),
  ];
  const posted = await server.get('/guard/actions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ actions }),
  });
  assert.equal(posted.status, 200, await posted.text());
  const file = path.join(temporaryDirectory(t), 'policies.yml');
  const backtest = async (over: number, ...args: string[]) => {
    writeFileSync(file, `- { name: actions-per-minute, steps: [{ over: ${over}, for: 5m }] }\n`);
    return await runVedette(t, ['guard', 'backtest', file, '--url', server.url, '--last', '1h', ...args]);
  };
  const stricter = await backtest(10, '--json');
  assert.equal(stricter.code, 1, stricter.stderr);
  const { subjects, difference, actionCount } = guardBacktest.parse(JSON.parse(stricter.stdout));
  assert.equal(actionCount, 68);
  assert.deepEqual(
    subjects.map(({ subject, change, timing, candidate }) => [
      subject,
      change,
      timing,
      candidate?.first.over,
    ]),
    [
      ['eager', 'added', null, 10],
      ['flood', 'changed', 'earlier', 10],
    ],
  );
  assert.deepEqual([difference.addedCount, difference.earlierCount], [1, 1]);
  const startOf = (subject: string) =>
    subjects.find((one) => one.subject === subject)?.candidate?.first.atMs ?? 0;
  // The eleventh action; the server may have taken them up to a second later than they were made here.
  assert.ok(Math.abs(startOf('eager') - (nowMs - 900_000 + 10_000)) < 2000);
  const same = await backtest(30);
  assert.equal(same.code, 0, same.stderr);
  assert.match(same.stdout, /^1 subject would have been refused; 1 by the policies in force/);
  assert.match(same.stdout, /\nsame +user:flood /);
  const { decisions } = await server.json<{ decisions: { isEnforced: boolean }[] }>(
    '/api/vedette/guard/decisions',
  );
  assert.ok(
    decisions.every(({ isEnforced }) => !isEnforced),
    'a backtest decides nothing',
  );
});
