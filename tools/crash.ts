/**
 * `npm run crash -- [--rounds N] [--minutes N] [--seed N]`: kills the real process again and again under load and looks for what it
 * lost (`test/support/crash/run-rounds.ts` tells how). Prints a report; exits 1 when anything was lost, doubled or made up.
 */
import { parseArgs } from 'node:util';
import { runCrashRounds, type CrashReport } from '../test/support/crash/run-rounds.ts';
import { runWithLifetime } from '../test/support/lifetime.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '600' },
    seed: { type: 'string', default: '20261121' },
  },
});
process.exitCode = await main(Number(values.rounds), Number(values.minutes) * 60_000, Number(values.seed));

async function main(rounds: number, msMax: number, seed: number): Promise<number> {
  if (!(rounds >= 1) || !(msMax > 0) || !Number.isSafeInteger(seed)) {
    console.error('usage: npm run crash -- [--rounds N] [--minutes N] [--seed N]');
    return 2;
  }
  const onRound = (line: string): void => {
    if (process.stdout.isTTY) process.stdout.write(`\r${line}`);
  };
  const report = await runWithLifetime((lifetime) =>
    runCrashRounds(lifetime, { rounds, msMax, seed, onRound }),
  );
  print(report);
  return report.faults.length === 0 ? 0 : 1;
}

function print(report: CrashReport): void {
  const list = (counts: ReadonlyMap<string, number>): string =>
    [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([name, times]) => `${name} ${times}`)
      .join(', ');
  console.log(`
rounds           ${report.rounds}, seed ${report.seed}
kills during     ${list(report.phases)}
samples checked  ${report.samplesChecked.toLocaleString('en')}
restart          ${Math.round(report.startMsP50)} ms median, ${Math.round(report.startMsMax)} ms at most, to the ready line
notifications    ${report.notifications}, of them ${report.repeats} told twice, under the same key
starts said      ${report.found.size === 0 ? 'nothing' : list(report.found)}
${report.faults.length === 0 ? 'nothing was lost, doubled or made up' : report.faults.map((fault) => `FAULT  ${fault}`).join('\n')}`);
}
