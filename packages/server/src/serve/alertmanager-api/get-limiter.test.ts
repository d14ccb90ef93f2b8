import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetLimiter, GETS_AT_WORK_MAX } from './get-limiter.ts';

test('as many run as the limit says, one more is told to come back, and a failure frees its place', async () => {
  const limiter = new GetLimiter(2);
  const first = Promise.withResolvers<{ status: number }>();
  const second = Promise.withResolvers<{ status: number }>();
  const running = [limiter.run(() => first.promise), limiter.run(() => second.promise)];
  const refused = await limiter.run(() => ({ status: 200 }));
  assert.equal(refused.status, 503);
  assert.equal(refused.body, 'Limit of concurrent GET requests reached (2), try again later.\n');
  first.reject(new Error('broken'));
  await assert.rejects(running[0]!);
  assert.equal((await limiter.run(() => ({ status: 200 }))).status, 200);
  second.resolve({ status: 200 });
  await running[1];
  assert.ok(GETS_AT_WORK_MAX >= 8);
});
