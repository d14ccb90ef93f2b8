import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { MetricsRegistry } from '../metrics/instruments.ts';

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly server: Server;
  /** A connection that has sent `text`. */
  send(text: string): Promise<Socket>;
}

/** Serves on a free port of the loopback until disposed. */
export async function serve(listener: RequestListener): Promise<TestServer> {
  return serving(createServer(listener));
}

export async function serving(server: Server): Promise<TestServer> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    server,
    send: async (text) => {
      const socket = connect(port, '127.0.0.1');
      await once(socket, 'connect');
      socket.write(text);
      return socket;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** All that comes until the other side closes. */
export async function textOf(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket) text += String(chunk);
  return text;
}

/** Turns of the event loop until `isTrue`; fails after very many. */
export async function until(isTrue: () => boolean): Promise<void> {
  for (let turn = 0; turn < 100_000; turn++) {
    if (isTrue()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`still not true: ${String(isTrue)}`);
}

/** `name{a="b"}` → value, of every sample. */
export function samplesOf(registry: MetricsRegistry): Map<string, number> {
  const samples = new Map<string, number>();
  for (const { samples: ofFamily } of registry.collect()) {
    for (const { name, labels, value } of ofFamily) {
      const pairs = [];
      for (let i = 0; i < labels.length; i += 2) pairs.push(`${labels[i]}="${labels[i + 1]}"`);
      samples.set(pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`, value);
    }
  }
  return samples;
}

/** Those whose name is `name`: labels → value. */
export function seriesOf(registry: MetricsRegistry, name: string): Record<string, number> {
  return Object.fromEntries(
    [...samplesOf(registry)].filter(([text]) => text === name || text.startsWith(`${name}{`)),
  );
}
