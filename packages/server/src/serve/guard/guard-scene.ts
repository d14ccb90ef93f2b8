/** For tests: a server with a guard in memory behind it. */
import type { TestContext } from 'node:test';
import type { Clock } from '@vedette/model';
import { SystemClock } from '../../lib/system-clock.ts';
import { startTestServer } from '../test-server.ts';
import type { PolicyBacktest } from './backtest-route.ts';
import { enforcementSchema } from './config.ts';
import { FakeGuard } from './guard-fixture.ts';

/** Of the bouncer `edge`. */
export const BOUNCER_KEY = 'edge-key-edge-key-1';

export interface GuardScene {
  readonly guard: FakeGuard;
  readonly url: string;
  /** Shows the key. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  close(): Promise<void>;
}

export async function startGuardScene(
  t: Pick<TestContext, 'after'>,
  options: {
    readonly clock?: Clock;
    readonly forwardAuth?: Readonly<Record<string, unknown>>;
    readonly backtest?: PolicyBacktest;
  } = {},
): Promise<GuardScene> {
  const { clock = new SystemClock(), forwardAuth = {}, backtest } = options;
  const guard = new FakeGuard(clock);
  const bouncers = [
    { name: 'edge', key: BOUNCER_KEY },
    { name: 'other', key: `${BOUNCER_KEY}-other` },
  ];
  const server = await startTestServer({
    clock,
    guard: () => Promise.resolve(guard),
    ...(backtest === undefined ? {} : { backtest: () => Promise.resolve(backtest) }),
    enforcement: enforcementSchema.parse({ bouncers, forward_auth: forwardAuth }),
  });
  t.after(() => server.close());
  const get: GuardScene['get'] = (path, headers = {}) =>
    fetch(server.address + path, { headers: { 'x-api-key': BOUNCER_KEY, ...headers } });
  return { guard, url: server.address, get, close: () => server.close() };
}

/** A minute from now. */
export function soonMs(): number {
  return new SystemClock().nowMs() + 60_000;
}

/** Who reviews in tests. */
export const BY = { by: 'ann', reason: 'floods' } as const;
