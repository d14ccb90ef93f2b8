import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGuardedFetch, REQUEST_BYTES_MAX, type Fetch } from './guarded-fetch.ts';
import { REMOVED, Scrubber } from './scrub.ts';

/** What would have been sent, and the door to it. */
function guarded(answer: () => Response = () => new Response('{}')) {
  const sent: { readonly url: string; readonly init: RequestInit | undefined }[] = [];
  const fetch: Fetch = (input, init) => {
    sent.push({ url: input instanceof Request ? input.url : String(input), init });
    return Promise.resolve(answer());
  };
  const narrative = new AbortController();
  const options = { url: 'https://llm.example/v1', signal: narrative.signal };
  return {
    sent,
    narrative,
    ask: createGuardedFetch({ fetch, scrubber: new Scrubber(['own-secret']) }, options),
  };
}

test('nothing is sent to another origin than the configured one', async () => {
  const { ask, sent } = guarded();
  for (const url of [
    'https://gateway.example/v1/chat',
    'http://llm.example/v1/chat',
    'https://llm.example:8443/v1/chat',
    'https://llm.example@evil.example/v1',
  ])
    await assert.rejects(ask(url, { method: 'POST', body: '{}' }), /not the configured address/, url);
  assert.deepEqual(sent, []);
  await ask(new URL('https://llm.example/v1/chat'), { method: 'POST', body: '{}' });
  assert.equal(sent.length, 1);
});

test('a body loses its secrets once more, and keeps what must go back to the provider as it was', async () => {
  const { ask, sent } = guarded();
  const long = 'A1b2C3d4E5f6A1b2C3d4E5f6A1b2C3d4E5f6';
  const body = {
    model: 'm',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'own-secret and password=hunter2' }] }],
    thinking: { type: 'thinking', signature: long },
    tool: { id: long, input: { query: long } },
  };
  await ask('https://llm.example/v1/chat', { method: 'POST', body: JSON.stringify(body) });
  const text = sent[0]?.init?.body;
  assert.ok(typeof text === 'string');
  assert.deepEqual(JSON.parse(text), {
    ...body,
    messages: [{ role: 'user', content: [{ type: 'text', text: `${REMOVED} and password=${REMOVED}` }] }],
    tool: { id: long, input: { query: REMOVED } },
  });
});

test('a body that is no text, or too long, is not sent', async () => {
  const { ask, sent } = guarded();
  const post = (body: NonNullable<RequestInit['body']>) =>
    ask('https://llm.example/v1/chat', { method: 'POST', body });
  await assert.rejects(post(new Uint8Array(2)), /cannot check a body/);
  await assert.rejects(post(JSON.stringify('x'.repeat(REQUEST_BYTES_MAX))), /would be longer than/);
  assert.deepEqual(sent, []);
});

test('a request ends with the narrative, follows no redirect, and an answer has a limit', async () => {
  const { ask, sent, narrative } = guarded();
  await ask('https://llm.example/v1/chat', { method: 'POST', body: '{}' });
  assert.equal(sent[0]?.init?.redirect, 'manual');
  narrative.abort();
  assert.equal(sent[0].init.signal?.aborted, true);
});
