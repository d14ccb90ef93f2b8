import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { projectRoot } from './peers.ts';
import { until } from './until.ts';

/** Something that ends and cleans up then: a test, or a tool. */
export type Lifetime = Pick<TestContext, 'after'>;

/** The real program, started as a user would, stopped when the test ends. */
export interface VedetteProcess {
  readonly url: string;
  readonly pid: number;
  readonly stderr: () => string;
  readonly stdout: () => string;
  /** Sends a signal. */
  kill(signal: NodeJS.Signals): void;
  /** Resolves when the process is gone. */
  exited(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  get(pathAndQuery: string, init?: RequestInit): Promise<Response>;
  json<T>(pathAndQuery: string, init?: RequestInit): Promise<T>;
}

export interface VedetteOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Kept by the caller across restarts; a fresh one otherwise. */
  readonly dataDirectory?: string;
  /** Text of a vedette.yml. */
  readonly config?: string;
  /** How long the ready line is waited for. */
  readonly readyMsMax?: number;
  /** Gets the process while it still starts. */
  readonly onSpawn?: (child: ChildProcess) => void;
}

/** The process ended before it was ready. */
export class EndedError extends Error {}

/** A directory that lives as long as the test. */
export function temporaryDirectory(t: Lifetime): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-test-'));
  t.after(() => rmSync(directory, { recursive: true, force: true, maxRetries: 3 }));
  return directory;
}

/** Starts on a free port and waits for the `ready` line. */
export async function startVedette(t: Lifetime, options: VedetteOptions = {}): Promise<VedetteProcess> {
  const running = spawnVedette(t, options);
  const url = await until(
    'the ready line',
    () => {
      const { exitCode, signalCode } = running.child;
      if (exitCode !== null || signalCode !== null)
        return new EndedError(`exited with ${exitCode ?? signalCode}: ${running.stderr()}`);
      return /^ready (http:\S+)$/m.exec(running.stdout())?.[1];
    },
    options.readyMsMax,
  ).catch((error: unknown) => {
    throw new Error(`vedette did not start: ${running.stderr()}`, { cause: error });
  });
  if (url instanceof EndedError) throw url;
  const get = (pathAndQuery: string, init?: RequestInit): Promise<Response> =>
    fetch(`${url}${pathAndQuery}`, init);
  return {
    url,
    pid: running.child.pid ?? 0,
    stdout: running.stdout,
    stderr: running.stderr,
    kill: (signal) => void running.child.kill(signal),
    exited: running.exited,
    get,
    json: async <T>(pathAndQuery: string, init?: RequestInit) =>
      (await (await get(pathAndQuery, init)).json()) as T,
  };
}

/** What does not end by itself until then hangs; it is killed, and `code` is null. A refused start took more than 30 s once, at a load of thirty. */
const RUN_MS_MAX = 90_000;

/** Runs the program to its end, for starts that must fail and for short commands. */
export async function runVedette(
  t: Lifetime,
  args: readonly string[],
  options: VedetteOptions = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(path.join(projectRoot, 'packages/server/bin/vedette'), args, {
    env: { ...process.env, ...options.env },
    cwd: temporaryDirectory(t),
    timeout: RUN_MS_MAX,
    killSignal: 'SIGKILL',
  });
  const output = collect(child);
  const { code } = await output.exited();
  return { code, stdout: output.stdout(), stderr: output.stderr() };
}

interface Running extends Output {
  readonly child: ChildProcess;
}

interface Output {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly exited: () => Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

function spawnVedette(t: Lifetime, options: VedetteOptions): Running {
  const dataDirectory = options.dataDirectory ?? temporaryDirectory(t);
  const args = ['start', '--listen', '127.0.0.1:0', '--data', dataDirectory, '--log', 'json'];
  if (options.config !== undefined) {
    const file = path.join(temporaryDirectory(t), 'vedette.yml');
    writeFileSync(file, options.config);
    args.push('--config', file);
  }
  const child = spawn(
    path.join(projectRoot, 'packages/server/bin/vedette'),
    [...args, ...(options.args ?? [])],
    {
      env: { ...process.env, ...options.env },
      cwd: temporaryDirectory(t),
    },
  );
  const output = collect(child);
  options.onSpawn?.(child);
  t.after(async () => {
    child.kill('SIGKILL');
    await output.exited();
  });
  return { child, ...output };
}

function collect(child: ChildProcess): Output {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.on('error', reject).on('close', (code, signal) => resolve({ code, signal }));
  });
  return { stdout: () => stdout, stderr: () => stderr, exited: () => ended };
}
