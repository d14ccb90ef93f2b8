/**
 * `node packages/sdk/src/windows/sliding-windows.bench.ts`: time, memory and mistakes of the windows with a million
 * users and 50 abusers in one window. Rates of users are log-normal (median 3.5, at most some 80), abusers do 120 to
 * 600; who is over 100 is compared with the truth. Then a million new subjects, ten times.
 */
import { createSlidingWindows } from './create-sliding-windows.ts';
import type { SlidingWindows } from './sliding-windows.ts';
import { hashSubject } from './subject-hash.ts';

const USERS = 1_000_000;
const ABUSERS = 50;
const THRESHOLD = 100;
const WINDOW_MS = 60_000;
const START_MS = 1000 * WINDOW_MS;
const SEED = { first: 3, second: 4 };

let state = 1;
/** Mulberry32: the load is the same in every run. */
function random(): number {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

function actionsOf(user: number): number {
  if (user < ABUSERS) return 120 + Math.floor(random() * 481);
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(1, Math.min(80, Math.round(Math.exp(1.25 + 0.8 * normal))));
}

const truth = Uint16Array.from({ length: USERS }, (_, user) => actionsOf(user));
const total = truth.reduce((sum, count) => sum + count, 0);
const stream = new Uint32Array(total);
for (let user = 0, at = 0; user < USERS; user++)
  for (let n = truth[user] ?? 0; n > 0; n--) stream[at++] = user;
for (let i = total - 1; i > 0; i--) {
  const other = Math.floor(random() * (i + 1));
  [stream[i], stream[other]] = [stream[other] ?? 0, stream[i] ?? 0];
}

const highs = new Uint32Array(total);
const lows = new Uint32Array(total);
const ids = Array.from({ length: USERS }, (_, user) => `u1_${(user * 7919).toString(36).padStart(22, '0')}x`);
const key = { high: 0, low: 0 };
// Written by concatenation: make them flat, as those from a request are.
for (const id of ids) Number(id);
const hashStart = process.cpuUsage();
for (const id of ids) hashSubject(SEED, 'user', id, key);
console.log(`hash of ${ids[0]?.length} characters: ${nanoseconds(hashStart, USERS)} ns`);
for (let i = 0; i < total; i++) {
  hashSubject(SEED, 'user', ids[stream[i] ?? 0] ?? '', key);
  highs[i] = key.high;
  lows[i] = key.low;
}
console.log(
  `load: ${total} actions of ${USERS} users, ${truth.filter((count) => count > THRESHOLD).length} over ${THRESHOLD}`,
);

for (const capSubjects of [1_000_000, 10_000])
  for (const part of ['first', 'second']) {
    const windows = createSlidingWindows({ windowMs: WINDOW_MS, promoteAt: THRESHOLD / 2, capSubjects });
    run(`cap ${capSubjects}, ${part} run`, windows);
  }

function run(name: string, windows: SlidingWindows): void {
  const told = new Set<number>();
  let longestMs = 0;
  const start = process.cpuUsage();
  for (let i = 0; i < total; i++) {
    key.high = highs[i] ?? 0;
    key.low = lows[i] ?? 0;
    if (windows.add(key, 1, START_MS + (i / total) * WINDOW_MS) > THRESHOLD) told.add(stream[i] ?? 0);
  }
  const perAction = nanoseconds(start, total);
  const wrong = [...told].filter((user) => (truth[user] ?? 0) <= THRESHOLD).length;
  const missed = truth.reduce((sum, count, user) => sum + (count > THRESHOLD && !told.has(user) ? 1 : 0), 0);
  const megabytes = (windows.bytes / 1e6).toFixed(1);
  console.log(
    `${name}: ${perAction} ns/action, ${megabytes} MB, ${windows.mode}, false positives ${wrong}, missed ${missed}`,
  );
  const floodStart = process.cpuUsage();
  const floodMs = START_MS + WINDOW_MS;
  for (let i = 0; i < 10 * USERS; i++) {
    key.high = Math.imul(i, 0x9e3779b1) >>> 0;
    key.low = Math.imul(i ^ 0x55555555, 0x85ebca6b) >>> 0;
    const before = i % 16 === 0 ? performance.now() : 0;
    windows.add(key, 1, floodMs + i / 1000);
    if (before > 0) longestMs = Math.max(longestMs, performance.now() - before);
  }
  const flood = nanoseconds(floodStart, 10 * USERS);
  console.log(
    `  then 10 million new subjects: ${flood} ns each, longest of a sixteenth of the calls ${longestMs.toFixed(2)} ms, ` +
      `${(windows.bytes / 1e6).toFixed(1)} MB, ${windows.mode}`,
  );
}

/** CPU time of this process: what else the machine does is left out as far as can be. */
function nanoseconds(since: NodeJS.CpuUsage, count: number): string {
  const { user, system } = process.cpuUsage(since);
  return (((user + system) * 1000) / count).toFixed(0);
}
