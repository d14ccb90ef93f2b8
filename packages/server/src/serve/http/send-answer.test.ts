import { once } from 'node:events';
import * as net from 'node:net';
import { after, test } from 'node:test';
import fastify from 'fastify';
import { sendAnswer } from './send-answer.ts';

const closing: (() => Promise<unknown>)[] = [];
after(() => Promise.all(closing.map((close) => close())));

test('a live answer that nobody reads is cut off when told so, and its source is told to stop', async (t) => {
  const cut = new AbortController();
  const stopped = Promise.withResolvers<void>();
  async function* endless(): AsyncGenerator<string> {
    try {
      for (;;) yield await Promise.resolve('x'.repeat(64 * 1024));
    } finally {
      stopped.resolve();
    }
  }
  const app = fastify({ forceCloseConnections: true });
  closing.push(() => app.close());
  app.get('/', (request, reply) =>
    sendAnswer(request, reply, { status: 200, isLive: true, cutSignal: cut.signal, body: endless() }),
  );
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as net.AddressInfo;
  const reader = net.connect(port, '127.0.0.1').pause();
  // Whoever does not read does not hear that the connection is gone either.
  t.after(() => reader.destroy());
  const [connected] = await Promise.all([
    once(app.server, 'connection') as Promise<[net.Socket]>,
    once(reader.end('GET / HTTP/1.1\r\nhost: x\r\n\r\n'), 'connect'),
  ]);
  const closed = once(connected[0], 'close');
  // Its reader has taken nothing: more is written than the network holds.
  while (connected[0].writableLength === 0) await new Promise((resolve) => setImmediate(resolve));
  cut.abort();
  await Promise.all([closed, stopped.promise]);
});
