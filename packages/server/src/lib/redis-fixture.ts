import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createClient } from 'redis';

const PROGRAM = '/usr/bin/redis-server';

/** For the `skip` option of tests with a real Redis: false when it is there. With VEDETTE_PEERS=required it must be. */
export function skipWithoutRedis(): string | false {
  if (existsSync(PROGRAM)) return false;
  const reason = `missing: ${PROGRAM}`;
  if (process.env['VEDETTE_PEERS'] === 'required') throw new Error(`${reason}; VEDETTE_PEERS=required`);
  return reason;
}

/** A real Redis on a socket of its own in a directory of its own: no port to collide on, the same address after a restart. */
export interface RedisServer {
  readonly url: string;
  readonly socketPath: string;
  /** SIGKILL: nothing is written on the way out. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stands still with its sockets open, and goes on. */
  freeze(): void;
  thaw(): void;
  close(): Promise<void>;
}

export async function startRedis(extraArgs: readonly string[] = []): Promise<RedisServer> {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-redis-'));
  const socketPath = join(directory, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', socketPath, '--save', '', '--dir', directory, ...extraArgs];
  let child = await launch(args);
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  return {
    url: `unix://${socketPath}`,
    socketPath,
    kill,
    start: async () => {
      child = await launch(args);
    },
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    close: async () => {
      await kill();
      // A process of its own that writes a file may outlive it for a moment.
      rmSync(directory, { recursive: true, maxRetries: 10 });
    },
  };
}

/** Resolves when it accepts connections, as its log says. */
async function launch(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(PROGRAM, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (!/ready to accept connections|server is now ready/i.test(line)) continue;
    child.stdout.resume();
    return child;
  }
  throw new Error(`redis-server ended before it was ready:\n${lines.join('\n')}`);
}

/** An application's client, as it would make one. */
export async function connectClient(socketPath: string) {
  const client = createClient({ socket: { path: socketPath, tls: false, reconnectStrategy: () => 20 } });
  // Without a listener an error would end the process.
  client.on('error', () => undefined);
  return await client.connect();
}
