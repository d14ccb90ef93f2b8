import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardCheck } from '@vedette/api';
import { BY, soonMs, startGuardScene } from './guard-scene.ts';

test('the verdict on one subject, in the form of the contract', async (t) => {
  const scene = await startGuardScene(t);
  await scene.guard.ban({ scope: 'user', subject: 'a b&c', untilMs: soonMs(), ...BY });
  await scene.guard.ban({ scope: 'range', subject: '10.0.0.0/8', untilMs: null, ...BY });
  const ask = async (query: string) =>
    guardCheck.parse(await (await scene.get(`/guard/check?${query}`)).json());
  const held = await ask('id=a%20b%26c');
  assert.equal(held.verdict, 'refuse');
  assert.ok(held.retryAfterSeconds !== null && held.retryAfterSeconds > 50 && held.retryAfterSeconds <= 60);
  assert.equal(held.decision?.reason, 'floods');
  const network = await ask('scope=ip&id=::ffff:10.1.2.3');
  assert.deepEqual([network.verdict, network.retryAfterSeconds], ['refuse', null]);
  for (const id of ['other', '__proto__', 'constructor', '%00', 'a%0ab', '%F0%9F%98%80'])
    assert.deepEqual(await ask(`id=${id}`), { verdict: 'allow', retryAfterSeconds: null, decision: null });
});

test('a subject is found however it is spelled', async (t) => {
  const scene = await startGuardScene(t);
  await scene.guard.ban({ scope: 'user', subject: 'caf\u00e9', untilMs: null, ...BY });
  await scene.guard.ban({ scope: 'ip', subject: '2001:db8::1', untilMs: null, ...BY });
  const ask = async (query: string) =>
    guardCheck.parse(await (await scene.get(`/guard/check?${query}`)).json()).verdict;
  assert.equal(await ask('id=cafe%CC%81'), 'refuse');
  assert.equal(await ask('scope=ip&id=2001:DB8:0::1'), 'refuse');
  assert.equal(await ask('id=Caf%C3%A9'), 'allow', 'no case is changed');
});

test('a subject that nobody can be is refused with the reason', async (t) => {
  const scene = await startGuardScene(t);
  const refuse = async (query: string, want: RegExp): Promise<void> => {
    const answer = await scene.get(`/guard/check?${query}`);
    assert.equal(answer.status, 400, query.slice(0, 50));
    assert.match(await answer.text(), want);
  };
  await refuse('', /id.*must not be empty/);
  await refuse('id=%0a', /id.*must not be empty/);
  await refuse('id=%20', /id.*must not be empty/);
  await refuse(`id=${'x'.repeat(257)}`, /at most 256 bytes; got 257/);
  await refuse(`id=${'%F0%9F%98%80'.repeat(65)}`, /at most 256 bytes; got 260/);
  await refuse('id=a&scope=planet', /must be one of user, ip, range, session, key; got \\"planet\\"/);
  await refuse('id=a&scope=__proto__', /must be one of/);
});
