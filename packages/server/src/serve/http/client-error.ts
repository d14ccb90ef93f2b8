import type { Socket } from 'node:net';

const STATUSES: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** What cannot be parsed as HTTP, or does not come in time, is answered without a body and closed. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const { code = '' } = error;
  // Browsers open connections before they need them: a request that leaves as the time is over would take what is said
  // here for its answer. Of a connection that is closed they make another one.
  const isUnused = code === 'ERR_HTTP_REQUEST_TIMEOUT' && socket.bytesRead === 0;
  if (isUnused || !socket.writable) socket.destroy();
  else
    socket.end(
      `HTTP/1.1 ${STATUSES[code] ?? '400 Bad Request'}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    );
}
