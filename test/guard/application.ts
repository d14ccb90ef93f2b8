/**
 * A process of an application with the SDK's guard, told over IPC what to do. It stands for itself: how it reaches
 * decisions is in the environment, `GUARD_SERVER` (a URL) and `GUARD_REDIS` (a socket), either or both.
 */
import { createGuard, type GuardTransport, type Verdict } from '@vedette/sdk';
import { createRedisTransport } from '@vedette/sdk/redis';
import { connectClient } from '../../packages/server/src/lib/redis-fixture.ts';
import type { Answer, Command } from './commands.ts';

// Often enough to measure milliseconds, seldom enough to leave a processor to the others.
const POLL_MS = 1;

/** It takes moments; with many programs to a processor the start of one alone took 25 s. */
const READY_MS_MAX = 90_000;

const { GUARD_SERVER: server, GUARD_REDIS: redis } = process.env;

const transports: GuardTransport[] =
  redis === undefined ? [] : [createRedisTransport({ client: await connectClient(redis) })];

const guard = createGuard({
  ids: { mode: 'plain' },
  transports,
  ...(server === undefined ? {} : { server: { url: server } }),
});

process.on('message', ({ id, command }: { readonly id: number; readonly command: Command }) => {
  void obey(command).then((answer) => process.send?.({ id, answer }));
});
process.on('disconnect', () => process.exit(0));

async function obey(command: Command): Promise<Answer> {
  switch (command.do) {
    case 'ready':
      return { isReady: await guard.ready(READY_MS_MAX) };
    case 'attempt':
      return attempt(command);
    case 'check':
      return { verdict: guard.check(command.subject, command.action) };
    case 'watch':
      return { atMs: await watch(command.subject, command.until) };
    case 'flush':
      await guard.flush();
      return {};
    case 'status':
      return { status: guard.status };
  }
}

function attempt({ subject, action, count }: Extract<Command, { do: 'attempt' }>): Answer {
  let refusedCount = 0;
  let verdict: Verdict = { kind: 'allow' };
  for (let i = 0; i < count; i++) {
    verdict = guard.attempt({ subject, action });
    if (verdict.kind === 'refuse') refusedCount++;
  }
  return { refusedCount, verdict };
}

/** Waits for a verdict, asking every millisecond. */
async function watch(subject: string, kind: Verdict['kind']): Promise<number> {
  while (guard.check(subject).kind !== kind) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  return Date.now();
}
