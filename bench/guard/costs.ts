/**
 * What the guard costs: a check and an attempt in the application, an action in the server's windows, a storm of
 * decisions. Each comes from the benchmark that stands beside its code, in a process of its own, with `--json`.
 *
 * A bare Map and a read of memory were measured in the same processes: what no program does without. The load average
 * stands beside, since whoever shares the machine's caches makes each of these figures larger.
 */
import { execFile } from 'node:child_process';
import * as os from 'node:os';
import * as path from 'node:path';
import { promisify } from 'node:util';
import { median, type Figure, type PeerFigure } from '../measure.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const BENCH_MS_MAX = 300_000;

interface CallRow {
  readonly what: string;
  readonly p50: number;
  readonly p99: number;
}

interface ActionCost {
  readonly actionNs: number;
  readonly readNs: number;
  readonly megabytes: number;
}

interface StormRound {
  readonly toldAfterMs: number;
  readonly above5: number;
  readonly longestMs: number;
}

export async function measureGuardCosts(): Promise<Figure[]> {
  // One after the other: there are two cores, and they share a cache.
  const calls = (await runBench('bench/sdk/guard.ts')) as CallRow[];
  const action = (await runBench('packages/server/src/detect/behaviour/behaviour.bench.ts')) as ActionCost;
  const storm = (await runBench('packages/server/src/respond/guard/guard-service.bench.ts')) as StormRound[];
  const figures = [...callFigures(calls), ...actionFigures(action), ...stormFigures(storm)];
  return [...figures, { name: 'load average at the end', value: os.loadavg()[0] ?? NaN, unit: '' }];
}

async function runBench(file: string): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [path.join(ROOT, file), '--json'], {
    timeout: BENCH_MS_MAX,
  });
  return JSON.parse(stdout);
}

function callFigures(rows: readonly CallRow[]): Figure[] {
  const map = 'a bare Map: get, seen';
  const limiter = 'rate-limiter-flexible 11 memory:';
  const checks = ['seen, passes', 'seen, refused', 'one hot subject', 'new subject'].flatMap((which) =>
    ['plain', 'pseudonyms'].map((ids) => `guard, ${ids}: check, ${which}`),
  );
  return [
    ...checks.map((what) => checkFigure(rows, what, [map, `${limiter} get, seen`])),
    callFigure(rows, 'guard, plain: attempt, seen, passes', [map, `${limiter} consume, seen`]),
    callFigure(rows, 'guard, plain: attempt, one hot subject', [`${limiter} consume, one hot`]),
  ];
}

function checkFigure(rows: readonly CallRow[], what: string, peers: readonly string[]): Figure {
  const figure = callFigure(rows, what, peers);
  const isReached = figure.value <= 500 && (figure.p99 ?? NaN) <= 2000;
  return { ...figure, goal: '≤ 500 / ≤ 2000 ns', isReached };
}

/** Median and p99 in nanoseconds. */
function callFigure(rows: readonly CallRow[], what: string, peers: readonly string[]): Figure {
  return { ...amountOf(rows, what), unit: 'ns', peers: peers.map((peer) => amountOf(rows, peer)) };
}

function amountOf(rows: readonly CallRow[], name: string): PeerFigure & { readonly value: number } {
  const row = rows.find(({ what }) => what === name);
  if (row === undefined) throw new Error(`bench/sdk/guard.ts does not measure "${name}"`);
  return { name, value: row.p50, p99: row.p99 };
}

function actionFigures({ actionNs, readNs, megabytes }: ActionCost): Figure[] {
  return [
    {
      name: 'an action, a million users, built-in policies, CPU',
      value: actionNs,
      unit: 'ns',
      goal: '≤ 500 ns',
      isReached: actionNs <= 500,
      peers: [{ name: 'one read of memory', value: readNs }],
    },
    {
      name: 'memory of windows, journal and suspects',
      value: megabytes,
      unit: 'MB',
      goal: '≤ 160 MB',
      isReached: megabytes <= 160,
    },
  ];
}

function stormFigures(rounds: readonly StormRound[]): Figure[] {
  const longestMs = median(rounds.map((round) => round.longestMs));
  return [
    {
      name: '10,000 crossings at once: all told',
      value: median(rounds.map((r) => r.toldAfterMs)),
      unit: 'ms',
    },
    {
      name: '10,000 crossings at once: longest turn of the event loop, CPU',
      value: longestMs,
      unit: 'ms',
      goal: '≤ 5 ms',
      isReached: longestMs <= 5,
    },
    {
      name: '10,000 crossings at once: turns above 5 ms',
      value: median(rounds.map(({ above5 }) => above5)),
      unit: '',
    },
  ];
}
