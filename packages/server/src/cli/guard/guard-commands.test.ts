/** The commands of the guard, against a real server in this process. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { guardDecision, guardDecisions, guardPolicies } from '@vedette/api';
import { BY, soonMs, startGuardScene, type GuardScene } from '../../serve/guard/guard-scene.ts';
import { runCli } from '../run.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

type Guard = (...args: readonly string[]) => Promise<Outcome>;

function against(url: string): Guard {
  return async (...args) => {
    let out = '';
    let err = '';
    const code = await runCli(['guard', ...args], {
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      env: { VEDETTE_URL: url, USER: 'me' },
      workingDirectory: '/',
    });
    return { code, out, err };
  };
}

async function start(t: TestContext): Promise<{ readonly scene: GuardScene; readonly guard: Guard }> {
  const scene = await startGuardScene(t);
  return { scene, guard: against(scene.url) };
}

const REASON = ['--reason', 'floods'];

test('a subject is banned, listed, extended, approved and lifted', async (t) => {
  const { scene, guard } = await start(t);
  const made = await guard('ban', 'u1', '--for', '2h', ...REASON);
  assert.deepEqual([made.code, made.err], [0, '']);
  assert.match(made.out, /^[0-9a-f-]{36} {2}user "u1": refuse, temporary, live, until \d{4}-.* UTC\n$/);
  const [held] = scene.guard.live();
  const id = held?.id ?? assert.fail('nobody is held');
  assert.ok(Math.abs((held?.untilMs ?? 0) - Date.now() - 7_200_000) < 60_000);
  const list = await guard('list', '--live');
  assert.match(
    list.out,
    /^Id +Subject +Kind .*\n[0-9a-f-]{36} {2}user:u1 {2,}refuse {2,}temporary {2,}live .*floods/,
  );
  assert.match(
    (await guard('extend', id, '--permanent', ...REASON)).out,
    /permanent, live, until a person lifts it/,
  );
  assert.match((await guard('approve', id, ...REASON)).out, /live/);
  assert.match((await guard('lift', id, '--reason', 'mercy', '--by', 'ann')).out, /lifted\n$/);
  assert.deepEqual(scene.guard.live(), []);
  const why = await guard('why', id);
  assert.match(why.out, /^refuse, permanent, level 1: user "u1" \(lifted\)\n {2}decision {2}/);
  assert.match(why.out, /evidence {2}me decided\n/);
  assert.match(
    why.out,
    /UTC {2}made\n.*permanent, until a person lifts it, by me: floods\n.*approved by me: floods\n.*lifted by ann: mercy\n$/,
  );
});

test('all that holds for a subject is lifted, and who is not held is told', async (t) => {
  const { scene, guard } = await start(t);
  await scene.guard.ban({ scope: 'ip', subject: '192.0.2.1', untilMs: soonMs(), ...BY });
  await scene.guard.ban({ scope: 'ip', subject: '192.0.2.1', untilMs: null, ...BY });
  const wrong = await guard('lift', '192.0.2.1', ...REASON);
  assert.deepEqual([wrong.code, wrong.err], [1, 'nothing holds for "192.0.2.1"\n']);
  const right = await guard('lift', '--scope', 'ip', '::ffff:192.0.2.1', ...REASON);
  assert.equal(right.code, 0);
  assert.equal(right.out.trim().split('\n').length, 2);
  assert.deepEqual(scene.guard.live(), []);
});

test('JSON is what the contract says', async (t) => {
  const { guard } = await start(t);
  const made = await guard('ban', 'u1', '--permanent', '--kind', 'slow', '--json', ...REASON);
  const { decisions } = guardDecisions.parse(JSON.parse(made.out));
  assert.equal(guardDecision.parse(decisions[0]).kind, 'slow');
  assert.deepEqual(
    guardDecisions.parse(JSON.parse((await guard('list', '--json')).out)).decisions,
    decisions,
  );
  assert.deepEqual(JSON.parse((await guard('why', 'u1', '--json')).out), { decisions });
  assert.deepEqual(JSON.parse((await guard('list', '--reviews', '--json')).out), { decisions: [] });
  assert.equal(guardPolicies.parse(JSON.parse((await guard('policies', '--json')).out)).policies.length, 1);
});

test('policies are listed, and put into another mode', async (t) => {
  const { guard } = await start(t);
  assert.match(
    (await guard('policies')).out,
    /^Policy +Mode .*\nper-minute {2}enforce {2,}enforce +3 +2 +1 +1 +50\.0 % +-/,
  );
  assert.match(
    (await guard('mode', 'per-minute', 'shadow', ...REASON)).out,
    /per-minute {2}shadow {2,}enforce/,
  );
  const unknown = await guard('mode', 'none', 'off', ...REASON);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /cannot set the mode: cannot find policy "none".*\(HTTP 404\)/);
});

test('hostile ids and reasons cannot move the cursor or make lines', async (t) => {
  const { scene, guard } = await start(t);
  const hostile = '\u001b[2J\u009b31m\nroot\t\u0007😀__proto__';
  const { id } = await scene.guard.ban({
    scope: 'user',
    subject: hostile,
    untilMs: soonMs(),
    by: hostile,
    reason: hostile,
  });
  for (const args of [['list'], ['why', id], ['lift', id, ...REASON]]) {
    const { code, out } = await guard(...args);
    assert.equal(code, 0, args.join(' '));
    assert.doesNotMatch(out.replaceAll('\n', ''), /\p{Cc}/u, args.join(' '));
    assert.doesNotMatch(out, /^root/m, args.join(' '));
    assert.match(out, /😀__proto__/);
  }
  const banned = await guard('ban', hostile, '--for', '1h', ...REASON);
  assert.match(banned.out, /user "sha256-[\w-]{43}": refuse/, 'as applications spell such an id');
  const nobody = await guard('why', `${hostile}x`);
  assert.equal(nobody.code, 1);
  assert.doesNotMatch(nobody.err.trimEnd(), /\p{Cc}/u);
});

test('wrong usage is told before anything is asked', async () => {
  const guard = against('http://127.0.0.1:1');
  const check = async (args: readonly string[], want: RegExp): Promise<void> => {
    const { code, err } = await guard(...args);
    assert.equal(code, 2, err);
    assert.match(err, want);
  };
  await check([], /want list, why, ban, .*got nothing/);
  await check(['constructor'], /got "constructor"/);
  await check(['list', 'x'], /unexpected argument "x"/);
  await check(['list', '--scope', 'ip'], /--scope says what --subject is/);
  await check(['list', '--reviews', '--live'], /it goes alone/);
  await check(['why'], /want the id of one decision/);
  await check(['ban', 'u', ...REASON], /want --for .* or --permanent/);
  await check(['ban', 'u', '--for', '1h', '--permanent', ...REASON], /want --for .* or --permanent/);
  await check(['ban', 'u', '--for', '0s', ...REASON], /must be a duration/);
  await check(['ban', 'u', '--for', '1h'], /want --reason/);
  await check(['ban', 'u', 'v', '--for', '1h', ...REASON], /want one subject; got "v", too/);
  await check(['ban', 'u', '--for', '1h', '--scope', 'moon', ...REASON], /--scope must be one of user, ip/);
  await check(['ban', 'u', '--for', '1h', '--kind', 'hang', ...REASON], /--kind must be one of refuse/);
  await check(['lift', ...REASON], /want the ids of decisions, or subjects/);
  await check(['approve', 'x'], /want --reason/);
  await check(['mode', 'p', 'loud', ...REASON], /want a policy and one of off, shadow, canary, enforce/);
  await check(['policies', '--server', 'ftp://x'], /--server must be a URL/);
  await check(['policies', '--token-file', '/none'], /cannot read the token file/);
});

test('the server’s refusals, and servers that are none, are told apart', async (t) => {
  const { guard } = await start(t);
  const refused = await guard('ban', '10.0.0.0', '--scope', 'range', '--for', '1h', ...REASON);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /^cannot ban the subject: .*must be a network such as 203\.0\.113\.0\/24/);
  const unknown = await guard('approve', '../../../status', ...REASON);
  assert.equal(unknown.code, 1);
  assert.match(unknown.err, /cannot find decision/);
  const away = await against('http://127.0.0.1:1')('list');
  assert.equal(away.code, 3);
  assert.match(away.err, /^cannot list decisions: cannot reach http:\/\/127\.0\.0\.1:1/);
  const other = createServer((_, response) => response.end('{"hello":1}')).listen(0, '127.0.0.1');
  await new Promise((resolve) => void other.once('listening', resolve));
  t.after(() => other.close());
  const strange = await against(`http://127.0.0.1:${(other.address() as AddressInfo).port}`)('policies');
  assert.equal(strange.code, 3);
  assert.match(strange.err, /is this the address of a Vedette with a guard\?/);
});
