import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

export const projectRoot = path.resolve(import.meta.dirname, '..');

/** A program under measurement, on loopback. Disposing stops it and removes its directory. */
export interface MeasuredProcess extends AsyncDisposable {
  readonly url: string;
  readonly pid: number;
  readonly directory: string;
  /** Milliseconds from the spawn to ready. */
  readonly readyMs: number;
  /** Ends it in good order and leaves its directory; twice is once. */
  stop(): Promise<void>;
}

export interface StartOptions {
  /** Of an earlier process, to go on with what it stored; a new one by default. */
  readonly directory?: string;
  readonly config?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
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

const QUIET_MS = 500;
/** A tenth of a core: what all three stay below at rest. */
const QUIET_CPU_SHARE = 0.1;
const SETTLE_MS_MAX = 30_000;

/** Waits until nothing but the idle work of a process is left (merging, compaction), half a minute at most. */
export async function settle(pid: number): Promise<void> {
  const untilMs = performance.now() + SETTLE_MS_MAX;
  for (let quiet = 0; quiet < 3 && performance.now() < untilMs;) {
    const before = readProcessUse(pid).cpuSeconds;
    await pause(QUIET_MS);
    const share = (readProcessUse(pid).cpuSeconds - before) / (QUIET_MS / 1000);
    quiet = share <= QUIET_CPU_SHARE ? quiet + 1 : 0;
  }
}

/** Where our server keeps its samples below its directory: what `--data` names. */
export function vedetteDataOf(directory: string): string {
  return path.join(directory, 'data');
}

/** Starts our server with the command itself, as services do. */
export async function startVedette(options: StartOptions = {}): Promise<MeasuredProcess> {
  const directory = options.directory ?? mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const args = [
    'start',
    '--listen',
    '127.0.0.1:0',
    '--data',
    vedetteDataOf(directory),
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
  return measured(child, { url, directory, readyMs: performance.now() - startMs });
}

/** Starts Debian's Prometheus; it takes remote write and native histograms. */
export async function startPrometheus(options: StartOptions = {}): Promise<MeasuredProcess> {
  const directory = options.directory ?? mkdtempSync(path.join(tmpdir(), 'prometheus-bench-'));
  writeFileSync(path.join(directory, 'prometheus.yml'), options.config ?? '');
  const url = `http://127.0.0.1:${await freePort()}`;
  return startProgram({ program: '/usr/bin/prometheus', url, ready: '/-/ready', directory }, [
    '--config.file=prometheus.yml',
    `--storage.tsdb.path=${path.join(directory, 'data')}`,
    `--web.listen-address=${new URL(url).host}`,
    '--web.enable-remote-write-receiver',
    '--enable-feature=native-histograms',
    '--log.level=error',
    ...(options.args ?? []),
  ]);
}

/** Starts Debian's VictoriaMetrics. */
export async function startVictoriaMetrics(options: StartOptions = {}): Promise<MeasuredProcess> {
  const directory = options.directory ?? mkdtempSync(path.join(tmpdir(), 'victoria-metrics-bench-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const args = [
    `-storageDataPath=${path.join(directory, 'data')}`,
    `-httpListenAddr=${new URL(url).host}`,
    '-loggerLevel=ERROR',
    ...(options.args ?? []),
  ];
  if (options.config !== undefined) {
    writeFileSync(path.join(directory, 'scrape.yml'), options.config);
    args.push(`-promscrape.config=${path.join(directory, 'scrape.yml')}`);
  }
  return startProgram({ program: '/usr/bin/victoria-metrics', url, ready: '/health', directory }, args);
}

interface ProgramStart {
  readonly program: string;
  readonly url: string;
  /** The path that answers 200 from when on it serves. */
  readonly ready: string;
  readonly directory: string;
}

async function startProgram(start: ProgramStart, args: readonly string[]): Promise<MeasuredProcess> {
  const { program, url, ready, directory } = start;
  const startMs = performance.now();
  const child = spawn(program, args, { cwd: directory, stdio: ['ignore', 'ignore', 'inherit'] });
  while (
    !(await fetch(`${url}${ready}`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null)
      throw new Error(`${program} exited with ${child.exitCode} before it was ready`);
    await pause(10);
  }
  return measured(child, { url, directory, readyMs: performance.now() - startMs });
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

function measured(
  child: ChildProcess,
  running: Pick<MeasuredProcess, 'url' | 'directory' | 'readyMs'>,
): MeasuredProcess {
  const stop = async (): Promise<void> => {
    const closed =
      child.exitCode === null && child.signalCode === null
        ? new Promise((resolve) => child.on('close', resolve))
        : undefined;
    child.kill('SIGTERM');
    await closed;
  };
  return {
    ...running,
    pid: child.pid ?? 0,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      rmSync(running.directory, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
