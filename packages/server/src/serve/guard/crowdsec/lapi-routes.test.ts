import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemClock } from '../../../lib/system-clock.ts';
import { FakeGuard } from '../guard-fixture.ts';
import { BOUNCER_KEY, BY, soonMs, startGuardScene, type GuardScene } from '../guard-scene.ts';
import { formatGoDuration, lapiIdOf, type LapiDecision } from './lapi-decision.ts';
import { lapiRoutes } from './lapi-routes.ts';

interface Changes {
  readonly new: readonly LapiDecision[];
  readonly deleted: readonly LapiDecision[];
}

async function pull(scene: GuardScene, query = '', key = BOUNCER_KEY): Promise<Changes> {
  const answer = await scene.get(`/v1/decisions/stream?${query}`, { 'x-api-key': key });
  assert.equal(answer.status, 200);
  return (await answer.json()) as Changes;
}

/** `+value` and `-value`. */
async function changes(scene: GuardScene, query = '', key = BOUNCER_KEY): Promise<string> {
  const { new: added, deleted } = await pull(scene, query, key);
  return [...deleted.map(({ value }) => `-${value}`), ...added.map(({ value }) => `+${value}`)].join(' ');
}

const ip = (subject: string) => ({ scope: 'ip', subject, untilMs: soonMs(), ...BY }) as const;

test('durations are Go’s', () => {
  const check = (ms: number, want: string): void => assert.equal(formatGoDuration(ms), want);
  check(0, '0s');
  check(-0.2, '0s');
  check(1, '0.001s');
  check(59_900, '59.9s');
  check(60_000, '1m0s');
  check(3_600_000, '1h0m0s');
  check(14_399_900, '3h59m59.9s');
  check(-61_500, '-1m1.5s');
  check(315_360_000_000, '87600h0m0s');
});

test('ids are whole numbers that JSON carries exactly', () => {
  assert.equal(lapiIdOf('ffffffff-ffff-4fff-8fff-ffffffffffff'), 2 ** 48 - 1);
  assert.ok(Number.isSafeInteger(lapiIdOf('ffffffff-ffff-4fff-8fff-ffffffffffff')));
  assert.equal(lapiIdOf('no uuid'), 0);
});

test('a decision has the fields of CrowdSec’s', async (t) => {
  const scene = await startGuardScene(t);
  const { id } = await scene.guard.ban(ip('192.0.2.1'));
  const { new: added, deleted } = await pull(scene, 'startup=true');
  assert.deepEqual(deleted, []);
  const { duration, until, ...rest } = added[0] ?? assert.fail('nothing');
  assert.match(duration, /^(?:5\d(?:\.\d{1,3})?s|1m0s)$/);
  assert.equal(Math.abs(Date.parse(until) - soonMs()) < 10_000, true);
  assert.deepEqual(rest, {
    id: Number.parseInt(id.replace('-', '').slice(0, 12), 16),
    uuid: id,
    origin: 'vedette',
    type: 'ban',
    scope: 'Ip',
    value: '192.0.2.1',
    scenario: 'vedette/person',
    simulated: false,
  });
});

test('after the start a bouncer is told what changed, each on its own', async (t) => {
  const scene = await startGuardScene(t);
  const first = await scene.guard.ban(ip('192.0.2.1'));
  assert.equal(await changes(scene, 'startup=true'), '+192.0.2.1');
  assert.equal(await changes(scene, 'startup=false'), '');
  await scene.guard.ban(ip('192.0.2.2'));
  assert.equal(await changes(scene), '+192.0.2.2');
  await scene.guard.extend(first.id, soonMs() + 1000, BY);
  assert.equal(await changes(scene), '+192.0.2.1');
  await scene.guard.lift(first.id, BY);
  assert.equal(await changes(scene), '-192.0.2.1');
  assert.equal(await changes(scene), '');
  assert.equal(await changes(scene, 'startup=true'), '-192.0.2.1 +192.0.2.2');
  const other = `${BOUNCER_KEY}-other`;
  assert.equal(await changes(scene, '', other), '-192.0.2.1 +192.0.2.2');
  assert.equal(await changes(scene, '', other), '');
});

test('what a bouncer did not get, since it went away before, it is told with the next answer', async () => {
  const clock = new SystemClock();
  const guard = new FakeGuard(clock);
  const createSlicer = () => ({ shouldYield: () => false, yield: () => Promise.resolve() });
  const routes = lapiRoutes({ clock, guard: () => Promise.resolve(guard), createSlicer });
  const stream = routes.find(({ path }) => path.endsWith('stream')) ?? assert.fail('no route');
  const ask = async (connection = new AbortController()): Promise<readonly string[]> => {
    const { body = '' } = await stream.handle({
      method: 'GET',
      path: '/v1/decisions/stream',
      params: {},
      form: new URLSearchParams(),
      query: new URLSearchParams(),
      headers: {},
      remoteAddress: '127.0.0.1',
      body: new Uint8Array(),
      role: undefined,
      bouncer: 'edge',
      signal: connection.signal,
    });
    let text = '';
    for await (const piece of body) text += String(piece);
    return [...text.matchAll(/"value":"([^"]*)"/g)].map(([, value = '']) => value);
  };
  await guard.ban(ip('192.0.2.1'));
  assert.deepEqual(await ask(), ['192.0.2.1']);
  await guard.ban(ip('192.0.2.2'));
  const broken = new AbortController();
  assert.deepEqual(await ask(broken), ['192.0.2.2']);
  broken.abort();
  assert.deepEqual(await ask(), ['192.0.2.1', '192.0.2.2']);
  assert.deepEqual(await ask(), []);
});

test('another decision about the same value is not a deletion', async (t) => {
  const scene = await startGuardScene(t);
  const first = await scene.guard.ban(ip('192.0.2.1'));
  await changes(scene, 'startup=true');
  await scene.guard.lift(first.id, BY);
  await scene.guard.ban(ip('192.0.2.1'));
  assert.equal(await changes(scene), '+192.0.2.1');
});

test('addresses and networks are what is told unless other scopes are asked for', async (t) => {
  const scene = await startGuardScene(t);
  await scene.guard.ban(ip('192.0.2.1'));
  await scene.guard.ban({ scope: 'range', subject: '10.0.0.0/8', untilMs: null, ...BY });
  await scene.guard.ban({ scope: 'user', subject: 'u\n😀', untilMs: null, ...BY });
  await scene.guard.ban({ ...ip('192.0.2.9'), kind: 'slow' });
  await scene.guard.ban({ ...ip('192.0.2.8'), kind: 'challenge' });
  assert.equal(await changes(scene, 'startup=true'), '+192.0.2.1 +10.0.0.0/8 +192.0.2.8');
  assert.equal(await changes(scene, 'startup=true&scopes=user'), '+u\n😀');
  assert.equal(await changes(scene, 'startup=true&scopes=Range,User'), '+10.0.0.0/8 +u\n😀');
  assert.equal(await changes(scene, 'startup=true&scopes=planet'), '');
  assert.equal(await changes(scene, 'startup=true&origins=cscli,crowdsec'), '');
  assert.equal(await changes(scene, 'startup=true&origins=cscli,vedette&scopes=range'), '+10.0.0.0/8');
  assert.equal(await changes(scene, 'startup=true&scenarios_containing=per-minute'), '');
  assert.equal(await changes(scene, 'startup=true&scenarios_not_containing=PERSON'), '');
  const { new: added } = await pull(scene, 'startup=true&scopes=range');
  assert.equal(added[0]?.duration, '87600h0m0s');
  const many = await scene.get(`/v1/decisions/stream?scopes=${'a,'.repeat(101)}`);
  assert.equal(many.status, 400);
});

test('single questions are answered with a list, or null', async (t) => {
  const scene = await startGuardScene(t);
  await scene.guard.ban(ip('192.0.2.1'));
  await scene.guard.ban({ ...ip('10.1.0.0/16'), scope: 'range' });
  await scene.guard.ban({ ...ip('u1'), scope: 'user' });
  const ask = async (query: string): Promise<string> => {
    const answer = await scene.get(`/v1/decisions?${query}`);
    assert.equal(answer.status, 200);
    const found = (await answer.json()) as readonly LapiDecision[] | null;
    return found === null ? 'null' : found.map(({ value }) => value).join(' ');
  };
  assert.equal(await ask('ip=192.0.2.1'), '192.0.2.1');
  assert.equal(await ask('ip=::ffff:192.0.2.1'), '192.0.2.1');
  assert.equal(await ask('ip=10.1.2.3'), '10.1.0.0/16');
  assert.equal(await ask('ip=10.2.2.3'), 'null');
  assert.equal(await ask('range=10.1.2.0/24'), '10.1.0.0/16');
  assert.equal(await ask('range=10.0.0.0/8'), 'null');
  assert.equal(await ask('range=10.0.0.0/8&contains=false'), '10.1.0.0/16');
  assert.equal(await ask('scope=User&value=u1'), 'u1');
  assert.equal(await ask('value=u1'), 'u1');
  assert.equal(await ask('scope=ip&value=u1'), 'null');
  assert.equal(await ask(''), '192.0.2.1 10.1.0.0/16');
  assert.equal(await ask('type=captcha'), 'null');
  for (const bad of ['ip=x', `ip=${'1'.repeat(9000)}`, 'range=10.0.0.0', 'range=::/200'])
    assert.equal((await scene.get(`/v1/decisions?${bad}`)).status, 400, bad.slice(0, 40));
});

test('a wrong key is refused as there, and HEAD tries one', async (t) => {
  const scene = await startGuardScene(t);
  const head = async (key: string): Promise<number> =>
    (await fetch(`${scene.url}/v1/decisions`, { method: 'HEAD', headers: { 'x-api-key': key } })).status;
  assert.equal(await head(BOUNCER_KEY), 200);
  assert.equal(await head(`${BOUNCER_KEY}x`), 403);
  assert.equal(await head(''), 403);
  const refused = await scene.get('/v1/decisions/stream', { 'x-api-key': 'wrong' });
  assert.match(((await refused.json()) as { message: string }).message, /^access forbidden/);
});

test('usage metrics are taken when they are an object', async (t) => {
  const scene = await startGuardScene(t);
  const post = async (body: string): Promise<number> => {
    const headers = { 'x-api-key': BOUNCER_KEY };
    return (await fetch(`${scene.url}/v1/usage-metrics`, { method: 'POST', headers, body })).status;
  };
  assert.equal(await post('{"remediation_components":[]}'), 201);
  for (const bad of ['', '[]', 'null', '{', '"x"']) assert.equal(await post(bad), 400, bad);
  assert.equal(await post(`{"x":"${'x'.repeat(300_000)}"}`), 413);
});
