import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { createInterface } from 'node:readline';

const REDIS_PROGRAM = '/usr/bin/redis-server';

/** For the `skip` option of a test that needs a real Redis; with VEDETTE_PEERS=required a missing one throws. */
export function skipWithoutRedis(): string | false {
  if (existsSync(REDIS_PROGRAM)) return false;
  const reason = `missing: ${REDIS_PROGRAM}`;
  if (process.env['VEDETTE_PEERS'] === 'required') throw new Error(`${reason}; VEDETTE_PEERS=required`);
  return reason;
}

export interface RedisProcess {
  readonly port: number;
  /** As `kill -9`: nothing is said to clients. */
  readonly kill: () => Promise<void>;
  /** Stands still and answers nobody, until `resume`. */
  pause(): void;
  resume(): void;
}

/** Starts a Redis of one's own on 127.0.0.1, which keeps nothing. */
export async function startRedis(port?: number): Promise<RedisProcess> {
  const chosen = port ?? (await freePort());
  const folder = mkdtempSync(path.join(tmpdir(), 'vedette-redis-'));
  const options = ['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(REDIS_PROGRAM, ['--port', String(chosen), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  await ready(child, exited);
  return {
    port: chosen,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
  };
}

async function ready({ stdout }: ChildProcess, exited: Promise<void>): Promise<void> {
  if (stdout === null) throw new Error('cannot start Redis: it has no output');
  const isReady = new Promise<void>((resolve) => {
    createInterface({ input: stdout }).on('line', (line) => {
      if (line.includes('Ready to accept connections')) resolve();
    });
  });
  await Promise.race([
    isReady,
    exited.then(() => Promise.reject(new Error('cannot start Redis: it ended at once'))),
  ]);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
