/** An example application as its own process, and people who use it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import * as path from 'node:path';
import { projectRoot } from '../support/peers.ts';
import { until } from '../support/until.ts';
import type { Lifetime } from '../support/vedette-process.ts';

export interface ExampleApp {
  readonly url: string;
  readonly stderr: () => string;
  /** Ends it as an operator would; the exit code. */
  stop(): Promise<number | null>;
}

/** Starts `examples/NAME/main.ts` on a free port with nothing but `env`, and waits until it serves. */
export async function startExample(
  t: Lifetime,
  name: string,
  env: Readonly<Record<string, string>>,
): Promise<ExampleApp> {
  const child = spawn(process.execPath, [path.join(projectRoot, 'examples', name, 'main.ts')], {
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => void child.once('exit', resolve));
  t.after(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => void (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => void (stderr += text.toString()));
  const port = await until(`${name} to be ready`, () => {
    if (child.exitCode !== null) return new Error(`${name} exited with ${child.exitCode}: ${stderr}`);
    return /^ready on port (\d+)$/m.exec(stdout)?.[1];
  });
  if (port instanceof Error) throw port;
  return {
    url: `http://127.0.0.1:${port}`,
    stderr: () => stderr,
    stop: () => {
      child.kill('SIGTERM');
      return exited;
    },
  };
}

export interface Visitor {
  /** A request as this user. */
  ask(pathAndQuery: string, init?: RequestInit): Promise<Response>;
  /** The status of such a request. */
  statusOf(pathAndQuery: string, init?: RequestInit): Promise<number>;
}

/** Signs in. */
export async function tokenOf({ url }: Pick<ExampleApp, 'url'>, user: string): Promise<string> {
  const answer = await fetch(`${url}/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ user }),
  });
  assert.equal(answer.status, 201, `sign-in of ${JSON.stringify(user).slice(0, 40)}`);
  return ((await answer.json()) as { token: string }).token;
}

/** Somebody who is signed in. */
export async function signIn(app: Pick<ExampleApp, 'url'>, user: string): Promise<Visitor> {
  const token = await tokenOf(app, user);
  const ask = (pathAndQuery: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${app.url}${pathAndQuery}`, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${token}` },
    });
  return {
    ask,
    statusOf: async (pathAndQuery, init) => {
      const response = await ask(pathAndQuery, init);
      await response.arrayBuffer();
      return response.status;
    },
  };
}
