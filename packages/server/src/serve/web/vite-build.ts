import { spawn } from 'node:child_process';
import { setPriority } from 'node:os';
import * as path from 'node:path';

/** A build takes 2-10 s, on a small busy machine a minute; one that hangs is ended. */
export const BUILD_MS_MAX = 5 * 60_000;

/** The end of the output, where the reason stands. */
const OUTPUT_CHARS_MAX = 4000;

// Below everything that watches and serves: a build on a busy machine may take longer.
const NICENESS = 10;

export type BuildOutcome = { readonly kind: 'built' } | { readonly kind: 'failed'; readonly reason: string };

/**
 * Runs `vite build` of the UI in a child process. Never rejects; ends the child when `signal` aborts.
 * Resolves when the child has ended and writes no more.
 */
export function runViteBuild(options: {
  readonly root: string;
  readonly outDir: string;
  readonly signal: AbortSignal;
}): Promise<BuildOutcome> {
  const vite = path.join(options.root, 'node_modules/vite/bin/vite.js');
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [vite, 'build', '--outDir', options.outDir, '--emptyOutDir'], {
      cwd: path.join(options.root, 'packages/web'),
      stdio: ['ignore', 'pipe', 'pipe'],
      // The reason of a failure is shown on a page.
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' },
      timeout: BUILD_MS_MAX,
      signal: options.signal,
      // It writes nothing that anybody keeps: there is nothing to end in good order.
      killSignal: 'SIGKILL',
    });
    if (child.pid !== undefined) makeNice(child.pid);
    let output = '';
    const collect = (text: string): void => {
      output = (output + text).slice(-OUTPUT_CHARS_MAX);
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    // A child that could not be started has no end to wait for; for all others (aborted, killed) `close` follows.
    child.on('error', (error) => {
      if (child.pid === undefined) resolve({ kind: 'failed', reason: error.message });
    });
    child.on('close', (code, signal) =>
      resolve(
        code === 0
          ? { kind: 'built' }
          : { kind: 'failed', reason: `${output.trim()}\n(ended with ${signal ?? code})` },
      ),
    );
  });
}

/** A child that has ended already, or a system that refuses, is no reason to fail. */
function makeNice(pid: number): void {
  try {
    setPriority(pid, NICENESS);
  } catch {
    // It then competes as an equal for some seconds.
  }
}
