import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIVE_LIMITS, LIVE_PATH, LIVE_PROTOCOL, type Role } from '@vedette/api';
import { WebSocketServer, type WebSocket } from 'ws';
import { http } from '../../lib/node-http.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AccessGuard, Verdict } from '../auth/access-guard.ts';
import { isSameOrigin } from '../auth/origin.ts';
import { withoutPrefix } from '../http/mount.ts';
import { headerOf, type Route } from '../http/route.ts';
import type { LiveSocket } from './live-connection.ts';
import type { LiveHub } from './live-hub.ts';

/**
 * From an HTTP upgrade to a live connection. The same guard as for every request decides, and besides:
 * browsers let any page open a socket to any place, so `Origin` must be ours. A program that shows
 * its token in the `Authorization` header, which no page can set, may leave `Origin` out.
 */
export interface LiveUpgradeDeps {
  readonly guard: AccessGuard;
  readonly hub: LiveHub;
  readonly log: Log;
  readonly route: Route & { readonly access: Role };
  /** Route prefix without a final slash. */
  readonly prefix: string;
}

interface UpgradeRefusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly message: string;
}

/** Returns the way to end the sockets that did not answer the closing handshake. */
export function acceptLiveSockets(deps: LiveUpgradeDeps, server: Server): () => void {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIVE_LIMITS.messageBytesMax,
    // Answered by the connection, which counts them.
    autoPong: false,
    handleProtocols: () => LIVE_PROTOCOL,
    // Snaps shrink to less than half; deltas are too small to be worth a context per socket.
    perMessageDeflate: {
      threshold: 8 * 1024,
      zlibDeflateOptions: { level: 1 },
      serverNoContextTakeover: true,
      clientNoContextTakeover: true,
    },
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const verdict = judge(deps, request);
    if (verdict.kind === 'refused') return refuse(socket, verdict);
    return sockets.handleUpgrade(request, socket, head, (webSocket) =>
      connect(deps, request, verdict, webSocket),
    );
  });
  return () => {
    for (const webSocket of sockets.clients) webSocket.terminate();
  };
}

type Granted = Verdict & { readonly kind: 'granted' };

function judge(
  { guard, hub, route, prefix }: LiveUpgradeDeps,
  request: IncomingMessage,
): Granted | UpgradeRefusal {
  if (withoutPrefix(request.url ?? '', prefix).split('?', 1)[0] !== LIVE_PATH)
    return { kind: 'refused', status: 404, message: `only ${LIVE_PATH} can be upgraded` };
  const { headers } = request;
  const { origin } = headers;
  const hasToken = headerOf(headers, 'authorization') !== undefined;
  const isOurs =
    origin === undefined
      ? hasToken && guard.isSignInRequired
      : isSameOrigin(origin, headers, guard.ownOrigin);
  if (!isOurs)
    return {
      kind: 'refused',
      status: 403,
      message: `the Origin must be this server's own; got ${JSON.stringify(origin ?? 'none')}; behind a proxy set server.external_url`,
    };
  const verdict = guard.judge(accessRequestOf(request), route.access);
  if (verdict.kind === 'refused') return verdict;
  const protocols = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!protocols.includes(LIVE_PROTOCOL))
    return { kind: 'refused', status: 400, message: `the subprotocol must be ${LIVE_PROTOCOL}` };
  if (!hub.hasRoom)
    return {
      kind: 'refused',
      status: 503,
      message: 'the server has as many live sockets as server.limits.live_connections allows',
    };
  return verdict;
}

function refuse(socket: Duplex, { status, message }: UpgradeRefusal): void {
  const body = `cannot open a live socket: ${message}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function connect(
  { guard, hub, log, route }: LiveUpgradeDeps,
  request: IncomingMessage,
  granted: Granted,
  webSocket: WebSocket,
): void {
  // The head of the request stays what it was; whether what it showed still counts is asked again.
  const accessRequest = accessRequestOf(request);
  const connection = hub.connect(liveSocketOf(webSocket), () => {
    const verdict = guard.recheck(accessRequest, granted, route.access);
    if (verdict.kind === 'granted') return 'allowed';
    return verdict.status === 403 ? 'forbidden' : 'signed-out';
  });
  webSocket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) connection.close(4400, 'message not understood: want text');
    else connection.receive(data.toString('utf8'));
  });
  webSocket.on('ping', (data: Buffer) => connection.pinged(data));
  webSocket.on('pong', () => connection.heard());
  webSocket.on('error', (error) => log.debug('a live socket failed', { error }));
  webSocket.on('close', () => hub.disconnect(connection));
}

function liveSocketOf(webSocket: WebSocket): LiveSocket {
  return {
    get bufferedBytes() {
      return webSocket.bufferedAmount;
    },
    send: (text, onWritten) => webSocket.send(text, (error) => (error ? undefined : onWritten())),
    ping: () => webSocket.ping(),
    pong: (data) => webSocket.pong(data),
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
  };
}

function accessRequestOf(request: IncomingMessage): {
  method: string;
  headers: IncomingMessage['headers'];
  remoteAddress: string;
} {
  return { method: 'GET', headers: request.headers, remoteAddress: request.socket.remoteAddress ?? '' };
}
