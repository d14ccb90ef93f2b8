/**
 * `npm run crash -- [--rounds N] [--minutes N] [--seed N] [--lanes N]`: kills the real process again and again under load
 * and looks for what it lost (`test/support/crash/run-rounds.ts` tells how). Prints a report; exits 1 when anything was
 * lost, doubled or made up.
 *
 * A round waits more than it works: on timers, on syncs, on the ticks of the server. Lanes play at the same time, each
 * with a process and a data directory of its own and its own seed, the next number; each lane is what a run without
 * lanes would be.
 */
import { parseArgs } from 'node:util';
import { runCrashRounds, type CrashReport } from '../test/support/crash/run-rounds.ts';
import { runWithLifetime } from '../test/support/lifetime.ts';
import { buildUi } from './build-ui.ts';

/** Rounds between two lines of progress where no terminal shows each. */
const ROUNDS_PER_LINE = 50;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '600' },
    seed: { type: 'string', default: '20261121' },
    lanes: { type: 'string', default: '1' },
  },
});
process.exitCode = await main({
  rounds: Number(values.rounds),
  msMax: Number(values.minutes) * 60_000,
  seed: Number(values.seed),
  lanes: Number(values.lanes),
});

interface Plan {
  readonly rounds: number;
  readonly msMax: number;
  readonly seed: number;
  readonly lanes: number;
}

async function main(plan: Plan): Promise<number> {
  const { rounds, msMax, seed, lanes } = plan;
  if (!(rounds >= 1) || !(msMax > 0) || !Number.isSafeInteger(seed) || !(lanes >= 1 && lanes <= 16)) {
    console.error('usage: npm run crash -- [--rounds N] [--minutes N] [--seed N] [--lanes 1..16]');
    return 2;
  }
  await buildUi();
  const reports = await runWithLifetime((lifetime) => {
    let played = 0;
    const onRound = (line: string): void => {
      played++;
      if (process.stdout.isTTY) process.stdout.write(`\r${played} of ${rounds}; ${line}`);
      else if (played % ROUNDS_PER_LINE === 0) console.error(`${played} of ${rounds}; ${line}`);
    };
    const laneOf = (lane: number): Promise<CrashReport> =>
      runCrashRounds(lifetime, {
        rounds: Math.floor((rounds + lane) / lanes),
        msMax,
        seed: seed + lane,
        onRound,
      });
    return Promise.all(Array.from({ length: lanes }, (_, lane) => laneOf(lane)));
  });
  print(reports, plan);
  return reports.every(({ faults }) => faults.length === 0) ? 0 : 1;
}

function print(reports: readonly CrashReport[], { seed, lanes }: Plan): void {
  const startsMs = reports.flatMap((report) => report.startsMs).sort((a, b) => a - b);
  const ms = (value: number | undefined): string => `${Math.round(value ?? 0)} ms`;
  const sumOf = (key: 'rounds' | 'samplesChecked' | 'notifications' | 'repeats' | 'silenceChanges'): string =>
    reports.reduce((sum, report) => sum + report[key], 0).toLocaleString('en');
  const faults = reports.flatMap((report, lane) =>
    report.faults.map((fault) => `FAULT  seed ${seed + lane}: ${fault}`),
  );
  console.log(`
rounds           ${sumOf('rounds')}, seed ${seed}${lanes > 1 ? ` to ${seed + lanes - 1}, ${lanes} lanes` : ''}
kills during     ${list(reports.map(({ phases }) => phases))}
samples checked  ${sumOf('samplesChecked')}
restart          ${ms(startsMs[Math.floor(startsMs.length / 2)])} median, ${ms(startsMs.at(-1))} at most, to the ready line
notifications    ${sumOf('notifications')}, of them ${sumOf('repeats')} told twice, under the same key
silences         ${sumOf('silenceChanges')} changes acknowledged
starts said      ${list(reports.map(({ found }) => found)) || 'nothing'}
${faults.length === 0 ? 'nothing was lost, doubled or made up' : faults.join('\n')}`);
}

/** What was counted under a name, all lanes together, the most frequent first. */
function list(all: readonly ReadonlyMap<string, number>[]): string {
  const sums = new Map<string, number>();
  for (const counts of all) for (const [name, times] of counts) sums.set(name, (sums.get(name) ?? 0) + times);
  return [...sums]
    .sort(([, a], [, b]) => b - a)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ');
}
