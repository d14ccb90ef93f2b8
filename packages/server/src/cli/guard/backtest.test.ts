/** `vedette guard backtest` against a real server in this process, whose guard has the answers of a test. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { guardBacktest } from '@vedette/api';
import { UnavailableError } from '@vedette/model';
import { emptyReport } from '../../serve/guard/backtest-report-fixture.ts';
import type { PolicyBacktestRequest } from '../../serve/guard/backtest-route.ts';
import { startGuardScene } from '../../serve/guard/guard-scene.ts';
import type { BacktestReport } from '../../simulate/index.ts';
import { runCli } from '../run.ts';

type Report = (request: PolicyBacktestRequest) => BacktestReport;

interface Scene {
  readonly asked: PolicyBacktestRequest[];
  readonly run: (text: string, ...args: string[]) => Promise<{ code: number; out: string; err: string }>;
}

async function start(t: TestContext, report: Report = emptyReport, url?: string): Promise<Scene> {
  const asked: PolicyBacktestRequest[] = [];
  const run = async (request: PolicyBacktestRequest): Promise<BacktestReport> => {
    asked.push(request);
    return await Promise.resolve(report(request));
  };
  const server = url ?? (await startGuardScene(t, { backtest: { run } })).url;
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-backtest-'));
  t.after(() => rmSync(directory, { recursive: true }));
  return {
    asked,
    run: async (text, ...args) => {
      writeFileSync(path.join(directory, 'policies.yml'), text);
      let out = '';
      let err = '';
      const code = await runCli(['guard', 'backtest', 'policies.yml', ...args], {
        out: (part) => void (out += part),
        err: (part) => void (err += part),
        env: { VEDETTE_URL: server },
        workingDirectory: directory,
      });
      return { code, out, err };
    },
  };
}

const LIST = '- name: mine\n  window: 1m\n  steps: [{ over: 3, for: 5m }]\n';
const FIRST = {
  atMs: Date.UTC(2026, 10, 21, 10),
  untilMs: Date.UTC(2026, 10, 21, 11),
  policy: 'mine',
  over: 3,
  value: 4,
  grade: 'extended',
  reason: '4 actions',
} as const;
const OUTCOME = {
  first: FIRST,
  refusalCount: 2,
  gravest: 'extended',
  lastUntilMs: FIRST.untilMs,
  refusedMs: 7_200_000,
} as const;

/** Somebody who is refused by the candidate alone, and somebody who is refused by both. */
function strictReport(hostile: string): Report {
  return (request) => {
    const empty = emptyReport(request);
    const base = { scope: 'user', gravity: null, timing: null, candidate: OUTCOME, inForce: null } as const;
    return {
      ...empty,
      candidate: { ...empty.candidate, refusedSubjectCount: 2 },
      inForce: { ...empty.inForce, refusedSubjectCount: 1 },
      difference: { ...empty.difference, addedCount: 1, graverCount: 1, earlierCount: 1 },
      subjects: [
        { ...base, subject: hostile, change: 'added' },
        { ...base, subject: 'u2', change: 'changed', gravity: 'graver', timing: 'earlier', inForce: OUTCOME },
      ],
      furtherSubjectCount: 5,
      remarks: ['the load is not kept'],
    };
  };
}

test('a list and a whole vedette.yml are the same question', async (t) => {
  const { asked, run } = await start(t);
  const whole = `server: { token_file: /none }\nguard:\n  mode: enforce\n  policies:\n${LIST.replaceAll(/^/gm, '    ').trimEnd()}\n`;
  for (const text of [LIST, whole]) {
    const { code, out, err } = await run(text);
    assert.deepEqual([code, err], [0, '']);
    assert.match(
      out,
      /^0 subjects would have been refused; 0 by the policies in force, if they are enforced\n/,
    );
  }
  assert.deepEqual(asked[0]?.policies, asked[1]?.policies);
  assert.deepEqual(
    asked.map(({ toMs, fromMs }) => toMs - fromMs),
    [7 * 86_400_000, 7 * 86_400_000],
  );
  assert.equal((await run('guard: {}', '--last', '12h', '--limit', '7')).code, 0);
  assert.deepEqual([asked[2]?.policies, asked[2]?.subjectsMax], [[], 7]);
  await run('[]', '--from', '2026-11-20T00:00:00Z', '--to', '1795219200.5');
  assert.deepEqual([asked[3]?.fromMs, asked[3]?.toMs], [Date.UTC(2026, 10, 20), 1_795_219_200_500]);
});

test('somebody new who is refused ends with 1, a milder file with 0', async (t) => {
  const { run } = await start(t, strictReport('u1'));
  const { code, out } = await run(LIST);
  assert.equal(code, 1);
  assert.match(out, /^2 subjects would have been refused; 1 by/);
  assert.match(
    out,
    /\n {2}1 only by these policies, 0 only by those in force, 1 graver, 0 milder, 1 earlier,/,
  );
  assert.match(out, /note: the load is not kept\n/);
  assert.match(
    out,
    /\nadded {2,}user:u1 {2}2026-11-21 10:00:00 UTC {2}2026-11-21 11:00:00 UTC {2}mine {2,}> 3 {3}extended {2}2 {6}not refused/,
  );
  assert.match(out, /\ngraver, earlier {2}user:u2 .* 2026-11-21 10:00:00 UTC, mine > 3, extended, 2h in all/);
  assert.match(out, /\nand 5 more; --limit shows up to 1000\n$/);
  const json = await run(LIST, '--json');
  assert.equal(json.code, 1);
  assert.equal(guardBacktest.parse(JSON.parse(json.out)).subjects.length, 2);
  const milder = await start(t, (request) => {
    const { candidate, inForce, ...rest } = emptyReport(request);
    return { ...rest, candidate, inForce, difference: { ...rest.difference, removedCount: 3 } };
  });
  assert.equal((await milder.run(LIST)).code, 0);
});

test('a brake that only these policies pull ends with 1', async (t) => {
  const trips = [{ policy: 'mine', atMs: FIRST.atMs, reason: 'more than 20' }];
  const check = async (inForceTrips: typeof trips, want: number): Promise<void> => {
    const { run } = await start(t, (request) => {
      const empty = emptyReport(request);
      return {
        ...empty,
        candidate: { ...empty.candidate, trips, heldBackSubjectCount: 1, slowedSubjectCount: 2 },
        inForce: { ...empty.inForce, trips: inForceTrips },
      };
    });
    const { code, out } = await run(LIST);
    assert.equal(code, want);
    assert.match(out, /STOPPED 2026-11-21 10:00:00 UTC: policy "mine" of these policies by its brake/);
    assert.match(out, /\n {2}1 subject kept for a person by the brakes of these policies\n/);
    assert.match(out, /\n {2}2 subjects slowed or challenged by these policies\n/);
  };
  await check([], 1);
  await check(trips, 0);
});

test('hostile ids cannot move the cursor or make lines', async (t) => {
  const { run } = await start(t, strictReport('\u001b[2J\u009b31m\nroot\t\u0007😀__proto__'));
  const { out } = await run(LIST);
  assert.doesNotMatch(out.replaceAll('\n', ''), /\p{Cc}/u);
  assert.doesNotMatch(out, /^root/m);
  assert.match(out, /😀__proto__/);
});

test('a faulty file is told with its place, before anything is asked', async (t) => {
  const { asked, run } = await start(t);
  const check = async (text: string, want: RegExp): Promise<void> => {
    const { code, err } = await run(text);
    assert.equal(code, 2, err);
    assert.match(err, want);
  };
  await check(
    '- name: mine\n  window: 1m\n  steps: [{ ovr: 3, for: 5m }]\n',
    /--> policies\.yml:3:13 .*\n.*ovr/,
  );
  await check('guard:\n  policies:\n    - name: mine\n', /--> policies\.yml:3:\d+ .*guard\.policies\[0\]/);
  await check('- name: [', /not valid YAML[\s\S]*policies\.yml:1/);
  await check('groups: []\n', /missing key "guard"/);
  await check('', /missing key "guard"/);
  await check('just words', /policies\.yml:1:1/);
  assert.deepEqual(asked, []);
});

test('wrong usage and servers that give no answer', async (t) => {
  const { run } = await start(t);
  const usage = async (args: readonly string[], want: RegExp): Promise<void> => {
    const { code, err } = await run(LIST, ...args);
    assert.equal(code, 2, err);
    assert.match(err, want);
  };
  await usage(['more.yml'], /want one file/);
  await usage(['--last', 'week'], /--last must be a duration/);
  await usage(['--last', '0s'], /--last must be a duration/);
  await usage(['--from', '5'], /go together/);
  await usage(['--from', '5', '--to', '4'], /must be before/);
  await usage(['--from', '5', '--to', 'never'], /--to must be RFC 3339/);
  await usage(['--last', '1d', '--from', '5', '--to', '6'], /want --last, or/);
  await usage(['--limit', '1001'], /from 1 to 1000/);
  const away = await start(t, undefined, 'http://127.0.0.1:1');
  const { code, err } = await away.run(LIST);
  assert.equal(code, 3);
  assert.match(err, /^cannot backtest the policies: cannot reach/);
  const busy = await start(t, () => {
    throw new UnavailableError('VED_GUARD_BUSY', 'another backtest runs');
  });
  assert.deepEqual(await busy.run(LIST), {
    code: 3,
    out: '',
    err: 'cannot backtest the policies: another backtest runs (HTTP 503)\n',
  });
});
