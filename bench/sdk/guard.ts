/**
 * `node bench/sdk/guard.ts`: what one check and one counted action cost in the process, beside rate-limiter-flexible's
 * memory store (`--json`: for `npm run bench -- guard`). Prints nanoseconds per call, the median, the 90th and the 99th percentile over batches, as one table.
 *
 * 1. 100,000 decisions are known. Subjects are strings made anew for each batch, as a request's parser makes them: a
 *    literal would carry its hash along.
 * 2. "seen" are 20,000 subjects in random order, all in the cache of names; "new" ones are not.
 * 3. A batch has 50 calls, short enough to be seldom interrupted by other programs; the clock is read around it. The
 *    p99 over batches includes collections of garbage. What the machine itself costs says the bare Map.
 *
 * The limiter stores a count per user and has no list of bans beside it: its `get` answers whether the count is past.
 */
import { performance } from 'node:perf_hooks';
import {
  createGuard,
  pseudonymsOf,
  type FeedListener,
  type Guard,
  type GuardIds,
  type GuardTransport,
  type LiveDecision,
} from '@vedette/sdk';
import { RateLimiterMemory } from 'rate-limiter-flexible';

const DECISIONS = 100_000;
const SEEN = 20_000;
const CALLS_PER_BATCH = 50;
const BATCHES = 4000;

const keys = [{ kid: '1', key: new Uint8Array(32).fill(7) }];
const bannedId = (i: number): string => `U4af4980629b12c04${String(i).padStart(16, '0')}`;
const honestId = (i: number): string => `U77aa980629b12c04${String(i).padStart(16, '0')}`;

/** Brings the decisions, takes actions and forgets them. */
class BenchTransport implements GuardTransport {
  readonly name = 'bench';
  readonly #decisions: readonly LiveDecision[];
  readonly #ids: GuardIds['mode'];

  constructor(decisions: readonly LiveDecision[], ids: GuardIds['mode']) {
    this.#decisions = decisions;
    this.#ids = ids;
  }

  send = (): Promise<void> => Promise.resolve();

  follow(listener: FeedListener): { close(): void } {
    const policies = [60_000, 3_600_000].map((windowMs) => ({
      name: `per-${windowMs}`,
      windowMs,
      threshold: windowMs / 1000,
      whenUnavailable: 'limit' as const,
    }));
    listener.take({ type: 'hello', epoch: 'e', seq: 1, settings: { ids: this.#ids, policies, allow: [] } });
    const decisions = this.#decisions;
    listener.take({ type: 'snapshot', epoch: 'e', seq: 1, isFirst: true, isLast: true, decisions });
    return { close: () => undefined };
  }
}

function guardWith(ids: GuardIds): Guard {
  const decisions = Array.from({ length: DECISIONS }, (_, i): LiveDecision => {
    const id = bannedId(i);
    const subject = ids.mode === 'plain' ? id : (pseudonymsOf(id, 'user', ids.keys)[0] ?? '');
    return {
      id: `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`,
      scope: 'user',
      subject,
      kind: 'refuse',
      grade: 'temporary',
      level: 1,
      madeAtMs: 0,
      untilMs: null,
      reason: 'too many actions',
      policy: 'per-minute',
    };
  });
  return createGuard({ transports: [new BenchTransport(decisions, ids.mode)], ids });
}

interface Row {
  readonly what: string;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** Nanoseconds per call. `idOf` gets the number of the call. */
async function measure(
  what: string,
  idOf: (call: number) => string,
  run: (ids: readonly string[]) => unknown,
): Promise<Row> {
  const nanoseconds: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    // Through a buffer and back: a flat string without a hash, like one that was read from a socket.
    const ids = Array.from({ length: CALLS_PER_BATCH }, (_, i) =>
      Buffer.from(idOf(batch * CALLS_PER_BATCH + i)).toString('latin1'),
    );
    const begin = performance.now();
    const promise = run(ids);
    if (promise instanceof Promise) await promise;
    nanoseconds.push(((performance.now() - begin) * 1e6) / CALLS_PER_BATCH);
    // Timers and what was shipped have their turn outside the measured time.
    if (batch % 40 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // The first tenth is for the compiler.
  const sorted = nanoseconds.slice(BATCHES / 10).sort((a, b) => a - b);
  const at = (part: number): number => Math.round(sorted[Math.floor(sorted.length * part)] ?? NaN);
  return { what, p50: at(0.5), p90: at(0.9), p99: at(0.99) };
}

const anyOf = (count: number): number => Math.floor(Math.random() * count);

async function measureGuard(name: string, ids: GuardIds): Promise<Row[]> {
  const guard = guardWith(ids);
  const check = (batch: readonly string[]): void => {
    for (const id of batch) guard.check(id);
  };
  const attempt = (batch: readonly string[]): void => {
    for (const subject of batch) guard.attempt({ subject, action: 'next_card', source: 'menu' });
  };
  for (let i = 0; i < SEEN; i++) guard.check(honestId(i));
  const rows = [
    await measure(`${name}: check, seen, passes`, () => honestId(anyOf(SEEN)), check),
    await measure(`${name}: check, seen, refused`, () => bannedId(anyOf(SEEN)), check),
    await measure(`${name}: check, one hot subject`, () => honestId(0), check),
    await measure(`${name}: check, new subject`, (call) => honestId(1e6 + call), check),
    await measure(`${name}: attempt, seen, passes`, () => honestId(anyOf(SEEN)), attempt),
    await measure(`${name}: attempt, one hot subject`, () => honestId(0), attempt),
  ];
  await guard.close();
  return rows;
}

async function measureLimiter(): Promise<Row[]> {
  const limiter = new RateLimiterMemory({ points: 1e9, duration: 60 });
  for (let i = 0; i < SEEN; i++) await limiter.consume(honestId(i));
  const every = (call: (id: string) => Promise<unknown>) => async (ids: readonly string[]) => {
    for (const id of ids) await call(id);
  };
  // What no look-up by a fresh string of that number of subjects can do without.
  const map = new Map(Array.from({ length: SEEN }, (_, i) => [honestId(i), i]));
  const [get, consume] = [every((id) => limiter.get(id)), every((id) => limiter.consume(id))];
  return [
    await measure(
      'a bare Map: get, seen',
      () => honestId(anyOf(SEEN)),
      (ids) => ids.filter((id) => !map.has(id)).length,
    ),
    await measure('rate-limiter-flexible 11 memory: get, seen', () => honestId(anyOf(SEEN)), get),
    await measure('rate-limiter-flexible 11 memory: consume, seen', () => honestId(anyOf(SEEN)), consume),
    await measure('rate-limiter-flexible 11 memory: consume, one hot', () => honestId(0), consume),
  ];
}

const rows = [
  ...(await measureGuard('guard, plain', { mode: 'plain' })),
  ...(await measureGuard('guard, pseudonyms', { mode: 'pseudonym', keys })),
  ...(await measureLimiter()),
];
if (process.argv.includes('--json')) console.log(JSON.stringify(rows));
else {
  console.log(`${'ns per call'.padEnd(52)} ${'p50'.padStart(7)} ${'p90'.padStart(7)} ${'p99'.padStart(7)}`);
  for (const { what, p50, p90, p99 } of rows)
    console.log([what.padEnd(52), ...[p50, p90, p99].map((value) => String(value).padStart(7))].join(' '));
}
process.exit();
