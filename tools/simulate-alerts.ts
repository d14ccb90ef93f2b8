/**
 * `npm run simulate-alerts -- [--days N] [--seed N | --seeds A..B] [--canary NAME]`: the alert path in virtual time, with kills at
 * enumerated points, channels that refuse, hang and lie, silences, reloads, a full disk and a clock that is set
 * (`simulate-alerts/simulation.ts`). Prints what happened. A seed that breaks a promise is printed with its last
 * events, and the command exits 1. With `--canary` something is broken on purpose, which must be found out.
 */
import { parseArgs } from 'node:util';
import { CANARIES, simulateAlerts, type SimulationOptions } from './simulate-alerts/simulation.ts';

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      days: { type: 'string', default: '30' },
      seed: { type: 'string' },
      seeds: { type: 'string' },
      canary: { type: 'string' },
    },
  });
  const days = Number(values.days);
  const seeds = /^(\d+)(?:\.\.(\d+))?$/.exec(values.seeds ?? values.seed ?? '1');
  const canary = CANARIES.find((name) => name === values.canary);
  if (seeds === null || !(days > 0) || canary !== values.canary) {
    console.error('usage: npm run simulate-alerts -- [--days N] [--seed N | --seeds A..B] [--canary NAME]');
    return 2;
  }
  const first = Number(seeds[1]);
  return await run(first, Number(seeds[2] ?? first), { days, canary });
}

async function run(first: number, last: number, options: SimulationOptions): Promise<number> {
  const totals = new Map<string, number>();
  const failed: number[] = [];
  for (let seed = first; seed <= last; seed++) {
    try {
      const { counts } = await simulateAlerts(seed, options);
      for (const [what, count] of counts) totals.set(what, (totals.get(what) ?? 0) + count);
    } catch (error) {
      console.error(error instanceof Error ? error.message : error);
      failed.push(seed);
    }
  }
  for (const [what, count] of [...totals].sort(([a], [b]) => (a < b ? -1 : 1)))
    console.log(`${String(count).padStart(9)} ${what}`);
  console.log(`seeds ${first} to ${last}, ${options.days} days each: ${failed.length} failed`);
  if (failed.length > 0) console.log(`failed: seeds ${failed.join(', ')}`);
  return failed.length === 0 ? 0 : 1;
}
