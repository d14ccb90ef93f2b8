/**
 * The live protocol over plain HTTP: the path of the socket (which tells plain requests to upgrade), tickets, and
 * for networks without WebSockets the events and the messages.
 *
 * A connection of events is named by its client with a secret of its own; messages are taken for it only with the
 * same session, or by the same token. Its role comes from the request that opened it, and is asked again like that of a socket.
 */
import {
  LIVE_EVENTS_PATH,
  LIVE_LIMITS,
  LIVE_MESSAGES_PATH,
  LIVE_PATH,
  LIVE_PROTOCOL,
  LIVE_TICKET_PATH,
  type LiveTicket,
} from '@vedette/api';
import { z } from 'zod';
import type { AccessGuard } from '../auth/access-guard.ts';
import { actorOf } from '../auth/caller.ts';
import { jsonBodyOf } from '../http/json-body.ts';
import { errorAnswer, jsonAnswer, type HttpAnswer, type HttpRequest, type Route } from '../http/route.ts';
import { EventSocket } from './event-socket.ts';
import { liveRecheck } from './live-access.ts';
import type { LiveConnection } from './live-connection.ts';
import type { LiveHub } from './live-hub.ts';
import type { LiveTickets } from './live-tickets.ts';

export interface LiveRoutesDeps {
  readonly guard: AccessGuard;
  readonly hub: LiveHub;
  readonly tickets: LiveTickets;
}

const EVENT_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // nginx would hold events back to fill its buffers.
  'x-accel-buffering': 'no',
  // Else the socket stays open after the end, idle, and a stopping server waits for it.
  connection: 'close',
};

/** At least 128 bits in hexadecimal or base64url: whoever could guess it could speak for its client. */
const CONNECTION_ID = /^[\w-]{22,64}$/;

/** The path of the live socket as a route: it carries the role; plain requests are told to upgrade. */
export const LIVE_ROUTE: Route = {
  surface: 'live',
  methods: ['GET'],
  path: LIVE_PATH,
  access: 'viewer',
  errors: 'json',
  handle: () => {
    const answer = errorAnswer(
      426,
      'bad_data',
      `this is a WebSocket; connect with the subprotocol ${LIVE_PROTOCOL}`,
    );
    return { ...answer, headers: { ...answer.headers, upgrade: 'websocket' } };
  },
};

interface Open {
  readonly connection: LiveConnection;
  readonly sessionId: string | undefined;
  readonly actor: string;
}

export function liveRoutes(deps: LiveRoutesDeps): readonly Route[] {
  const open = new Map<string, Open>();
  const route = (method: 'GET' | 'POST', path: string, handle: Route['handle']): Route => ({
    surface: 'live',
    methods: [method],
    path,
    access: 'viewer',
    bodyBytesMax: LIVE_LIMITS.messageBytesMax,
    errors: 'json',
    handle,
  });
  return [
    LIVE_ROUTE,
    route('POST', LIVE_TICKET_PATH, (request) => issueTicket(deps.tickets, request)),
    route('GET', LIVE_EVENTS_PATH, (request) => openEvents(deps, open, request)),
    route('POST', LIVE_MESSAGES_PATH, (request) => takeMessages(open, request)),
  ];
}

function issueTicket(tickets: LiveTickets, { method, headers, remoteAddress }: HttpRequest): HttpAnswer {
  const ticket = tickets.issue({ method, headers, remoteAddress });
  if (ticket === undefined)
    return errorAnswer(
      503,
      'unavailable',
      'cannot issue a ticket: as many as the limit TICKETS_MAX wait to be used; try again in 30s',
    );
  const issued: LiveTicket = { ticket, expiresInMs: LIVE_LIMITS.ticketMs };
  return jsonAnswer(200, issued);
}

function openEvents(
  { guard, hub }: LiveRoutesDeps,
  open: Map<string, Open>,
  request: HttpRequest,
): HttpAnswer {
  const id = request.query.get('c') ?? '';
  if (!CONNECTION_ID.test(id))
    return errorAnswer(
      400,
      'bad_data',
      'cannot open live events: parameter "c" must be 22 to 64 letters, digits, "-" or "_"',
    );
  if (open.has(id))
    return errorAnswer(409, 'bad_data', 'cannot open live events: parameter "c" names an open connection');
  if (!hub.hasRoom)
    return errorAnswer(
      503,
      'unavailable',
      'cannot open live events: the server has as many live connections as server.limits.live_connections allows',
    );
  const socket = new EventSocket();
  const { method, headers, remoteAddress, role, caller } = request;
  const granted = { kind: 'granted', role, caller } as const;
  const connection = hub.connect(socket, liveRecheck(guard, { method, headers, remoteAddress }, granted));
  open.set(id, { connection, sessionId: caller?.sessionId, actor: actorOf(request) });
  const leave = (): void => {
    open.delete(id);
    hub.disconnect(connection);
  };
  // The answer may never be pulled: whoever asked may be gone already.
  request.signal.addEventListener('abort', leave, { once: true });
  const body = untilEnd(socket, request.signal, leave);
  return { status: 200, headers: EVENT_HEADERS, isLive: true, cutSignal: socket.cutSignal, body };
}

async function* untilEnd(
  socket: EventSocket,
  signal: AbortSignal,
  leave: () => void,
): AsyncGenerator<string> {
  try {
    yield* socket.texts(signal);
  } finally {
    leave();
  }
}

function takeMessages(open: ReadonlyMap<string, Open>, request: HttpRequest): HttpAnswer {
  const found = open.get(request.query.get('c') ?? '');
  const isHis = found?.sessionId === request.caller?.sessionId && found?.actor === actorOf(request);
  if (found === undefined || !isHis)
    return errorAnswer(
      404,
      'not_found',
      `cannot take messages: no live events are open under this "c"; open ${LIVE_EVENTS_PATH} first`,
    );
  for (const message of jsonBodyOf(request, messagesBody, '[{"op":"ping"}]'))
    found.connection.receiveJson(message);
  return { status: 204 };
}

const messagesBody = z
  .array(z.unknown())
  .max(
    LIVE_LIMITS.messagesPerPostMax,
    `want at most ${LIVE_LIMITS.messagesPerPostMax} messages (messagesPerPostMax)`,
  );
