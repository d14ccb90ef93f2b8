import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GROUND } from './asked-guard-fixture.ts';
import { refusalOf, type RefusalOptions } from './refusal.ts';

const NOW_MS = Date.UTC(2026, 0, 1);

const bodyOf = (ground = GROUND, options: RefusalOptions = {}): Record<string, unknown> =>
  JSON.parse(refusalOf(ground, NOW_MS, options).body) as Record<string, unknown>;

test('a temporary refusal is a 429 with the wait in whole seconds, rounded up', () => {
  assert.deepEqual(refusalOf(GROUND, NOW_MS), {
    status: 429,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'retry-after': '62',
      'ratelimit-policy': '0;w=62',
      ratelimit: 'limit=0, remaining=0, reset=62',
    },
    body: JSON.stringify({
      type: 'about:blank',
      title: 'Too Many Requests',
      status: 429,
      detail: 'Too many requests. Try again in 62 seconds.',
      decision_id: 'd-1',
      grade: 'temporary',
      until: '2026-01-01T00:01:01.001Z',
      retry_after: 62,
    }),
  });
});

test('grades lead to their statuses, which can be changed', () => {
  const check = (grade: typeof GROUND.grade, want: number, options: RefusalOptions = {}): void => {
    const { status, body } = refusalOf({ ...GROUND, grade }, NOW_MS, options);
    assert.equal(status, want);
    assert.equal((JSON.parse(body) as { status: number }).status, want);
  };
  check('temporary', 429);
  check('extended', 429);
  check('review_required', 403);
  check('permanent', 403);
  check('temporary', 403, { statuses: { temporary: 403 } });
  check('extended', 429, { statuses: { temporary: 403 } });
});

test('a decision without an end promises none', () => {
  const refusal = refusalOf({ ...GROUND, grade: 'permanent', retryAfterMs: undefined }, NOW_MS);
  assert.deepEqual(Object.keys(refusal.headers), ['content-type', 'cache-control']);
  assert.deepEqual(JSON.parse(refusal.body), {
    type: 'about:blank',
    title: 'Forbidden',
    status: 403,
    detail: 'Access is not permitted.',
    decision_id: 'd-1',
    grade: 'permanent',
  });
});

test('odd waits become headers that a client can read', () => {
  const check = (retryAfterMs: number, want: string | undefined): void => {
    const { headers } = refusalOf({ ...GROUND, retryAfterMs }, NOW_MS);
    assert.equal(headers['retry-after'], want);
  };
  check(1, '1');
  check(1000, '1');
  check(1001, '2');
  check(0, '1');
  check(-5, '1');
  check(NaN, undefined);
  check(Infinity, undefined);
  // Later than a date can say: the wait is told, the end is not.
  check(9e15, '9000000000000');
  assert.equal(bodyOf({ ...GROUND, retryAfterMs: 9e15 })['until'], undefined);
});

test('neither policy, reason nor level of the decision is told', () => {
  const { body, headers } = refusalOf(GROUND, NOW_MS);
  const text = body + JSON.stringify(headers);
  for (const secret of ['evidence', 'u1_abcdef', GROUND.policy, 'level'])
    assert.ok(!text.includes(secret), secret);
});

test('a limit of this process has no decision to name', () => {
  assert.ok(!('decision_id' in bodyOf({ ...GROUND, decisionId: '', by: 'local' })));
});

test('a known threshold is told as draft 7 tells it', () => {
  const { headers } = refusalOf(GROUND, NOW_MS, { limitOf: () => ({ limit: 30, windowMs: 60_000 }) });
  assert.equal(headers['ratelimit-policy'], '30;w=60');
  assert.equal(headers['ratelimit'], 'limit=30, remaining=0, reset=62');
});

test('words and type are the application’s; what throws or is no text is not used', () => {
  assert.equal(
    bodyOf(GROUND, { detail: ({ grade }) => `休息一下 ${grade}` })['detail'],
    '休息一下 temporary',
  );
  assert.equal(
    bodyOf(GROUND, { problemType: 'https://example.org/limits' })['type'],
    'https://example.org/limits',
  );
  const want = 'Too many requests. Try again in 62 seconds.';
  const bad = (): never => {
    throw new Error('no words');
  };
  assert.equal(bodyOf(GROUND, { detail: bad })['detail'], want);
  assert.equal(bodyOf(GROUND, { detail: () => 7 as unknown as string })['detail'], want);
  assert.equal(refusalOf(GROUND, NOW_MS, { limitOf: bad }).headers['ratelimit-policy'], '0;w=62');
  const nan = { limit: NaN, windowMs: 1 };
  assert.equal(refusalOf(GROUND, NOW_MS, { limitOf: () => nan }).headers['ratelimit-policy'], '0;w=62');
});
