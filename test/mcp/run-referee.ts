/** Programs that judge a server from outside, run to their end. */
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { projectRoot } from '../support/peers.ts';
import { temporaryDirectory, type Lifetime } from '../support/vedette-process.ts';

export interface RefereeRun {
  /** `null`: it was killed at the deadline. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const PROGRAMS = {
  conformance: '@modelcontextprotocol/conformance/dist/index.js',
  inspector: '@modelcontextprotocol/inspector/clients/launcher/build/index.js',
} as const;

// The longest takes 10 s on a quiet machine.
const RUN_MS_MAX = 150_000;

export async function runReferee(
  t: Lifetime,
  program: keyof typeof PROGRAMS,
  args: readonly string[],
): Promise<RefereeRun> {
  const directory = temporaryDirectory(t);
  const child = spawn(
    process.execPath,
    [path.join(projectRoot, 'node_modules', PROGRAMS[program]), ...args],
    {
      cwd: directory,
      // What they keep about servers is nobody's.
      env: { ...process.env, HOME: directory, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_MS_MAX,
      killSignal: 'SIGKILL',
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { code, stdout, stderr };
}
