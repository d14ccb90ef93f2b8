import { spawn } from 'node:child_process';
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

export interface RedisProcess {
  /** Of its socket. */
  readonly path: string;
  readonly directory: string;
  /** SIGKILL: nothing is said to clients. */
  readonly kill: () => Promise<void>;
  /** Stands still and answers nobody, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** Kills it, and removes the directory. */
  readonly close: () => Promise<void>;
}

/** A real Redis on a socket in a directory of its own; a second call on the same directory begins it again. */
export async function startRedis(
  directory = mkdtempSync(join(tmpdir(), 'vedette-sdk-redis-')),
): Promise<RedisProcess> {
  const path = join(directory, 'redis.sock');
  const child = spawn(PROGRAM, ['--port', '0', '--unixsocket', path, '--save', '', '--dir', directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  };
  for await (const line of createInterface({ input: child.stdout }))
    if (/ready to accept connections|server is now ready/i.test(line)) break;
  child.stdout.resume();
  const close = async (): Promise<void> => {
    await kill();
    // A process of its own that writes a file may outlive it for a moment.
    rmSync(directory, { recursive: true, maxRetries: 10 });
  };
  return {
    path,
    directory,
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    close,
  };
}

/** An application's client, as it would make one. */
export async function connectClient(path: string) {
  const client = createClient({ socket: { path, tls: false, reconnectStrategy: () => 20 } });
  // Without a listener an error would end the process.
  client.on('error', () => undefined);
  return await client.connect();
}
