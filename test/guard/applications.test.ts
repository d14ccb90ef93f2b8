/** Applications in processes of their own: one subject across all of them, and what they do without the server. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';
import { startVedette, temporaryDirectory } from '../support/vedette-process.ts';
import { ban, guardConfig, spread, startApplication, untilRefused } from './scene.ts';

test('who spreads over three processes is refused in all of them, and nobody else in any', async (t) => {
  const server = await startVedette(t, { config: guardConfig() });
  const applications = [
    await startApplication(t, { server: server.url }),
    await startApplication(t, { server: server.url }),
    await startApplication(t, { server: server.url }),
  ];
  // A third of 30 and one: below the half at which a process would hurry.
  const shares = applications.map(async (application) => {
    const seen = application.watch('mallory', 'refuse');
    const startedMs = Date.now();
    const { refusedCount } = await application.attempt('mallory', { count: 11 });
    assert.equal(refusedCount, 0, 'no process sees enough by itself');
    for (let i = 0; i < 50; i++) await application.attempt(`honest-${i}`, { count: 8 });
    return (await seen) - startedMs;
  });
  const delaysMs = await Promise.all(shares);
  t.diagnostic(`from the first attempt to the refusal in each process: ${spread(delaysMs)}`);
  for (const application of applications) {
    await application.flush();
    assert.equal((await application.attempt('mallory')).refusedCount, 1);
    for (let i = 0; i < 50; i++) assert.equal((await application.check(`honest-${i}`)).kind, 'allow');
  }
});

// Whatever else is counted is `open`, the default.
const POLICIES = `policies:
  [
    { name: quizzes, window: 1m, actions: [quiz], steps: [ { over: 20, for: 1m } ], when_unavailable: limit },
    { name: payments, window: 1m, actions: [pay], steps: [ { over: 500, for: 1m } ], when_unavailable: closed },
  ]`;

test('without its server an application does what each policy says, and is judged for it afterwards', async (t) => {
  const dataDirectory = temporaryDirectory(t);
  const args = ['--listen', `127.0.0.1:${await freePort()}`];
  const options = { config: guardConfig(POLICIES), dataDirectory, args };
  const first = await startVedette(t, options);
  const application = await startApplication(t, { server: first.url });
  await ban(first, 'eve');
  await application.watch('eve', 'refuse');
  first.kill('SIGKILL');
  await first.exited();
  const { kind } = await application.check('ann', 'pay');
  // Ten seconds later it counts as stale, which a slow machine may be by now.
  if ((await application.status()).feed !== 'stale')
    assert.equal(kind, 'allow', 'a restart may take a moment');
  await until('the feed to count as stale', async () =>
    (await application.status()).feed === 'stale' ? true : undefined,
  );
  assert.equal((await application.check('eve')).kind, 'refuse', 'known decisions hold');
  assert.equal((await application.attempt('ann', { action: 'search', count: 100 })).refusedCount, 0);
  const limited = await application.attempt('bob', { action: 'quiz', count: 25 });
  assert.equal(limited.refusedCount, 5);
  assert.ok(limited.verdict.kind === 'refuse');
  assert.deepEqual([limited.verdict.ground.policy, limited.verdict.ground.by], ['quizzes', 'local']);
  assert.equal((await application.check('carol', 'quiz')).kind, 'allow');
  assert.equal((await application.attempt('carol', { action: 'pay' })).refusedCount, 1);

  const second = await startVedette(t, options);
  assert.equal(second.url, first.url);
  await until('the feed to be followed again', async () =>
    (await application.status()).feed === 'following' ? true : undefined,
  );
  assert.equal((await application.check('carol', 'pay')).kind, 'allow');
  assert.equal((await application.check('bob', 'quiz')).kind, 'allow', '20 of a limit of 20');
  await untilRefused(second, 'ann');
  await application.watch('ann', 'refuse');
  assert.equal((await application.check('eve')).kind, 'refuse', 'the decision is kept');
});
