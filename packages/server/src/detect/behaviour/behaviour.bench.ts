/**
 * `node packages/server/src/detect/behaviour/behaviour.bench.ts`: what one action costs with the built-in policies, all
 * included (metrics, hash, journal, windows, exact counts), and the memory: a million users at 10,000 actions a second,
 * in batches of 1,000 rows, 50 abusers among them. Beside it what a read of memory costs meanwhile, each waiting for the
 * one before: an action touches one place in each window, two in the journal and one among the suspects.
 *
 * CPU time of the main thread, not time by the clock; it is kept in steps of up to 4 ms, so the median is one over
 * parts of 300 batches. Other programs on the machine still take the cache away, but no time.
 */
import { SeededRandom } from '@vedette/model';
import { createMetricsRegistry, type ActionCount } from '@vedette/sdk';
import { createBehaviour } from './behaviour.ts';
import { behaviourLimitsConfig, behaviourLimitsOf, policiesOf } from './config.ts';

const USERS = 1_000_000;
const ROWS_PER_BATCH = 1000;
const BATCHES = 3000;
const BATCHES_PER_PART = 300;
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

/** As large as the windows of the built-in set. */
const memory = new Int32Array(2 ** 24).fill(1);
const READS_PER_BATCH = 1000;

/** Each address needs what was read before. */
function readMemory(salt: number): number {
  let read = salt;
  for (let i = 0; i < READS_PER_BATCH; i++)
    read = Math.imul(read + (memory[read >>> 8] ?? 0) + i, 0x9e3779b1) >>> 0;
  return read;
}

/** Microseconds of the main thread. */
function cpuOf(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  const { user, system } = process.threadCpuUsage(before);
  return user + system;
}

function rowsOf(batch: number): ActionCount[] {
  const written = Array.from({ length: ROWS_PER_BATCH }, (_, n): ActionCount => {
    const user = n < 5 ? (batch % 10) * 5 + n : Math.floor(random.float() * USERS);
    return {
      scope: 'user',
      subject: ids[user] ?? '',
      action: `action-${user % 20}`,
      source: 'http',
      outcome: n % 50 === 0 ? 'error' : 'ok',
      count: 1,
      atMs: START_MS + batch * 100,
    };
  });
  // Rows as they come: freshly parsed, their ids in the processor's cache.
  return JSON.parse(JSON.stringify(written)) as ActionCount[];
}

const actions = new Float64Array(BATCHES / BATCHES_PER_PART);
const reads = new Float64Array(BATCHES / BATCHES_PER_PART);
let longestMs = 0;
let salt = 1;
for (let batch = 0; batch < BATCHES; batch++) {
  const part = Math.floor(batch / BATCHES_PER_PART);
  const rows = rowsOf(batch);
  const startMs = performance.now();
  actions[part] = (actions[part] ?? 0) + cpuOf(() => count(rows, batch));
  longestMs = Math.max(longestMs, performance.now() - startMs);
  reads[part] = (reads[part] ?? 0) + cpuOf(() => (salt = readMemory(salt)));
}

function count(rows: readonly ActionCount[], batch: number): void {
  behaviour.take(rows);
  if (batch % 10 === 0) behaviour.tick(START_MS + batch * 100);
}

/** Nanoseconds of one, from microseconds of parts. */
function medianOf(micros: Float64Array, perBatch: number): number {
  const median = micros.toSorted()[micros.length >> 1] ?? NaN;
  return Math.round((median * 1000) / (BATCHES_PER_PART * perBatch));
}

const measured = {
  actionNs: medianOf(actions, ROWS_PER_BATCH),
  readNs: medianOf(reads, READS_PER_BATCH),
  longestMs,
  megabytes: behaviour.bytes / 1e6,
  toldCount: told.size,
};
if (process.argv.includes('--json')) console.log(JSON.stringify(measured));
else
  console.log(
    `${measured.actionNs} ns of CPU per action, a read of memory ${measured.readNs} ns, longest batch ` +
      `${longestMs.toFixed(1)} ms by the clock, ${measured.megabytes.toFixed(1)} MB, ${told.size} subjects told of`,
  );
