import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventSocket } from './event-socket.ts';

const NOTHING = (): void => undefined;

async function rest(texts: AsyncGenerator<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const text of texts) all.push(text);
  return all;
}

test('frames leave in order as events, and the end says its code', async () => {
  const socket = new EventSocket();
  socket.send('{"op":"pong"}', NOTHING);
  socket.ping();
  socket.close(4408, 'too slow');
  socket.send('{"after":"the end"}', NOTHING);
  assert.deepEqual(await rest(socket.texts(new AbortController().signal)), [
    ': vedette.live.v1\n\n',
    'data: {"op":"pong"}\n\n',
    ': ping\n\n',
    'event: close\ndata: {"code":4408,"reason":"too slow"}\n\n',
  ]);
});

test('what the reader has not taken counts as buffered, and is told when it has left', async () => {
  const socket = new EventSocket();
  const written: string[] = [];
  socket.send('a', () => written.push('a'));
  socket.send('bb', () => written.push('bb'));
  const whole = 'data: a\n\n'.length + 'data: bb\n\n'.length;
  assert.equal(socket.bufferedBytes, whole);
  const texts = socket.texts(new AbortController().signal);
  await texts.next();
  assert.equal((await texts.next()).value, 'data: a\n\n');
  assert.equal(socket.bufferedBytes, whole, 'handed over, not asked for the next');
  assert.equal((await texts.next()).value, 'data: bb\n\n');
  assert.deepEqual(written, ['a']);
  assert.equal(socket.bufferedBytes, 'data: bb\n\n'.length);
});

test('a reader that waits gets what comes, and ends when it goes away', async () => {
  const socket = new EventSocket();
  const stop = new AbortController();
  const texts = socket.texts(stop.signal);
  await texts.next();
  const next = texts.next();
  socket.send('x', NOTHING);
  assert.equal((await next).value, 'data: x\n\n');
  const last = texts.next();
  stop.abort();
  assert.equal((await last).done, true);
});

test('given up, it has the answer cut off, whether its reader comes back or not', async () => {
  const socket = new EventSocket();
  socket.send('a', NOTHING);
  const texts = socket.texts(new AbortController().signal);
  await texts.next();
  assert.equal(socket.cutSignal.aborted, false);
  socket.terminate();
  assert.equal(socket.cutSignal.aborted, true);
  assert.equal(socket.bufferedBytes, 0);
});
