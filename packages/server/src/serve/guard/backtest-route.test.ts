import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { guardBacktest } from '@vedette/api';
import { ExecutionError, UnavailableError, VirtualClock } from '@vedette/model';
import type { BacktestReport } from '../../simulate/index.ts';
import type { PolicyBacktestRequest } from './backtest-route.ts';
import { startGuardScene } from './guard-scene.ts';
import { emptyReport } from './backtest-report-fixture.ts';

const NOW_MS = 1_795_000_000_000;

async function start(
  t: TestContext,
  run: (request: PolicyBacktestRequest) => Promise<BacktestReport> = (request) =>
    Promise.resolve(emptyReport(request)),
) {
  const asked: PolicyBacktestRequest[] = [];
  const scene = await startGuardScene(t, {
    clock: new VirtualClock({ startMs: NOW_MS }),
    backtest: {
      run: async (request) => {
        asked.push(request);
        return await run(request);
      },
    },
  });
  const post = async (body: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${scene.url}/api/vedette/guard/backtest`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  return { asked, post };
}

test('policies are read by the schema of the configuration, ranges by the server’s clock', async (t) => {
  const { asked, post } = await start(t);
  const policies = [
    { name: 'mine', window: '1m', steps: [{ over: 3, for: '5m' }] },
    { name: 'actions-per-minute', mode: 'off' },
  ];
  const last = await post(JSON.stringify({ policies, range: { lastMs: 1000 } }));
  assert.equal(last.status, 200, last.text);
  guardBacktest.parse(JSON.parse(last.text));
  await post(JSON.stringify({ policies: [], range: { fromMs: 1, toMs: 2 }, limit: 1000 }));
  await post(JSON.stringify({ policies: [], range: { lastMs: NOW_MS * 2 } }));
  assert.deepEqual(
    asked.map(({ fromMs, toMs, subjectsMax }) => [fromMs, toMs, subjectsMax]),
    [
      [NOW_MS - 1000, NOW_MS, 100],
      [1, 2, 1000],
      [0, NOW_MS, 100],
    ],
  );
  assert.deepEqual(
    asked[0]?.policies.map(({ name, window, steps }) => [name, window, steps?.[0]?.for]),
    [
      ['mine', 60_000, 300_000],
      ['actions-per-minute', undefined, undefined],
    ],
  );
});

test('faults are named by their paths, and nothing is run', async (t) => {
  const { asked, post } = await start(t);
  const check = async (body: unknown, want: RegExp): Promise<void> => {
    const { status, text } = await post(typeof body === 'string' ? body : JSON.stringify(body));
    assert.equal(status, 400, text);
    assert.match((JSON.parse(text) as { error: string }).error, want);
  };
  const range = { lastMs: 1000 };
  await check('{"policies":[', /cannot read the body: want JSON such as/);
  await check([], /cannot read the body/);
  await check({ policies: {}, range }, /policies: .*array/);
  await check({ policies: [] }, /range/);
  await check({ policies: [], range: { lastMs: 1000, toMs: 5 } }, /range/);
  await check({ policies: [], range, limit: 1001 }, /limit/);
  await check({ policies: [], range, extra: 1 }, /cannot read the body/);
  await check(
    { policies: [{ name: 'x', window: '1m', steps: [{ ovr: 3, for: '5m' }] }], range },
    /cannot backtest the policies: .*policies\[0\]\.steps\[0\]\.ovr: unknown key "ovr" \(did you mean "over"\?\)/,
  );
  await check(
    { policies: [{ name: 'x' }], range },
    /policies\[0\].window: is missing: "x" is no built-in policy/,
  );
  await check(
    { policies: [null, 7], range },
    /policies\[0\]: must be an object.*policies\[1\]: must be an object/,
  );
  const many = Array.from({ length: 50 }, () => 1);
  await check({ policies: many, range }, /; and 30 more$/);
  await check({ policies: [...many, 1], range }, /policies/);
  assert.deepEqual(asked, []);
});

test('a busy server and a limit are told apart', async (t) => {
  const failures = [
    new UnavailableError('VED_GUARD_BUSY', 'one at a time'),
    new ExecutionError('VED_GUARD_BACKTEST_LIMIT', 'too many'),
  ];
  const { post } = await start(t, () => Promise.reject(failures.shift() ?? assert.fail('asked too often')));
  const body = JSON.stringify({ policies: [], range: { lastMs: 1000 } });
  assert.equal((await post(body)).status, 503);
  assert.equal((await post(body)).status, 422);
});
