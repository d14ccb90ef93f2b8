/**
 * `npm run simulate-faults -- [--seeds A..B] [--hours H] [--canary skip-sync]`: the metrics store in virtual time on
 * disks that tear, forget, lie, slow down, fill up and refuse; each seed one run (`simulate-faults/simulation.ts`).
 *
 * Prints what happened, how often each fault really took place, and one hash over all of it: the same seeds give the same hash. A seed that breaks a
 * promise is printed with its last events, and the command exits 1. With `--canary` the store's log is never
 * synced: that must be found out.
 */
import { parseArgs } from 'node:util';
import zlib from 'node:zlib';
import { createHash } from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import type { SimulationOptions } from './simulate-faults/simulation.ts';

/** Enough to see what is wrong. */
const FAILURES_MAX = 5;

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1..20' },
      hours: { type: 'string', default: '1' },
      canary: { type: 'string' },
    },
  });
  const seeds = /^(\d+)\.\.(\d+)$/.exec(values.seeds);
  const hours = Number(values.hours);
  const { canary } = values;
  if (seeds === null || !(hours > 0) || (canary !== undefined && canary !== 'skip-sync')) {
    console.error('usage: npm run simulate-faults -- [--seeds A..B] [--hours H] [--canary skip-sync]');
    return 2;
  }
  compressAtOnce();
  return await run(Number(seeds[1]), Number(seeds[2]), { hours, canary });
}

/** Node compresses in threads, which end in any order; here it is done on the spot, or a seed would not repeat. */
function compressAtOnce(): void {
  type Callback = (error: Error | null, result: Uint8Array) => void;
  const atOnce = (bytes: Uint8Array, options: zlib.ZstdOptions, callback: Callback): void => {
    const result = zlib.zstdCompressSync(bytes, options);
    queueMicrotask(() => callback(null, result));
  };
  Object.assign(zlib, { zstdCompress: atOnce });
  syncBuiltinESMExports();
}

async function run(first: number, last: number, options: SimulationOptions): Promise<number> {
  // After the change above: the store takes hold of the compressor when it is loaded.
  const { simulate } = await import('./simulate-faults/simulation.ts');
  const hash = createHash('sha256');
  const totals = new Map<string, number>();
  const faults = new Map<string, number>();
  const failed: number[] = [];
  let samples = 0;
  let events = 0;
  for (let seed = first; seed <= last && failed.length < FAILURES_MAX; seed++) {
    try {
      const outcome = await simulate(seed, options);
      hash.update(outcome.hash);
      samples += outcome.checkedSamples;
      events += outcome.events;
      add(totals, outcome.counts);
      add(faults, outcome.faults);
    } catch (error) {
      console.error(error);
      failed.push(seed);
    }
  }
  print('what happened', totals);
  print('faults that took place', faults);
  console.log(
    `seeds ${first} to ${last}, ${options.hours} h each: ${events} events, ${samples} acknowledged samples looked for, hash ${hash.digest('hex').slice(0, 16)}`,
  );
  if (failed.length === 0) return 0;
  console.log(`failed: seeds ${failed.join(', ')}`);
  return 1;
}

function add(totals: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [what, count] of counts) totals.set(what, (totals.get(what) ?? 0) + count);
}

function print(title: string, counts: ReadonlyMap<string, number>): void {
  console.log(title);
  for (const [what, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(count).padStart(9)} ${what}`);
}
