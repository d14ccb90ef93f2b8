import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Status line and content type of a good page; headers and an empty line may follow. */
export const PAGE_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n';

/** A server below HTTP: gets each socket once its first bytes have come, and may do with it what it likes. */
export async function startHostile(t: TestContext, answer: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    socket.once('data', () => answer(socket));
    socket.on('data', () => undefined);
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => void server.close(resolve));
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server has no address');
  return address.port;
}

/** Writes `chunk` again and again as fast as it is read, then ends. */
export function pour(socket: Socket, chunk: Uint8Array, times: number): void {
  let left = times;
  const write = (): void => {
    while (left-- > 0) {
      if (socket.destroyed) return;
      if (!socket.write(chunk)) return void socket.once('drain', write);
    }
    socket.end();
  };
  write();
}

/** What the list of targets says when a scrape took too long: on a busy machine it may be that of any target. */
export const LATE = /context deadline exceeded/;

/** The most memory a process ever held, from the kernel; undefined where there is no /proc. */
export function residentBytesMax(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}
