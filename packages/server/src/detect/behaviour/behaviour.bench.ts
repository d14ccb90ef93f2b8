/**
 * `node packages/server/src/detect/behaviour/behaviour.bench.ts`: what one action costs with the built-in policies, all
 * included (metrics, hash, journal, windows, exact counts), and the memory: a million users at 10,000 actions a second,
 * in batches of 1,000 rows, 50 abusers among them. CPU time of this process, not time by the clock.
 */
import { SeededRandom } from '@vedette/model';
import { createMetricsRegistry, type ActionCount } from '@vedette/sdk';
import { createBehaviour } from './behaviour.ts';
import { behaviourLimitsConfig, behaviourLimitsOf, policiesOf } from './config.ts';

const USERS = 1_000_000;
const ROWS_PER_BATCH = 1000;
const BATCHES = 3000;
const START_MS = Date.UTC(2026, 10, 22);

const random = new SeededRandom(1);
const told = new Set<string>();
const ids = Array.from({ length: USERS }, (_, user) => `u1_${(user * 7919).toString(36).padStart(22, '0')}`);
const behaviour = createBehaviour(
  {
    random,
    metrics: createMetricsRegistry(),
    crossings: { cross: (crossings) => crossings.forEach(({ subject }) => told.add(subject)) },
  },
  {
    policies: policiesOf([], { mode: 'enforce' }),
    dynamic: undefined,
    limits: behaviourLimitsOf(behaviourLimitsConfig.parse({})),
  },
);

let cpuMicroseconds = 0;
let longestMs = 0;
for (let batch = 0; batch < BATCHES; batch++) {
  const atMs = START_MS + batch * 100;
  const written = Array.from({ length: ROWS_PER_BATCH }, (_, n): ActionCount => {
    const user = n < 5 ? (batch % 10) * 5 + n : Math.floor(random.float() * USERS);
    return {
      scope: 'user',
      subject: ids[user] ?? '',
      action: `action-${user % 20}`,
      source: 'http',
      outcome: n % 50 === 0 ? 'error' : 'ok',
      count: 1,
      atMs,
    };
  });
  // Rows as they come: freshly parsed, their ids in the processor's cache.
  const rows: ActionCount[] = JSON.parse(JSON.stringify(written));
  const cpu = process.cpuUsage();
  const start = performance.now();
  behaviour.take(rows);
  if (batch % 10 === 0) behaviour.tick(atMs);
  longestMs = Math.max(longestMs, performance.now() - start);
  const used = process.cpuUsage(cpu);
  cpuMicroseconds += used.user + used.system;
}
const perAction = (cpuMicroseconds * 1000) / (BATCHES * ROWS_PER_BATCH);
console.log(
  `${perAction.toFixed(0)} ns of CPU per action, longest batch ${longestMs.toFixed(1)} ms, ` +
    `${(behaviour.bytes / 1e6).toFixed(1)} MB, ${told.size} subjects told of`,
);
