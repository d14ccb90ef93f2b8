import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seriesOf } from '../http/server-fixture.ts';
import type { MetricsRegistry } from '../metrics/instruments.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import { createAiMetrics } from './ai-metrics.ts';
import { createAuthMetrics } from './auth-metrics.ts';
import { createCacheMetrics } from './cache-metrics.ts';
import { createDatabaseMetrics } from './database-metrics.ts';
import { createJobMetrics } from './job-metrics.ts';
import { createQueueMetrics } from './queue-metrics.ts';
import { createUsageMetrics } from './usage-metrics.ts';

/** A clock that passes `stepMs` between any two looks at it. */
function stepping(stepMs: number): { monotonicMs(): number } {
  let nowMs = 0;
  return { monotonicMs: () => (nowMs += stepMs) };
}

const check = (registry: MetricsRegistry, name: string, want: Record<string, number>): void =>
  assert.deepEqual(
    Object.fromEntries(
      Object.entries(seriesOf(registry, name)).map(([text, value]) => [text.slice(name.length), value]),
    ),
    want,
    name,
  );

const fail = (): never => {
  throw new Error('broken');
};

test('a job is counted with its outcome and time, and what it gives and throws is untouched', async () => {
  const registry = createMetricsRegistry();
  const jobs = createJobMetrics(registry, { clock: stepping(2000) });
  assert.equal(await jobs.time('report', () => 'done'), 'done');
  await assert.rejects(jobs.time('report', fail), /broken/);
  await assert.rejects(
    jobs.time('report', () => Promise.reject(new Error('later'))),
    /later/,
  );
  jobs.ran('import', 500, 'success');
  jobs.ran('import', NaN, 'failure');
  check(registry, 'job_runs_total', {
    '{kind="report",outcome="success"}': 1,
    '{kind="report",outcome="failure"}': 2,
    '{kind="import",outcome="success"}': 1,
    '{kind="import",outcome="failure"}': 1,
  });
  check(registry, 'job_run_duration_seconds_sum', {
    '{kind="report",outcome="success"}': 2,
    '{kind="report",outcome="failure"}': 4,
    '{kind="import",outcome="success"}': 0.5,
  });
  check(registry, 'job_runs_active', { '{kind="report"}': 0 });
});

test('jobs under way are seen, and pools are read when asked for', async () => {
  const registry = createMetricsRegistry();
  const sandboxes = createJobMetrics(registry, { prefix: 'sandbox' });
  createJobMetrics(registry);
  let free = 4;
  sandboxes.readPool('python', () => ({ size: 4, free }));
  let finish = (): void => undefined;
  const run = sandboxes.time('python', () => new Promise<void>((resolve) => (finish = resolve)));
  free = 3;
  check(registry, 'sandbox_runs_active', { '{kind="python"}': 1 });
  check(registry, 'sandbox_pool_size', { '{pool="python"}': 4 });
  check(registry, 'sandbox_pool_free', { '{pool="python"}': 3 });
  finish();
  await run;
  check(registry, 'sandbox_runs_active', { '{kind="python"}': 0 });
});

test('cached tokens are not counted twice, and each type has its own price', () => {
  const registry = createMetricsRegistry();
  const price = { input: 2, output: 10, cachedInput: 0.5, cacheWrite: 2.5 };
  const ai = createAiMetrics(registry, { priceOf: ({ model }) => (model === 'm' ? price : undefined) });
  const costUsd = ai.used(
    { provider: 'p', model: 'm' },
    { inputTokens: 10_000, cachedInputTokens: 8000, cacheWriteTokens: 1000, outputTokens: 500 },
  );
  check(registry, 'ai_tokens_total', {
    '{provider="p",model="m",type="input"}': 1000,
    '{provider="p",model="m",type="cached_input"}': 8000,
    '{provider="p",model="m",type="cache_write"}': 1000,
    '{provider="p",model="m",type="output"}': 500,
  });
  check(registry, 'ai_cost_usd_total', {
    '{provider="p",model="m",type="input"}': 0.002,
    '{provider="p",model="m",type="cached_input"}': 0.004,
    '{provider="p",model="m",type="cache_write"}': 0.0025,
    '{provider="p",model="m",type="output"}': 0.005,
  });
  assert.ok(Math.abs((costUsd ?? 0) - 0.0135) < 1e-12);
});

test('without a price tokens count and the request is unpriced; an odd price is none', () => {
  const registry = createMetricsRegistry();
  const ai = createAiMetrics(registry, {
    priceOf: ({ model }) => (model === 'nan' ? { input: NaN, output: 1 } : undefined),
  });
  for (const model of ['new', 'nan'])
    assert.equal(ai.used({ provider: 'p', model }, { inputTokens: 1, outputTokens: 0 }), undefined);
  check(registry, 'ai_requests_unpriced_total', {
    '{provider="p",model="new"}': 1,
    '{provider="p",model="nan"}': 1,
  });
  check(registry, 'ai_cost_usd_total', {});
});

test('a price for input alone is the price of cached input', () => {
  const ai = createAiMetrics(createMetricsRegistry(), { priceOf: () => ({ input: 1, output: 1 }) });
  const usage = { inputTokens: 1_000_000, cachedInputTokens: 999_999, outputTokens: 1_000_000 };
  assert.equal(ai.used({ provider: 'p', model: 'm' }, usage), 2);
});

test('usage that is no number from 0 up counts as 0, and is seen', () => {
  const registry = createMetricsRegistry();
  const ai = createAiMetrics(registry, { priceOf: () => ({ input: 1, output: 1 }) });
  const model = { provider: 'p', model: 'm' };
  const odd = [
    { inputTokens: NaN, outputTokens: -5 },
    { inputTokens: Infinity, outputTokens: 0 },
    // More from the cache than there was.
    { inputTokens: 10, cachedInputTokens: 11, outputTokens: 0 },
    { inputTokens: undefined as unknown as number, outputTokens: 3 },
  ];
  for (const usage of odd) ai.used(model, usage);
  check(registry, 'ai_usage_invalid_total', { '{provider="p",model="m"}': 4 });
  check(registry, 'ai_tokens_total', {
    '{provider="p",model="m",type="cached_input"}': 11,
    '{provider="p",model="m",type="output"}': 3,
  });
});

test('a request to a model is timed and its usage read from the answer', async () => {
  const registry = createMetricsRegistry();
  const ai = createAiMetrics(registry, { clock: stepping(3000) });
  const model = { provider: 'p', model: 'm' };
  const answer = { text: 'hi', in: 7 };
  const given = await ai.time(
    model,
    () => answer,
    (one) => ({ inputTokens: one.in, outputTokens: 0 }),
  );
  assert.equal(given, answer);
  await assert.rejects(ai.time(model, fail), /broken/);
  check(registry, 'ai_requests_total', {
    '{provider="p",model="m",outcome="success"}': 1,
    '{provider="p",model="m",outcome="failure"}': 1,
  });
  check(registry, 'ai_request_duration_seconds_sum', { '{provider="p",model="m"}': 6 });
  check(registry, 'ai_tokens_total', { '{provider="p",model="m",type="input"}': 7 });
});

test('an answer is given back though its usage or its price cannot be read', async () => {
  const registry = createMetricsRegistry();
  const ai = createAiMetrics(registry, { priceOf: fail });
  const model = { provider: 'p', model: 'm' };
  assert.equal(await ai.time(model, () => 'answer', fail), 'answer');
  assert.equal(
    await ai.time(
      model,
      () => 'answer',
      () => ({ inputTokens: 1, outputTokens: 1 }),
    ),
    'answer',
  );
  check(registry, 'ai_usage_invalid_total', { '{provider="p",model="m"}': 1 });
  check(registry, 'ai_requests_unpriced_total', { '{provider="p",model="m"}': 1 });
});

test('queries are timed, slow ones counted, pools read', async () => {
  const registry = createMetricsRegistry();
  const database = createDatabaseMetrics(registry, { clock: stepping(50), slowQueryMs: 100 });
  await database.time('orders.find', () => []);
  await assert.rejects(database.time('orders.find', fail), /broken/);
  database.queried('orders.sum', 100, 'success');
  database.queried('orders.sum', 101, 'success');
  database.readPool('main', () => ({ used: 3, idle: 2, waiting: 1, max: 5 }));
  database.readPool('replica', () => ({ used: 1, idle: 0 }));
  check(registry, 'db_query_duration_seconds_count', {
    '{operation="orders.find",outcome="success"}': 1,
    '{operation="orders.find",outcome="failure"}': 1,
    '{operation="orders.sum",outcome="success"}': 2,
  });
  check(registry, 'db_slow_queries_total', { '{operation="orders.sum"}': 1 });
  check(registry, 'db_connections', {
    '{pool="main",state="used"}': 3,
    '{pool="main",state="idle"}': 2,
    '{pool="main",state="waiting"}': 1,
    '{pool="replica",state="used"}': 1,
    '{pool="replica",state="idle"}': 0,
  });
  check(registry, 'db_connections_max', { '{pool="main"}': 5 });
});

test('tasks of a queue are counted, and its workers while they run', async () => {
  const registry = createMetricsRegistry();
  const queues = createQueueMetrics(registry, { clock: stepping(250) });
  let size = 9;
  queues.readSize('mail', () => size--);
  await queues.time('mail', () => check(registry, 'queue_workers_active', { '{queue="mail"}': 1 }));
  await assert.rejects(queues.time('mail', fail), /broken/);
  queues.waited('mail', 1500);
  queues.waited('mail', -1);
  check(registry, 'queue_workers_active', { '{queue="mail"}': 0 });
  check(registry, 'queue_size', { '{queue="mail"}': 7 });
  check(registry, 'queue_tasks_completed_total', {
    '{queue="mail",outcome="success"}': 1,
    '{queue="mail",outcome="failure"}': 1,
  });
  check(registry, 'queue_task_duration_seconds_sum', { '{queue="mail"}': 0.5 });
  check(registry, 'queue_wait_seconds_count', { '{queue="mail"}': 1 });
  check(registry, 'queue_wait_seconds_sum', { '{queue="mail"}': 1.5 });
});

test('authentication is counted by kinds, never by persons', async () => {
  const registry = createMetricsRegistry();
  const auth = createAuthMetrics(registry, { clock: stepping(100) });
  await auth.time('login', () => true);
  await assert.rejects(auth.time('login', fail), /broken/);
  auth.loginFailed('wrong_password');
  auth.registered('google');
  auth.readActiveSessions(() => 12);
  auth.sessionEnded(90_000);
  auth.sessionEnded(NaN);
  auth.mfaAttempted('totp', true);
  auth.mfaAttempted('totp', false);
  for (const score of [0, 4, 5, -1, 2.5, NaN]) auth.passwordChosen(score);
  check(registry, 'auth_requests_total', {
    '{operation="login",outcome="success"}': 1,
    '{operation="login",outcome="failure"}': 1,
  });
  check(registry, 'auth_request_duration_seconds_sum', { '{operation="login"}': 0.2 });
  check(registry, 'auth_login_failures_total', { '{reason="wrong_password"}': 1 });
  check(registry, 'auth_registrations_total', { '{method="google"}': 1 });
  check(registry, 'auth_sessions_active', { '': 12 });
  check(registry, 'auth_session_duration_seconds_sum', { '': 90 });
  check(registry, 'auth_session_duration_seconds_count', { '': 1 });
  check(registry, 'auth_mfa_attempts_total', {
    '{method="totp",outcome="success"}': 1,
    '{method="totp",outcome="failure"}': 1,
  });
  check(registry, 'auth_password_strength_total', { '{score="0"}': 1, '{score="4"}': 1 });
});

test('labels that hold ids end in one series, not in a million', () => {
  const registry = createMetricsRegistry();
  const usage = createUsageMetrics(registry);
  for (let i = 0; i < 1000; i++) usage.used(`export-${i}`);
  const series = seriesOf(registry, 'feature_uses_total');
  assert.equal(Object.keys(series).length, 501);
  assert.equal(series['feature_uses_total{feature="_overflow"}'], 500);
});

test('active users are those of the last hour and of the last day', () => {
  const registry = createMetricsRegistry();
  let nowMs = 1_000_000_000_000;
  const random = { fill: (bytes: Uint8Array) => bytes.fill(7) };
  const usage = createUsageMetrics(registry, { clock: { nowMs: () => nowMs }, random });
  const active = (hour: number, day: number): void =>
    check(registry, 'active_users', { '{window="1h"}': hour, '{window="24h"}': day });
  active(0, 0);
  usage.seen('anna');
  usage.used('export', 'anna');
  usage.used('export', 'ben');
  usage.used('export');
  active(2, 2);
  nowMs += 2 * 3_600_000;
  usage.seen('anna');
  active(1, 2);
  nowMs += 25 * 3_600_000;
  active(0, 0);
  check(registry, 'feature_uses_total', { '{feature="export"}': 3 });
});

test('reads of a cache are hits and misses, and its operations are measured however they end', async () => {
  const registry = createMetricsRegistry();
  const cache = createCacheMetrics(registry, { clock: stepping(20) });
  cache.requested('products', 'hit');
  cache.requested('products', 'hit');
  cache.requested('products', 'miss');
  assert.equal(await cache.time('products', 'get', () => 'shoe'), 'shoe');
  await assert.rejects(cache.time('products', 'set', fail), /broken/);
  cache.operated('products', 'get', 5);
  cache.operated('products', 'get', NaN);
  cache.operated('products', 'get', -1);
  check(registry, 'cache_requests_total', {
    '{cache="products",result="hit"}': 2,
    '{cache="products",result="miss"}': 1,
  });
  check(registry, 'cache_operation_duration_seconds_sum', {
    '{cache="products",operation="get"}': 0.025,
    '{cache="products",operation="set"}': 0.02,
  });
  check(registry, 'cache_operation_duration_seconds_count', {
    '{cache="products",operation="get"}': 2,
    '{cache="products",operation="set"}': 1,
  });
});
