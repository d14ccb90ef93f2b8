import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

export const projectRoot = path.resolve(import.meta.dirname, '..');

/** A program under measurement, on loopback, in a directory of its own that goes with it. */
export interface MeasuredProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly directory: string;
  /** Milliseconds from the spawn to ready. */
  readonly readyMs: number;
}

export interface ProcessUse {
  readonly rssBytes: number;
  /** User and system time so far. */
  readonly cpuSeconds: number;
}

/** Clock ticks per second of /proc: 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** What the kernel says of a process. Linux only, like the benchmark as a whole. */
export function readProcessUse(pid: number): ProcessUse {
  const rss = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return {
    rssBytes: Number(rss) * 1024,
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}

/** Starts our server with the command itself, as services do. */
export async function startVedette(
  options: { config?: string; args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<MeasuredProcess> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const args = [
    'start',
    '--listen',
    '127.0.0.1:0',
    '--data',
    path.join(directory, 'data'),
    ...(options.args ?? []),
  ];
  if (options.config !== undefined) {
    writeFileSync(path.join(directory, 'vedette.yml'), options.config);
    args.push('--config', path.join(directory, 'vedette.yml'));
  }
  const startMs = performance.now();
  const child = spawn(path.join(projectRoot, 'packages/server/bin/vedette'), args, {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, ...options.env },
  });
  const url = await new Promise<string>((resolve, reject) => {
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      const ready = /^ready (\S+)$/m.exec(output)?.[1];
      if (ready !== undefined) resolve(ready);
    });
    child.on('close', (code) => reject(new Error(`vedette exited with ${code} before it was ready`)));
  });
  return measured(child, url, directory, performance.now() - startMs);
}

/** Starts Debian's Prometheus. */
export async function startPrometheus(config: string): Promise<MeasuredProcess> {
  const directory = mkdtempSync(path.join(tmpdir(), 'prometheus-bench-'));
  writeFileSync(path.join(directory, 'prometheus.yml'), config);
  const url = `http://127.0.0.1:${await freePort()}`;
  const startMs = performance.now();
  const args = [
    '--config.file=prometheus.yml',
    `--storage.tsdb.path=${path.join(directory, 'data')}`,
    `--web.listen-address=${new URL(url).host}`,
    '--log.level=error',
  ];
  const child = spawn('/usr/bin/prometheus', args, {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  while (
    !(await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null)
      throw new Error(`prometheus exited with ${child.exitCode} before it was ready`);
    await pause(10);
  }
  return measured(child, url, directory, performance.now() - startMs);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no free port');
  return address.port;
}

function measured(child: ChildProcess, url: string, directory: string, readyMs: number): MeasuredProcess {
  return {
    url,
    directory,
    readyMs,
    pid: child.pid ?? 0,
    async [Symbol.asyncDispose]() {
      const closed =
        child.exitCode === null ? new Promise((resolve) => child.on('close', resolve)) : undefined;
      child.kill('SIGTERM');
      await closed;
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
