/**
 * `npm test`: every test of the project, then one closing line with the totals.
 *
 * 1. Unit, contract and property tests of all packages but `web`, in two processes beside each other (they share nothing).
 * 2. Black-box and comparison tests under `test/`, one process per file, one at a time. The user interface is built
 *    before: each server of theirs would begin to, beside the test, and be stopped half-way. A test that takes minutes of
 *    the clock and next to nothing of the machine runs beside them, and is shown at the end.
 * 3. The web package's tests with Vitest.
 *
 * Properties draw from one seed (`tools/property-seed.ts`), so a run can be repeated; `VEDETTE_SEED=N` explores.
 *
 * `npm test -- PATTERN…` runs only the files whose path contains a pattern. With
 * VEDETTE_PEERS=required a missing peer program or missing shared test data fails instead of skipping.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { buildUi } from './build-ui.ts';

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
}

const root = path.resolve(import.meta.dirname, '..');
const patterns = process.argv.slice(2);
/**
 * A test that waits this long waits in vain; the run goes on and fails. With ten programs to a processor one of several
 * starts, of which each takes a second by itself, took two minutes.
 */
const TEST_MS_MAX = 300_000;

/**
 * A run of which nothing was heard for this long stands still: no test has more than ten minutes, and beyond its time one
 * is reported, so it is something that a test left open, which keeps the process. Everything ends there, as what follows
 * would run beside it.
 */
const SILENCE_MS_MAX = 630_000;

const running = new Set<ChildProcess>();

/** Three minutes of even traffic, ten actions a second. */
const BESIDE: readonly string[] = ['test/guard/both-paths.test.ts'];

const isWanted = (file: string): boolean =>
  patterns.length === 0 || patterns.some((pattern) => file.includes(pattern));

process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  const unit = globSync(['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts'], { cwd: root }).filter(
    (file) => !file.startsWith('packages/web/') && isWanted(file),
  );
  const blackBox = globSync('test/**/*.test.ts', { cwd: root }).filter(isWanted);
  const web = globSync('packages/web/src/**/*.test.{ts,tsx}', { cwd: root }).filter(isWanted);
  const totals: Totals = { passed: 0, failed: 0, skipped: 0 };
  await Promise.all(
    unitHalves(unit.sort()).map(async (args, half) => {
      add(totals, await runNodeTests(args, { isShownAtEnd: half > 0 }));
    }),
  );
  if (blackBox.length > 0) {
    await buildUi();
    const isBeside = (file: string): boolean => BESIDE.includes(file) && blackBox.length > 1;
    const beside = blackBox.filter(isBeside).map((file) => runNodeTests([file], { isShownAtEnd: true }));
    const others = blackBox.filter((file) => !isBeside(file));
    add(totals, await runNodeTests(['--test-concurrency=1', ...others.sort()]));
    for (const run of beside) add(totals, await run);
  }
  if (web.length > 0) add(totals, await runVitest(web.sort()));
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  return totals.failed === 0 && totals.passed > 0;
}

/** Arguments for two processes with every other file each; for one where there are few. */
function unitHalves(files: readonly string[]): readonly (readonly string[])[] {
  const halves = files.length < 20 ? [files] : [0, 1].map((half) => files.filter((_, at) => at % 2 === half));
  return halves.filter((half) => half.length > 0).map((half) => ['--test-isolation=none', ...half]);
}

async function runNodeTests(
  args: readonly string[],
  { isShownAtEnd = false }: { readonly isShownAtEnd?: boolean } = {},
): Promise<Totals> {
  const nodeArgs = [
    '--disable-warning=ExperimentalWarning',
    '--import',
    path.join(root, 'tools/property-seed.ts'),
    '--test',
    '--test-reporter=spec',
    `--test-timeout=${TEST_MS_MAX}`,
    ...args,
  ];
  const { code, output } = await run(process.execPath, nodeArgs, { isShownAtEnd });
  const count = (word: string): number =>
    Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
  const failed = count('fail') + count('cancelled');
  return {
    passed: count('pass'),
    failed: code !== 0 && failed === 0 ? 1 : failed,
    skipped: count('skipped') + count('todo'),
  };
}

async function runVitest(files: readonly string[]): Promise<Totals> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-vitest-'));
  const report = path.join(directory, 'report.json');
  const args = [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...files.map((file) => path.relative('packages/web', file)),
  ];
  try {
    const { code } = await run(
      process.execPath,
      [path.join(root, 'node_modules/vitest/vitest.mjs'), ...args],
      { cwd: path.join(root, 'packages/web') },
    );
    const result = JSON.parse(readFileSync(report, 'utf8')) as {
      numPassedTests: number;
      numFailedTests: number;
      numPendingTests: number;
    };
    return {
      passed: result.numPassedTests,
      failed: code !== 0 && result.numFailedTests === 0 ? 1 : result.numFailedTests,
      skipped: result.numPendingTests,
    };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Runs a child whose output is shown and kept. */
function run(
  command: string,
  args: readonly string[],
  { cwd = root, isShownAtEnd = false }: { readonly cwd?: string; readonly isShownAtEnd?: boolean } = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
    running.add(child);
    let output = '';
    const silence = setTimeout(() => {
      // The runner of tests then names those that run, and ends; not when a test holds the thread.
      for (const one of running) one.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 10_000).unref();
    }, SILENCE_MS_MAX);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      silence.refresh();
      if (!isShownAtEnd) process.stdout.write(text);
    });
    child.on('error', reject).on('close', (code) => {
      clearTimeout(silence);
      running.delete(child);
      if (isShownAtEnd) process.stdout.write(output);
      if (child.killed)
        reject(
          new Error(
            `nothing was heard of a run for ${SILENCE_MS_MAX / 1000} s; what it was at stands above: ` +
              'a test that failed and left something open, or one that left something open though it passed',
          ),
        );
      else resolve({ code: code ?? 1, output });
    });
  });
}

function add(totals: Totals, more: Totals): void {
  totals.passed += more.passed;
  totals.failed += more.failed;
  totals.skipped += more.skipped;
}
