import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BY, soonMs, startGuardScene, type GuardScene } from '../guard-scene.ts';

const PATH = '/guard/forward-auth';

async function check(
  scene: GuardScene,
  query: string,
  headers: Readonly<Record<string, string>>,
  want: readonly [status: number, verdict: string | null],
): Promise<Response> {
  const answer = await scene.get(PATH + query, headers);
  assert.deepEqual(
    [answer.status, answer.headers.get('x-guard-verdict')],
    want,
    `${query} ${JSON.stringify(headers).slice(0, 200)}`,
  );
  return answer;
}

test('who is not held passes, and who is named by nobody, too', async (t) => {
  const scene = await startGuardScene(t);
  await scene.guard.ban({ scope: 'user', subject: 'mallory', untilMs: soonMs(), ...BY });
  const address = { 'x-forwarded-for': '192.0.2.1' };
  await check(scene, '', { ...address, 'x-user-id': 'alice' }, [200, 'allow']);
  await check(scene, '', address, [200, 'allow']);
  await check(scene, '', { ...address, 'x-user-id': '__proto__' }, [200, 'allow']);
  assert.equal(await (await check(scene, '', address, [200, 'allow'])).text(), '');
});

test('a refusal that ends is 429 with the time to wait, in problem+json', async (t) => {
  const scene = await startGuardScene(t);
  const { id } = await scene.guard.ban({ scope: 'user', subject: 'mallory', untilMs: soonMs(), ...BY });
  const headers = { 'x-forwarded-for': '192.0.2.1', 'x-user-id': 'mallory' };
  const answer = await check(scene, '', headers, [429, 'refuse']);
  assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8');
  const wait = Number(answer.headers.get('retry-after'));
  assert.ok(wait >= 55 && wait <= 60, String(wait));
  assert.equal(answer.headers.get('x-guard-decision'), id);
  const { until, retry_after: retryAfter, ...body } = (await answer.json()) as Record<string, unknown>;
  assert.deepEqual(body, {
    type: 'about:blank',
    title: 'Too Many Requests',
    status: 429,
    detail: `Too many requests. Try again in ${String(retryAfter)} seconds.`,
    decision_id: id,
    grade: 'temporary',
  });
  assert.equal(String(retryAfter), answer.headers.get('retry-after'));
  assert.ok(Date.parse(String(until)) > 0);
  await check(scene, '?deny=403', headers, [403, 'refuse']);
});

test('a refusal without an end and a challenge are 403, a slow-down passes', async (t) => {
  const scene = await startGuardScene(t);
  await scene.guard.ban({ scope: 'user', subject: 'ever', untilMs: null, ...BY });
  await scene.guard.ban({ scope: 'user', subject: 'robot', kind: 'challenge', untilMs: soonMs(), ...BY });
  await scene.guard.ban({ scope: 'user', subject: 'hasty', kind: 'slow', untilMs: soonMs(), ...BY });
  const as = (user: string) => ({ 'x-forwarded-for': '192.0.2.1', 'x-user-id': user });
  const ever = await check(scene, '', as('ever'), [403, 'refuse']);
  assert.equal(ever.headers.get('retry-after'), null);
  await check(scene, '', as('robot'), [403, 'challenge']);
  await check(scene, '', as('hasty'), [200, 'slow']);
});

test('ids are UTF-8, and the query names another header and scope', async (t) => {
  const scene = await startGuardScene(t);
  await scene.guard.ban({ scope: 'user', subject: 'jos\u00e9 😀', untilMs: soonMs(), ...BY });
  await scene.guard.ban({ scope: 'key', subject: 'k1', untilMs: soonMs(), ...BY });
  const bytes = Buffer.from('jos\u00e9 😀').toString('latin1');
  const address = { 'x-forwarded-for': '192.0.2.1' };
  await check(scene, '', { ...address, 'x-user-id': bytes }, [429, 'refuse']);
  await check(scene, '?header=X-Key&scope=key', { ...address, 'x-key': 'k1' }, [429, 'refuse']);
  await check(scene, '', { ...address, 'x-key': 'k1' }, [200, 'allow']);
});

test('the address is the entry that the trusted proxy wrote, whatever the client wrote before', async (t) => {
  const scene = await startGuardScene(t);
  await scene.guard.ban({ scope: 'ip', subject: '192.0.2.66', untilMs: soonMs(), ...BY });
  await scene.guard.ban({ scope: 'range', subject: '2001:db8::/32', untilMs: soonMs(), ...BY });
  const from = (list: string) => ({ 'x-forwarded-for': list });
  await check(scene, '', from('192.0.2.66'), [429, 'refuse']);
  await check(scene, '', from('10.0.0.1, 192.0.2.66'), [429, 'refuse']);
  await check(scene, '', from('192.0.2.66, 10.0.0.1'), [200, 'allow']);
  await check(scene, '?depth=2', from('192.0.2.66, 10.0.0.1'), [429, 'refuse']);
  await check(scene, '', from('::ffff:192.0.2.66'), [429, 'refuse']);
  await check(scene, '', from('192.0.2.66:4711'), [429, 'refuse']);
  await check(scene, '', from('[2001:db8::1]:4711'), [429, 'refuse']);
  await check(scene, '', from('2001:DB8:1::1'), [429, 'refuse']);
  const spoofed = Array.from({ length: 100 }, () => '192.0.2.66').join(', ');
  await check(scene, '', from(`${spoofed}, 10.0.0.1`), [200, 'allow']);
  // One header is believed, not whichever a client adds.
  await check(scene, '', { ...from('10.0.0.1'), 'x-real-ip': '192.0.2.66' }, [200, 'allow']);
  const real = { ...from('10.0.0.1'), 'x-real-ip': '192.0.2.66' };
  await check(scene, '?address=x-real-ip', real, [429, 'refuse']);
  await check(scene, '?address=none', from('192.0.2.66'), [200, 'allow']);
});

test('what the configuration says holds unless the query says otherwise', async (t) => {
  const forwardAuth = { subject_header: 'X-Line-Id', address_header: 'x-real-ip', trusted_hops: 2 };
  const scene = await startGuardScene(t, { forwardAuth });
  await scene.guard.ban({ scope: 'user', subject: 'mallory', untilMs: soonMs(), ...BY });
  await scene.guard.ban({ scope: 'ip', subject: '192.0.2.66', untilMs: soonMs(), ...BY });
  const real = { 'x-real-ip': '192.0.2.1' };
  await check(scene, '', { ...real, 'x-line-id': 'mallory' }, [429, 'refuse']);
  await check(scene, '', { ...real, 'x-user-id': 'mallory' }, [200, 'allow']);
  await check(scene, '?header=x-user-id', { ...real, 'x-user-id': 'mallory' }, [429, 'refuse']);
  await check(scene, '', { 'x-real-ip': '192.0.2.66' }, [429, 'refuse']);
  const hops = { ...real, 'x-forwarded-for': '192.0.2.66, 10.0.0.1' };
  await check(scene, '?address=x-forwarded-for', hops, [429, 'refuse']);
  await check(scene, '?address=x-forwarded-for&depth=1', hops, [200, 'allow']);
});

test('what cannot be judged is refused with the reason, as nginx can carry it out', async (t) => {
  const scene = await startGuardScene(t);
  const one = { 'x-forwarded-for': '192.0.2.1' };
  const refuse = async (query: string, headers: Record<string, string>, want: RegExp): Promise<void> => {
    assert.match(await (await check(scene, query, headers, [400, null])).text(), want);
    const nginx = await check(scene, `${query}${query === '' ? '?' : '&'}deny=403`, headers, [403, null]);
    assert.equal(nginx.headers.get('content-type'), 'application/problem+json');
  };
  await refuse('', {}, /header x-forwarded-for is missing.*address=none/);
  await refuse('', { 'x-forwarded-for': 'unknown' }, /got \\"unknown\\"/);
  await refuse('', { 'x-forwarded-for': 'x'.repeat(5000) }, /header x-forwarded-for/);
  await refuse('?depth=3', { 'x-forwarded-for': '1.1.1.1, 2.2.2.2' }, /2 entries, of which 3/);
  await refuse('', { ...one, 'x-user-id': 'x'.repeat(257) }, /at most 256 bytes; got 257/);
  await refuse('?depth=0', one, /depth.*from 1 to 16/);
  await refuse('?depth=17', one, /depth.*from 1 to 16/);
  await refuse('?scope=planet', one, /scope.*user, ip, range, session, key/);
  await refuse('?header=a%20b', one, /name of a header/);
  await refuse('?address=x-client', one, /address/);
  await check(scene, '?deny=500', one, [400, null]);
  await check(scene, '', { ...one, 'x-user-id': 'x'.repeat(256) }, [200, 'allow']);
});

test('without a key a forwarded request is refused, with one even pages of other sites may have caused it', async (t) => {
  const scene = await startGuardScene(t);
  const headers = {
    'x-forwarded-for': '192.0.2.1',
    origin: 'https://shop.example',
    'sec-fetch-site': 'cross-site',
  };
  await check(scene, '', headers, [200, 'allow']);
  const bare = await fetch(scene.url + PATH, { headers: { 'x-forwarded-for': '192.0.2.1' } });
  assert.equal(bare.status, 403);
  await check(scene, '', { ...headers, 'x-api-key': 'edge-key-edge-key-2' }, [403, null]);
  const elsewhere = await scene.get('/api/status', headers);
  assert.equal(elsewhere.status, 403);
});

test('a question in the form of Traefik’s is answered so that it can hand the refusal on', async (t) => {
  const scene = await startGuardScene(t);
  await scene.guard.ban({ scope: 'ip', subject: '172.18.0.1', untilMs: soonMs(), ...BY });
  // After its documentation: the client's headers, its own in X-Forwarded-*, the password of the address as basic authentication.
  const asked = {
    'accept-encoding': 'gzip',
    'user-agent': 'curl/8.5.0',
    authorization: `Basic ${Buffer.from('traefik:edge-key-edge-key-1').toString('base64')}`,
    'x-forwarded-for': '172.18.0.1',
    'x-forwarded-host': 'shop.example',
    'x-forwarded-method': 'POST',
    'x-forwarded-port': '80',
    'x-forwarded-proto': 'http',
    'x-forwarded-server': 'e7b0c1d2f3a4',
    'x-forwarded-uri': '/orders?x=1',
    'x-real-ip': '172.18.0.1',
  };
  const answer = await fetch(scene.url + PATH, { headers: asked });
  assert.equal(answer.status, 429);
  const passed = await fetch(scene.url + PATH, { headers: { ...asked, 'x-forwarded-for': '172.18.0.2' } });
  assert.deepEqual([passed.status, passed.headers.get('x-guard-verdict')], [200, 'allow']);
});
