import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { LIVE_LIMITS, LIVE_PATH, LIVE_PROTOCOL, LIVE_TICKET_PATH } from '@vedette/api';
import { WebSocketServer, type WebSocket } from 'ws';
import { http } from '../../lib/node-http.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AccessGuard } from '../auth/access-guard.ts';
import { isSameOrigin } from '../auth/origin.ts';
import { withoutPrefix } from '../http/external-url.ts';
import { headerOf, type Route } from '../http/route.ts';
import type { LiveSocket } from './live-connection.ts';
import { liveRecheck, type Granted } from './live-access.ts';
import type { LiveHub } from './live-hub.ts';
import type { LiveAccessRequest, LiveTickets } from './live-tickets.ts';

/**
 * From an HTTP upgrade to a live connection. The same guard as for every request decides, and besides:
 * browsers let any page open a socket to any place, so `Origin` must be ours. A program that shows
 * its token in the `Authorization` header, which no page can set, may leave `Origin` out; who shows a ticket
 * (`?ticket=…`) has proven with the token that it may, wherever its page comes from.
 */
export interface LiveUpgradeDeps {
  readonly guard: AccessGuard;
  readonly hub: LiveHub;
  readonly tickets: LiveTickets;
  readonly log: Log;
  readonly route: Route;
  /** Route prefix without a final slash. */
  readonly prefix: string;
}

interface UpgradeRefusal {
  readonly kind: 'refused';
  readonly status: number;
  readonly message: string;
}

type Asked = UpgradeRefusal | { readonly kind: 'asked'; readonly request: LiveAccessRequest };

type Judged =
  | UpgradeRefusal
  | { readonly kind: 'granted'; readonly request: LiveAccessRequest; readonly granted: Granted };

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
    const judged = judgeUpgrade(deps, request);
    if (judged.kind === 'refused') return refuse(socket, judged);
    return sockets.handleUpgrade(request, socket, head, (webSocket) => connect(deps, judged, webSocket));
  });
  return () => {
    for (const webSocket of sockets.clients) webSocket.terminate();
  };
}

function judgeUpgrade(deps: LiveUpgradeDeps, request: IncomingMessage): Judged {
  const { guard, hub, route, prefix } = deps;
  const [path, query] = withoutPrefix(request.url ?? '', prefix).split('?', 2);
  if (path !== LIVE_PATH) return refusal(404, `only ${LIVE_PATH} can be upgraded`);
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
  if (!protocols.includes(LIVE_PROTOCOL)) return refusal(400, `the subprotocol must be ${LIVE_PROTOCOL}`);
  const asked = askerOf(deps, request, new URLSearchParams(query).get('ticket'));
  if (asked.kind === 'refused') return asked;
  const verdict = guard.judge(asked.request, route.access);
  if (verdict.kind === 'refused') return verdict;
  if (!hub.hasRoom)
    return refusal(503, 'the server has as many live sockets as server.limits.live_connections allows');
  return { kind: 'granted', request: asked.request, granted: verdict };
}

/** Who is to be judged: whoever asked for the ticket, else whoever asks for the upgrade. */
function askerOf(
  { guard, tickets }: LiveUpgradeDeps,
  request: IncomingMessage,
  ticket: string | null,
): Asked {
  if (ticket !== null) {
    const holder = tickets.redeem(ticket);
    if (holder !== undefined) return { kind: 'asked', request: holder };
    return refusal(401, `the ticket was used or has expired; ask for a new one at ${LIVE_TICKET_PATH}`);
  }
  const { headers } = request;
  const { origin } = headers;
  const hasToken = headerOf(headers, 'authorization') !== undefined;
  const isOurs =
    origin === undefined
      ? hasToken && guard.isSignInRequired
      : isSameOrigin(origin, headers, guard.ownOrigin);
  if (isOurs) return { kind: 'asked', request: accessRequestOf(request) };
  return refusal(
    403,
    `the Origin must be this server's own; got ${JSON.stringify(origin ?? 'none')}; behind a proxy set server.external_url`,
  );
}

function refusal(status: number, message: string): UpgradeRefusal {
  return { kind: 'refused', status, message };
}

function refuse(
  socket: Duplex,
  { status, message }: { readonly status: number; readonly message: string },
): void {
  const body = `cannot open a live socket: ${message}\n`;
  // A socket that was to be upgraded is watched by nobody: one that its client never closes would stay for ever.
  socket.once('finish', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? ''}\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function connect(
  deps: LiveUpgradeDeps,
  { request, granted }: Judged & { readonly kind: 'granted' },
  webSocket: WebSocket,
): void {
  const recheck = liveRecheck(deps.guard, request, granted);
  const connection = deps.hub.connect(liveSocketOf(webSocket), recheck);
  webSocket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) connection.close(4400, 'message not understood: want text');
    else connection.receive(data.toString('utf8'));
  });
  webSocket.on('ping', (data: Buffer) => connection.pinged(data));
  webSocket.on('pong', () => connection.heard());
  webSocket.on('error', (error) => deps.log.debug('a live socket failed', { error }));
  webSocket.on('close', () => deps.hub.disconnect(connection));
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

function accessRequestOf(request: IncomingMessage): LiveAccessRequest {
  return { method: 'GET', headers: request.headers, remoteAddress: request.socket.remoteAddress ?? '' };
}
