import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Plugin } from 'vite';
import type { LiveClientMessage, QuerySubscription } from '../../api/src/live.ts';
import { fakeAnswer } from './fake-answers.ts';
import { fakeSeriesOf, faultOf } from './fake-series.ts';
import { fakeAlerts, fakeStatus, type FakeScene } from './fake-state.ts';
import { acceptWebSocket, type DevSocket } from './web-socket.ts';

/**
 * A backend that invents its data, for `npm run dev` and for pictures: the pages can be worked on
 * without a server, and show states that a healthy machine does not (a target down, a failed
 * notification). The cookie `fake` chooses the scene: `fresh` for a new installation, `viewer` for
 * a reader who may change nothing, `locked` for one that wants a token.
 */
export function fakeServer(): Plugin {
  const install = (server: {
    httpServer: {
      on(event: 'upgrade', listener: (request: IncomingMessage, stream: Duplex) => void): unknown;
    } | null;
    middlewares: {
      use(handler: (request: IncomingMessage, response: ServerResponse, next: () => void) => void): unknown;
    };
  }): void => {
    server.middlewares.use((request, response, next) => void answer(request, response, next));
    server.httpServer?.on('upgrade', (request, stream) => {
      if (request.url === '/api/live')
        serveLive(acceptWebSocket(request, stream, 'vedette.live.v1'), sceneOf(request));
    });
  };
  return {
    name: 'vedette-fake-server',
    configureServer: (server) => install(server as Parameters<typeof install>[0]),
    configurePreviewServer: (server) => install(server as Parameters<typeof install>[0]),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, next: () => void): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const isPage = request.headers.accept?.includes('text/html') === true;
  if (!url.pathname.startsWith('/api/') && (isPage || !url.pathname.startsWith('/runbooks/'))) {
    next();
    return;
  }
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const {
    status = 200,
    type = 'application/json',
    text,
  } = fakeAnswer(
    url.pathname,
    new URLSearchParams([...url.searchParams, ...new URLSearchParams(body)]),
    sceneOf(request),
    body,
  );
  response.writeHead(status, { 'content-type': type }).end(text);
}

function sceneOf({ headers }: IncomingMessage): FakeScene {
  const scene = /\bfake=(\w+)/.exec(headers.cookie ?? '')?.[1];
  return scene === 'fresh' || scene === 'viewer' || scene === 'locked' ? scene : 'busy';
}

const TICK_MS = 2000;

function serveLive(socket: DevSocket, scene: FakeScene): void {
  const subscriptions = new Map<number, { seq: number; step: number; send: () => void }>();
  const timer = setInterval(() => {
    for (const { send } of subscriptions.values()) send();
  }, TICK_MS);
  socket.onClose(() => clearInterval(timer));
  socket.onMessage((text) => {
    const message = JSON.parse(text) as LiveClientMessage;
    if (message.op === 'ping') socket.send('{"op":"pong"}');
    if (message.op === 'unsub') subscriptions.delete(message.id);
    if (message.op !== 'sub') return;
    const { id } = message;
    let seq = 0;
    const send = (op: 'snap' | 'delta', data: unknown): void =>
      socket.send(JSON.stringify({ op, id, seq: ++seq, data }));
    if (message.topic === 'query') {
      serveQuery(message.params, send, (step, next) => subscriptions.set(id, { seq, step, send: next }));
      return;
    }
    const state = (): unknown => (message.topic === 'status' ? fakeStatus(scene) : fakeAlerts(scene));
    send('snap', state());
    subscriptions.set(id, { seq, step: 0, send: () => send('delta', state()) });
  });
}

function serveQuery(
  params: QuerySubscription,
  send: (op: 'snap' | 'delta', data: unknown) => void,
  follow: (step: number, next: () => void) => void,
): void {
  const { exprs, step } = params;
  const spanMs = spanOf(params.start);
  const errors = exprs.flatMap((expr, q) => {
    const fault = faultOf(expr);
    return fault === undefined ? [] : [{ q, ...fault }];
  });
  const all = exprs.flatMap((expr, q) =>
    faultOf(expr) === undefined ? fakeSeriesOf(expr).map((series) => ({ q, ...series })) : [],
  );
  const endOf = (): number => Math.floor(Date.now() / step) * step;
  const startOf = (endMs: number): number => Math.ceil((endMs - spanMs) / step) * step;
  const column = (at: (t: number) => number | null, fromMs: number, n: number): (number | null)[] =>
    Array.from({ length: n }, (_, i) => rounded(at(fromMs + i * step)));
  let lastMs = endOf();
  const t0 = startOf(lastMs);
  const n = (lastMs - t0) / step + 1;
  send('snap', {
    t0,
    step,
    n,
    series: all.map(({ q, labels, at }) => ({ q, l: labels, v: column(at, t0, n) })),
    errors,
  });
  follow(step, () => {
    const endMs = endOf();
    const k = Math.min(450, (endMs - lastMs) / step);
    if (k === 0) return;
    const t = lastMs + step;
    lastMs = endMs;
    send('delta', { t0: startOf(endMs), t, k, series: all.map(({ at }, i) => ({ i, v: column(at, t, k) })) });
  });
}

function rounded(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6));
}

function spanOf(start: number | string): number {
  const [, count = '15', unit = 'm'] = /^now-(\d+)([a-z]+)$/.exec(String(start)) ?? [];
  return Number(count) * ({ s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }[unit] ?? 60) * 1000;
}
