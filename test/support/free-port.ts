import { createServer } from 'node:net';

/**
 * Below the ports that Linux (from 32768 on) and others (from 49152 on) give to whoever names none. A port from there
 * may be somebody else's before the program that was told it listens: every connection of every test takes one.
 */
const FIRST = 20_000;
const LAST = 32_000;

/** A loopback port that nobody listens on at this moment, for programs that must know theirs before they start. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  return await new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => void server.close(() => resolve(true)));
  });
}
