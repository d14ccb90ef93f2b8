import { spawn } from 'node:child_process';

/** How a program ended and what it printed. `code` is null when it was killed. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Absent: its stdin is empty. */
  readonly input?: string | undefined;
  /** Then it is killed. */
  readonly timeoutMs?: number;
}

// The programs of these tests take well under a second; only what hangs takes this long.
const RUN_MS_MAX = 90_000;

/** Runs a program to its end. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { cwd, env, input, timeoutMs = RUN_MS_MAX }: RunOptions = {},
): Promise<Ran> {
  const child = spawn(program, args, {
    cwd,
    env,
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // Who does not read all of it may have ended before it is there.
  child.stdin?.on('error', () => undefined).end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { code, stdout, stderr };
}
