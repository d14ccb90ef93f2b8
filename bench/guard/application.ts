/**
 * One process of an application under `bench/guard/crowd.ts`: its share of what everybody does, through the SDK.
 *
 * Says `ready` when it follows the decisions, begins when it is told to, and answers `stop` with what it saw: when each
 * abuser acted here, when each was refused here for the first time, and how many attempts of honest users were refused.
 */
import { createGuard, systemRandom } from '@vedette/sdk';
import {
  ABUSERS,
  ACTIONS,
  BUSY_USERS,
  HONEST_PER_MINUTE,
  USERS,
  type ApplicationReport,
} from './crowd-shape.ts';

const TICK_MS = 10;
const POLL_MS = 2;
const processes = Number(process.env['CROWD_PROCESSES']);
const guard = createGuard({ server: { url: process.env['CROWD_URL'] ?? '' }, ids: { mode: 'plain' } });
const report: ApplicationReport = { acted: [], refusedAt: {}, honestRefused: 0, attempts: 0 };
const nowMs = (): number => performance.timeOrigin + performance.now();
const random = (): number => systemRandom.float();

process.on('message', (word) => {
  if (word === 'go') go();
  if (word === 'stop') stop();
});
if (!(await guard.ready(10_000))) throw new Error('the guard is not ready after 10 s');
process.send?.('ready');

function go(): void {
  const startMs = nowMs();
  const perTick = (total: number): number => (total * TICK_MS) / 60_000 / processes;
  setInterval(() => {
    repeat(perTick(USERS * HONEST_PER_MINUTE), () => attempt(`user-${Math.floor(random() * USERS)}`));
    for (const { name, perMinute } of BUSY_USERS) repeat(perTick(perMinute), () => attempt(name));
    if (nowMs() - startMs < ABUSE_AFTER_MS) return;
    for (const { name, perMinute } of ABUSERS) repeat(perTick(perMinute), () => abuse(name));
  }, TICK_MS);
  setInterval(() => {
    for (const { name } of ABUSERS)
      if (report.refusedAt[name] === undefined && guard.check(name).kind === 'refuse')
        report.refusedAt[name] = nowMs();
  }, POLL_MS);
}

/** So that the honest ones are known as active when the first decision falls. */
const ABUSE_AFTER_MS = 10_000;

/** `mean` times on average. */
function repeat(mean: number, act: () => void): void {
  let rest = mean;
  for (; rest >= 1; rest--) act();
  if (random() < rest) act();
}

function attempt(subject: string): void {
  report.attempts++;
  const action = ACTIONS[Math.floor(random() * ACTIONS.length)] ?? '';
  if (guard.attempt({ subject, action, source: 'crowd' }).kind === 'refuse') report.honestRefused++;
}

function abuse(subject: string): void {
  report.attempts++;
  const action = ACTIONS[Math.floor(random() * ACTIONS.length)] ?? '';
  const verdict = guard.attempt({ subject, action, source: 'crowd' });
  if (verdict.kind !== 'refuse') report.acted.push([subject, nowMs()]);
}

function stop(): void {
  process.send?.(report, () => process.exit(0));
}
