import type { LIVE_PROTOCOL } from '@vedette/api';
import { apiUrl } from '../api/http.ts';
import { openEventSocket } from './event-socket.ts';
import type { LiveSocket, SocketEvents } from './live-client.ts';
import type { LiveTransport } from './transport-ladder.ts';

/** A connection of the browser, in the shape the client wants. */
export function openBrowserSocket(
  protocol: typeof LIVE_PROTOCOL,
  events: SocketEvents,
  transport: LiveTransport,
): LiveSocket {
  if (transport === 'events')
    return openEventSocket(
      {
        fetch: (...request) => fetch(...request),
        eventsUrl: apiUrl('/api/live/events'),
        messagesUrl: apiUrl('/api/live/messages'),
        connectionId: newConnectionId(),
      },
      events,
    );
  const url = new URL(apiUrl('/api/live'));
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url, protocol);
  socket.addEventListener('open', () => events.onOpen());
  socket.addEventListener('message', (message) => events.onMessage(String(message.data)));
  socket.addEventListener('close', (close) => events.onClose(close.code));
  return { send: (text) => socket.send(text), close: () => socket.close() };
}

/** 128 bits. Not `randomUUID`: browsers have it over TLS and on localhost only. */
function newConnectionId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
