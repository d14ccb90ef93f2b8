import type { LIVE_PROTOCOL } from '@vedette/api';
import { apiUrl } from '../api/http.ts';
import type { LiveSocket, SocketEvents } from './live-client.ts';

/** A WebSocket of the browser, in the shape the client wants. */
export function openBrowserSocket(protocol: typeof LIVE_PROTOCOL, events: SocketEvents): LiveSocket {
  const url = new URL(apiUrl('/api/live'));
  url.protocol = url.protocol.replace('http', 'ws');
  const socket = new WebSocket(url, protocol);
  socket.addEventListener('open', () => events.onOpen());
  socket.addEventListener('message', (message) => events.onMessage(String(message.data)));
  socket.addEventListener('close', (close) => events.onClose(close.code));
  return { send: (text) => socket.send(text), close: () => socket.close() };
}
