/**
 * `npm run bench [-- PART…]`: figures beside their peers, in one run on this machine.
 *
 * Parts: ready, charts, idle, queries, ingest, storage, memory, loop, guard, crowd, agent; without a name all of these (about fourteen minutes).
 * `live` and `hour` run only when they are named.
 * Prints a table per part and appends one line to `bench/history.ndjson` (`--no-history` leaves it out). The
 * machine should be quiet; ratios mean more than absolute numbers. docs/performance.md tells the method.
 */
import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { printTable, type Figure } from './measure.ts';
import { missingPeers } from './peers.ts';

const PARTS: readonly {
  readonly name: string;
  readonly title: string;
  readonly run: () => Promise<Figure[]>;
  /** Left out unless it is named. */
  readonly isLong?: boolean;
}[] = [
  {
    name: 'ready',
    title: 'Start: median of 5, compile cache warm',
    run: async () => (await import('./start.ts')).measureReady(),
  },
  {
    name: 'charts',
    title: 'First picture: npm start, Chromium, default configuration',
    run: async () => (await import('./start.ts')).measureLiveCharts(),
  },
  {
    name: 'idle',
    title: 'At rest: one minute after one minute of warming up',
    run: async () => (await import('./start.ts')).measureIdle(),
  },
  {
    name: 'queries',
    title: 'Queries over HTTP, milliseconds: median / p99 (times faster than the peer)',
    run: async () => (await import('./queries.ts')).measureQueries(),
  },
  {
    name: 'ingest',
    title: 'Taking samples in: million samples per CPU-second of the server (times more than the peer)',
    run: async () => (await import('./ingest.ts')).measureIngest(),
  },
  {
    name: 'storage',
    title: 'On disk after compaction: one day at 15 s, bytes per sample, indexes included',
    run: async () => (await import('./storage.ts')).measureStorage(),
  },
  {
    name: 'memory',
    title: 'In memory: RSS above the idle process after 40 samples a series',
    run: async () => (await import('./memory.ts')).measureMemory(),
  },
  {
    name: 'loop',
    title: 'Under load: 27,000 samples/s scraped, 10,000 written, four dashboards, 20 s each',
    run: async () => (await import('./loop.ts')).measureLoopDelay(),
  },
  {
    name: 'guard',
    title:
      'The guard: what a check, an action and a storm of decisions cost; peers and floors of the same run',
    run: async () => (await import('./guard/costs.ts')).measureGuardCosts(),
  },
  {
    name: 'crowd',
    title: 'The guard: 50,000 users and 50 abusers over three processes, 90 s',
    run: async () => (await import('./guard/crowd.ts')).measureCrowd(),
  },
  {
    name: 'agent',
    title: 'The monitor agent: an analysis against 10,000 series',
    run: async () => (await import('./agent.ts')).measureAgent(),
  },
  {
    name: 'live',
    title: 'Live data: 500 clients with 12 subscriptions each, a restart in the middle',
    run: async () => (await import('./live.ts')).measureLive(),
    isLong: true,
  },
  {
    name: 'hour',
    title: 'An hour: 20,000 series every 15 s, 1,000 replaced every five minutes, a dashboard every 15 s',
    run: async () => (await import('./hour.ts')).measureHour(),
    isLong: true,
  },
];

const words = process.argv.slice(2);
const names = words.filter((word) => !word.startsWith('--'));
const unknown = names.find((name) => !PARTS.some((part) => part.name === name));
if (unknown !== undefined) {
  console.error(`no part "${unknown}"; there are: ${PARTS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}

for (const missing of missingPeers()) console.log(`${missing}, left out`);
const all: Figure[] = [];
for (const part of PARTS) {
  if (names.length > 0 ? !names.includes(part.name) : part.isLong === true) continue;
  try {
    const figures = await part.run();
    printTable(part.title, figures);
    all.push(...figures);
  } catch (error) {
    // The other parts took minutes: their figures are kept.
    console.error(`\ncannot measure ${part.name}:`, error);
    process.exitCode = 1;
  }
}
if (all.some(({ fault }) => fault !== undefined)) process.exitCode = 1;
if (!words.includes('--no-history')) {
  const machine = `${os.cpus()[0]?.model ?? 'unknown'} × ${os.cpus().length}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ${os.type()} ${os.release()}`;
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const line = { at: new Date().toISOString(), commit, machine, node: process.versions.node, figures: all };
  appendFileSync(path.join(import.meta.dirname, 'history.ndjson'), `${JSON.stringify(line)}\n`);
}
