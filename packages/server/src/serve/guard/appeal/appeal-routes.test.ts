import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnavailableError } from '@vedette/model';
import { BY, soonMs, startGuardScene, type GuardScene } from '../guard-scene.ts';
import { appealAnswer } from './appeal-page.ts';
import { APPEAL_WORDS, appealLanguageOf } from './appeal-words.ts';

async function start(
  t: Parameters<typeof startGuardScene>[0],
): Promise<{ readonly scene: GuardScene; readonly id: string; readonly link: string }> {
  const scene = await startGuardScene(t);
  const { id } = await scene.guard.ban({
    scope: 'user',
    subject: 'secret-subject',
    untilMs: soonMs(),
    ...BY,
  });
  return { scene, id, link: `${scene.url}/guard/appeal/${await scene.guard.appeals.issue(id)}` };
}

/** As a browser far away sends it. */
const FAR = {
  'x-forwarded-for': '203.0.113.9',
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'navigate',
};

async function send(link: string, text: string, headers: Record<string, string> = FAR): Promise<Response> {
  return await fetch(link, { method: 'POST', headers, body: new URLSearchParams({ text }) });
}

test('looking shows a page without a script and decides nothing, however often', async (t) => {
  const { scene, id, link } = await start(t);
  for (const method of ['GET', 'HEAD', 'GET', 'GET']) {
    const answer = await fetch(link, { method, headers: FAR });
    assert.equal(answer.status, 200);
    const policy = answer.headers.get('content-security-policy') ?? '';
    assert.match(policy, /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/);
    assert.equal(answer.headers.get('referrer-policy'), 'no-referrer');
    const html = await answer.text();
    if (method === 'HEAD') continue;
    assert.match(html, /^<!doctype html>\n<html lang="en">/);
    assert.match(html, /<label for="text">Tell us what happened<\/label>\n<textarea id="text"/);
    assert.doesNotMatch(html, /script|https?:|secret-subject|floods/);
  }
  assert.deepEqual(
    (await scene.guard.find(id))?.events.map(({ kind }) => kind),
    ['made'],
  );
});

test('the words are taken once, and the link is gone after that', async (t) => {
  const { scene, id, link } = await start(t);
  const answer = await send(link, ' it was\r\nmy brother 😀 ');
  assert.equal(answer.status, 200);
  assert.match(await answer.text(), /A person will look/);
  const events = (await scene.guard.find(id))?.events ?? [];
  assert.equal(events.length, 2);
  assert.ok(events[1]?.kind === 'appealed');
  assert.equal(events[1].text, 'it was\nmy brother 😀');
  for (const again of [await send(link, 'more'), await fetch(link, { headers: FAR })]) {
    assert.equal(again.status, 410);
    assert.match(await again.text(), /This link is used up/);
  }
  assert.equal((await scene.guard.find(id))?.events.length, 2);
});

test('a forged link is 403 whatever comes with it', async (t) => {
  const { scene } = await start(t);
  for (const token of ['x', 't-1', '%00', '__proto__', '..%2f', 'x'.repeat(4000)]) {
    const link = `${scene.url}/guard/appeal/${token}`;
    assert.equal((await fetch(link, { headers: FAR })).status, 403, token.slice(0, 20));
    assert.equal((await send(link, 'words')).status, 403, token.slice(0, 20));
    assert.equal((await send(link, '')).status, 403, token.slice(0, 20));
  }
});

test('words that cannot be taken leave the link as it is', async (t) => {
  const { link } = await start(t);
  const refuse = async (text: string): Promise<void> => {
    const answer = await send(link, text);
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), /role="alert" id="fault">Please write something, at most 2,000/);
  };
  await refuse('');
  await refuse(' \n ');
  await refuse('a\0b');
  await refuse('x'.repeat(2001));
  assert.equal((await fetch(link, { method: 'POST', headers: FAR, body: '{"text":"x"}' })).status, 400);
  assert.equal((await send(link, 'x'.repeat(40_000))).status, 413);
  assert.equal((await send(link, '😀'.repeat(1000))).status, 200);
});

test('what fails for now says that the link is still good', async (t) => {
  const { scene, link } = await start(t);
  t.mock.method(scene.guard.appeals, 'submit', () =>
    Promise.reject(new UnavailableError('VED_STATE_UNAVAILABLE', 'cannot write: disk')),
  );
  const answer = await send(link, 'words');
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '30']);
  assert.match(await answer.text(), /Your link is still good/);
});

test('the page speaks the languages that its reader does', async (t) => {
  const { scene, id, link } = await start(t);
  const check = (accepted: string, want: string): void =>
    assert.equal(appealLanguageOf(accepted), want, accepted.slice(0, 60));
  check('', 'en');
  check('*', 'en');
  check('de-DE,de;q=0.9', 'en');
  check('zh', 'zh-Hans');
  check('zh-CN,zh;q=0.9,en;q=0.8', 'zh-Hans');
  check('zh-TW', 'zh-Hant');
  check('zh-HK;q=0.9, en;q=0.1', 'zh-Hant');
  check('zh-Hant-TW', 'zh-Hant');
  check('zh-Hans-HK', 'zh-Hans');
  check('en;q=0.5, zh-Hant', 'zh-Hant');
  check('zh;q=0, en', 'en');
  check(';;;,,q=,zh;q=9999999999', 'zh-Hans');
  check('z'.repeat(1e6), 'en');
  const page = async (language: string): Promise<string> =>
    await (await fetch(link, { headers: { ...FAR, 'accept-language': language } })).text();
  assert.match(await page('zh-TW'), /<html lang="zh-Hant">[^]*申請複核[^]*限制解除時間/);
  assert.match(await page('zh-CN'), /<html lang="zh-Hans">[^]*申请复核/);
  await scene.guard.makePermanent(id, BY);
  assert.match(await page('en'), new RegExp(APPEAL_WORDS.en.noEnd));
  await scene.guard.lift(id, BY);
  assert.match(await page('en'), new RegExp(APPEAL_WORDS.en.over));
});

test('what others wrote cannot become markup', () => {
  const { body } = appealAnswer({
    status: 200,
    language: 'en',
    title: '<b>"&\'',
    paragraphs: ['</p><script>'],
  });
  assert.ok(typeof body === 'string');
  assert.match(body, /<h1>&#60;b&#62;&#34;&#38;&#39;<\/h1>\n<p>&#60;\/p&#62;&#60;script&#62;<\/p>/);
});
