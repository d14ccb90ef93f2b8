/** Programs that judge a server from outside, run to their end. */
import * as path from 'node:path';
import { projectRoot } from '../support/peers.ts';
import { runProgram, type Ran } from '../support/run-program.ts';
import { temporaryDirectory, type Lifetime } from '../support/vedette-process.ts';

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
): Promise<Ran> {
  const directory = temporaryDirectory(t);
  return await runProgram(
    process.execPath,
    [path.join(projectRoot, 'node_modules', PROGRAMS[program]), ...args],
    {
      cwd: directory,
      // What they keep about servers is nobody's.
      env: { ...process.env, HOME: directory, NO_COLOR: '1' },
      timeoutMs: RUN_MS_MAX,
    },
  );
}
