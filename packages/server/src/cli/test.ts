import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { ExpectedError, InputError, parseDurationMs } from '@vedette/model';
import { createExpressionFaultFinder } from '../compose-promql.ts';
import { createRuleTestDeps, type RuleTestEngineOptions } from '../compose-rule-test.ts';
import { createGoTemplateFaultFinder, loadRuleFiles } from '../detect/index.ts';
import { parseRuleTestFile, runRuleTest } from '../simulate/index.ts';
import { featuresOf } from './promql-features.ts';
import { EXIT, parseOptions, UsageError, type CliIo, type Command } from './command.ts';

export const testCommand: Command = {
  help: `Runs unit tests of rules, in promtool's file format, without starting anything.

Usage: vedette test rules FILE…

Rule files are those that a test file names, seen from its folder. Rules are evaluated by the engine and the rule
manager of the server, in virtual time. The language is that of Prometheus 3: a sample that is exactly 5 minutes old
is no longer seen. Tests that were written with promtool 2, which sees it, pass with --lookback-delta 5m1ms.

Options:
  --run REGEXP               only the tests whose name matches; may be repeated
  --lookback-delta DURATION  how old a sample may be that an instant still sees (5m)
  --enable-feature NAME      an experimental part of PromQL, as query.features; may be repeated
  --json                     one object per file

Exit codes: 0 all pass, 1 a test fails or a file has faults, 2 wrong usage.

Examples:
  vedette test rules test/*.test.yml
  vedette test rules --run 'disk' test/host.test.yml
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      json: { type: 'boolean' },
      run: { type: 'string', multiple: true },
      'lookback-delta': { type: 'string', default: '5m' },
      'enable-feature': { type: 'string', multiple: true },
    });
    const [kind, ...files] = positionals;
    if (kind !== 'rules')
      throw new UsageError(`want "rules"; got ${kind === undefined ? 'nothing' : `"${kind}"`}`);
    if (files.length === 0) throw new UsageError('want at least one file');
    const features = featuresOf(values['enable-feature'] ?? []);
    const lookbackDelta = values['lookback-delta'];
    if ((parseDurationMs(lookbackDelta) ?? 0) <= 0)
      throw new UsageError(`--lookback-delta must be a duration such as 5m; got "${lookbackDelta}"`);
    const settings = { features, lookbackDelta, runOnly: (values.run ?? []).map(parsePattern) };
    let isFine = true;
    for (const file of files) {
      const report = await reportOf(file, settings, io);
      isFine &&= report.faults.length === 0;
      if (values.json === true) io.out(`${JSON.stringify({ file, ...report })}\n`);
      else if (report.faults.length === 0) io.out(`${file}: ${report.testCount} tests pass\n`);
      else io.err(`${file}: FAILED\n${report.faults.map((fault) => `  ${fault}\n`).join('')}`);
    }
    return isFine ? EXIT.ok : EXIT.checkFailed;
  },
};

function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new UsageError(`--run must be a regular expression; got "${text}"`, { cause: error });
  }
}

interface Settings extends RuleTestEngineOptions {
  readonly runOnly: readonly RegExp[];
}

interface Report {
  readonly testCount: number;
  readonly faults: readonly string[];
}

async function reportOf(file: string, settings: Settings, io: CliIo): Promise<Report> {
  try {
    return await runFile(file, settings, io);
  } catch (error) {
    if (!(error instanceof ExpectedError)) throw error;
    return { testCount: 0, faults: error.message.split('\n') };
  }
}

async function runFile(
  shownAs: string,
  { runOnly, ...engine }: Settings,
  { workingDirectory }: CliIo,
): Promise<Report> {
  const absolute = path.resolve(workingDirectory, shownAs);
  const file = parseRuleTestFile(await readText(absolute, shownAs), shownAs);
  const { groups } = await loadRuleFiles({
    patterns: file.rule_files,
    baseDirectory: path.dirname(absolute),
    findExpressionFault: createExpressionFaultFinder(engine.features),
    findTemplateFault: createGoTemplateFaultFinder(),
  });
  const deps = createRuleTestDeps(engine);
  const tests = file.tests.filter(
    ({ name }) => runOnly.length === 0 || runOnly.some((pattern) => pattern.test(name)),
  );
  const faults: string[] = [];
  for (const test of tests) {
    const failures = await runRuleTest(deps, { file, test, groups });
    faults.push(
      ...failures.map((failure) => (test.name === '' ? failure : `name: ${test.name},\n  ${failure}`)),
    );
  }
  return { testCount: tests.length, faults };
}

async function readText(absolute: string, shownAs: string): Promise<string> {
  try {
    return await readFile(absolute, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError('VED_RULES_INVALID', `cannot read test file "${shownAs}": ${reason}`);
  }
}
