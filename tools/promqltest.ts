/**
 * `npm run promqltest -- FILE|DIR…`: runs PromQL scripts in upstream's format on our engine.
 *
 * Prints a line per file and per failed eval, then `N passed, N failed, 0 unsupported`. With
 * `--pin N` it exits 1 when fewer than N evals pass. Scripts read that line: its third count stays, though the engine
 * refuses nothing by name any more.
 */
import { globSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { runScript } from './promqltest/run.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { pin: { type: 'string' } } });
process.exitCode = await main(positionals, values.pin);

async function main(paths: readonly string[], pin: string | undefined): Promise<number> {
  const files = paths.flatMap(scriptsIn);
  if (files.length === 0) {
    console.error('usage: npm run promqltest -- [--pin N] FILE|DIR…   (scripts end in .test)');
    return 2;
  }
  const totals = { passed: 0, failed: 0 };
  for (const file of files) {
    const outcome = await runScript(readFileSync(file, 'utf8'));
    totals.passed += outcome.passed;
    totals.failed += outcome.failed;
    console.log(`${path.basename(file)}: ${summary(outcome)}`);
    for (const failure of outcome.failures) console.log(`  ${file}:${failure}`);
  }
  console.log(summary(totals));
  return pin !== undefined && totals.passed < Number(pin) ? 1 : 0;
}

function scriptsIn(target: string): readonly string[] {
  if (!statSync(target).isDirectory()) return [target];
  return globSync('*.test', { cwd: target })
    .sort()
    .map((name) => path.join(target, name));
}

function summary(totals: { passed: number; failed: number }): string {
  return `${totals.passed} passed, ${totals.failed} failed, 0 unsupported`;
}
