import { expect, test } from 'vitest';
import { openEventSocket } from './event-socket.ts';

/** A server whose answers come when the test says so. */
function start(status = 200, type = 'application/json') {
  const events: string[] = [];
  const posts: { readonly body: unknown; answer: (status: number) => void }[] = [];
  let stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => void (stream = controller) });
  const fake = (url: string, init?: RequestInit): Promise<Response> => {
    if (url === '/events?c=id')
      return Promise.resolve(
        new Response(status === 200 ? body : null, { status, headers: { 'content-type': type } }),
      );
    return new Promise((resolve) => {
      const answer = (code: number): void => resolve(new Response(null, { status: code }));
      posts.push({ body: JSON.parse(init?.body as string), answer });
    });
  };
  const socket = openEventSocket(
    { fetch: fake as typeof fetch, eventsUrl: '/events', messagesUrl: '/messages', connectionId: 'id' },
    {
      onOpen: () => events.push('open'),
      onMessage: (text) => events.push(text),
      onClose: (code) => events.push(`closed ${code}`),
    },
  );
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const say = async (text: string): Promise<void> => {
    stream?.enqueue(new TextEncoder().encode(text));
    await settle();
  };
  return { events, posts, socket, say, settle, end: () => stream?.close() };
}

test('it is open with the first word, and events come whole however they are cut', async () => {
  const { events, say, settle } = start();
  await settle();
  expect(events).toEqual([]);
  await say(': vedette\n\nda');
  expect(events).toEqual(['open']);
  await say('ta: {"op":"po');
  await say('ng"}\n\n: ping\n\ndata: 2\n\n');
  expect(events).toEqual(['open', '{"op":"pong"}', '2']);
});

test('what is said at once leaves in one post, and the next waits for its answer', async () => {
  const { posts, socket, settle } = start();
  socket.send('1');
  socket.send('2');
  await settle();
  socket.send('3');
  await settle();
  expect(posts.map(({ body }) => body)).toEqual([[1, 2]]);
  posts[0]!.answer(204);
  await settle();
  expect(posts.map(({ body }) => body)).toEqual([[1, 2], [3]]);
});

test('the end has the code of the server, of its refusal, or none', async () => {
  const closed = start();
  await closed.say('event: close\ndata: {"code":4408,"reason":"slow"}\n\n');
  expect(closed.events).toEqual(['open', 'closed 4408']);
  const refused = start(401);
  await refused.settle();
  expect(refused.events).toEqual(['closed 4401']);
  const broken = start();
  await broken.say(': x\n\n');
  broken.end();
  await broken.settle();
  expect(broken.events).toEqual(['open', 'closed 1006']);
});

test('messages that are not taken end the connection, once', async () => {
  const { events, posts, socket, say, settle } = start();
  await say(': x\n\n');
  socket.send('1');
  await settle();
  posts[0]!.answer(404);
  await settle();
  await settle();
  expect(events).toEqual(['open', 'closed 1006']);
});

test('one that we close says nothing any more', async () => {
  const { events, socket, say } = start();
  socket.close();
  await say('data: 1\n\n').catch(() => undefined);
  expect(events).toEqual([]);
});

test('a proxy that blocks is a network that is broken, not a refusal', async () => {
  const { events, settle } = start(403, 'text/html');
  await settle();
  expect(events).toEqual(['closed 1006']);
});
