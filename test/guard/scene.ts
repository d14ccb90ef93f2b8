/** Servers with a guard, and applications in processes of their own. */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { GuardCheck, GuardDecision, GuardDecisions } from '@vedette/api';
import type { GuardStatus, Verdict } from '@vedette/sdk';
import { until } from '../support/until.ts';
import type { Lifetime, VedetteProcess } from '../support/vedette-process.ts';
import type { Answer, Command } from './commands.ts';

/** A vedette.yml whose thresholds stand still; `guard` is more of that key, `rest` other ones. */
export function guardConfig(guard = '', rest = ''): string {
  return `packs: { host: false, containers: false }
host: { enabled: false }
guard: { mode: enforce, ids: plain, dynamic_thresholds: { enabled: false }${guard === '' ? '' : `, ${guard}`} }
${rest}`;
}

export interface Application {
  attempt(
    subject: string,
    options?: { action?: string; count?: number },
  ): Promise<{ readonly refusedCount: number; readonly verdict: Verdict }>;
  check(subject: string, action?: string): Promise<Verdict>;
  /** When this verdict came, in milliseconds since 1970. */
  watch(subject: string, until: Verdict['kind']): Promise<number>;
  flush(): Promise<void>;
  status(): Promise<GuardStatus>;
}

/** By the server's feed, by Redis (the path of its socket), or both. Resolves when it follows the decisions. */
export async function startApplication(
  t: Lifetime,
  by: { readonly server?: string; readonly redis?: string },
): Promise<Application> {
  const child = fork(fileURLToPath(import.meta.resolve('./application.ts')), {
    env: {
      ...process.env,
      ...(by.server === undefined ? {} : { GUARD_SERVER: by.server }),
      ...(by.redis === undefined ? {} : { GUARD_REDIS: by.redis }),
    },
  });
  const waiting = new Map<number, { take: (answer: Answer) => void; fail: (error: Error) => void }>();
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.on('message', ({ id, answer }: { readonly id: number; readonly answer: Answer }) => {
    waiting.get(id)?.take(answer);
    waiting.delete(id);
  });
  child.once('exit', () => {
    for (const { fail } of waiting.values()) fail(new Error('the application ended'));
  });
  t.after(async () => {
    child.kill('SIGKILL');
    waiting.clear();
    await ended;
  });
  let lastId = 0;
  const tell = (command: Command): Promise<Answer> =>
    new Promise((take, fail) => {
      const id = ++lastId;
      waiting.set(id, { take, fail });
      child.send({ id, command });
    });
  const verdictOf = ({ verdict }: Answer): Verdict => verdict ?? assert.fail('no verdict');
  assert.equal((await tell({ do: 'ready' })).isReady, true, 'the application follows the decisions');
  return {
    attempt: async (subject, { action = 'search', count = 1 } = {}) => {
      const answer = await tell({ do: 'attempt', subject, action, count });
      return { refusedCount: answer.refusedCount ?? 0, verdict: verdictOf(answer) };
    },
    check: async (subject, action) =>
      verdictOf(await tell({ do: 'check', subject, ...(action === undefined ? {} : { action }) })),
    watch: async (subject, kind) => (await tell({ do: 'watch', subject, until: kind })).atMs ?? NaN,
    flush: async () => void (await tell({ do: 'flush' })),
    status: async () => (await tell({ do: 'status' })).status ?? assert.fail('no status'),
  };
}

const JSON_HEADERS = { 'content-type': 'application/json' };

export async function postActions(server: Pick<VedetteProcess, 'get'>, body: unknown): Promise<Response> {
  return await server.get('/guard/actions', {
    method: 'POST',
    headers: JSON_HEADERS,
    body: JSON.stringify(body),
  });
}

const HOUR_MS = 3_600_000;

/** A person's ban, for an hour. */
export async function ban(server: Pick<VedetteProcess, 'get'>, subject: string): Promise<GuardDecision> {
  return await change(server, '/api/vedette/guard/decisions', {
    subject,
    untilMs: Date.now() + HOUR_MS,
    reason: 'floods',
  });
}

export async function lift(server: Pick<VedetteProcess, 'get'>, id: string): Promise<GuardDecision> {
  return await change(server, `/api/vedette/guard/decisions/${id}/lift`, { reason: 'a load test' });
}

async function change(
  server: Pick<VedetteProcess, 'get'>,
  path: string,
  body: unknown,
): Promise<GuardDecision> {
  const response = await server.get(path, {
    method: 'POST',
    headers: JSON_HEADERS,
    body: JSON.stringify(body),
  });
  const text = await response.text();
  assert.equal(response.ok, true, text);
  return JSON.parse(text) as GuardDecision;
}

export async function liveDecisions(server: Pick<VedetteProcess, 'json'>): Promise<readonly GuardDecision[]> {
  const path = '/api/vedette/guard/decisions?live=true&limit=1000';
  return (await server.json<GuardDecisions>(path)).decisions;
}

export async function verdictOn(
  server: Pick<VedetteProcess, 'json'>,
  subject: string,
): Promise<GuardCheck['verdict']> {
  const path = `/guard/check?id=${encodeURIComponent(subject)}`;
  return (await server.json<GuardCheck>(path)).verdict;
}

export async function untilRefused(server: Pick<VedetteProcess, 'json'>, subject: string): Promise<void> {
  await until(`${subject.slice(0, 40)} to be refused`, async () =>
    (await verdictOn(server, subject)) === 'refuse' ? true : undefined,
  );
}

/** `p50 3 ms, max 7 ms`, for the diagnostics of a test. */
export function spread(delaysMs: readonly number[]): string {
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  return `p50 ${middle} ms, max ${sorted.at(-1) ?? NaN} ms`;
}
