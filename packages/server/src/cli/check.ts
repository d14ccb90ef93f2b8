import * as path from 'node:path';
import { ExpectedError } from '@vedette/model';
import { createGoTemplateFaultFinder, loadRuleFiles } from '../detect/index.ts';
import type { PromqlFeature } from '@vedette/promql/parser';
import { createExpressionFaultFinder } from '../compose-promql.ts';
import { ConfigError } from '../config/fault.ts';
import { configDirectory, loadConfig } from '../config/load.ts';
import { parseProfileName, type ProfileName } from '../config/profile.ts';
import { DiskFiles } from '../lib/disk-files.ts';
import { SystemClock } from '../lib/system-clock.ts';
import { EXIT, parseOptions, UsageError, type CliIo, type Command } from './command.ts';
import { featuresOf } from './promql-features.ts';

export const checkCommand: Command = {
  help: `Checks files without starting anything. Every fault is printed, each with its place.

Usage: vedette check config FILE…   a vedette.yml or prometheus.yml, and the rule files it names
       vedette check rules FILE…    Prometheus rule files
       vedette check alerting FILE…   an alertmanager.yml: what is wrong in it, and what this version cannot carry out
       vedette check runbooks FILE|DIR…   runbooks; warns of those that nobody reviewed for 180 days

Options:
  --enable-feature NAME   an experimental part of PromQL that rule files may use, as query.features; may be repeated
                          check alerting: classic-mode or utf8-strict-mode, as in Alertmanager
  --profile small         check config: with these defaults below the file, as start has it; says which of them count
  --json                  one object per file

Exit codes: 0 all are fine, 1 a file has faults, 2 wrong usage.

Examples:
  vedette check config vedette.yml
  vedette check rules rules/*.yml
  vedette check rules --json rules/api.yml
  vedette check alerting alertmanager.yml
  vedette check runbooks runbooks
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      json: { type: 'boolean' },
      profile: { type: 'string' },
      'enable-feature': { type: 'string', multiple: true },
    });
    const profile = values.profile === undefined ? undefined : parseProfileName(values.profile);
    const [kind, ...files] = positionals;
    const check = kind === undefined ? undefined : CHECKS[kind];
    if (check === undefined)
      throw new UsageError(
        `want "config", "rules", "alerting" or "runbooks"; got ${kind === undefined ? 'nothing' : `"${kind}"`}`,
      );
    if (files.length === 0) throw new UsageError('want at least one file');
    let isFine = true;
    const checkOne = await check(files, io, { features: values['enable-feature'] ?? [], profile });
    for (const file of files) {
      const report = await reportOf(() => checkOne(file));
      isFine &&= report.isFine;
      if (values.json === true) io.out(`${JSON.stringify({ file, ...report })}\n`);
      else if (report.isFine) io.out(`${file}: ${report.text}\n`);
      else io.err(`${report.text}\n`);
    }
    return isFine ? EXIT.ok : EXIT.checkFailed;
  },
};

interface CheckOptions {
  /** As they were given: of PromQL, or of Alertmanager. */
  readonly features: readonly string[];
  readonly profile: ProfileName | undefined;
}

/** Of all files, what checks one of them. */
type Check = (
  files: readonly string[],
  io: CliIo,
  options: CheckOptions,
) => Promise<(file: string) => Promise<string>>;

const CHECKS: Readonly<Record<string, Check>> = {
  config: eachAlone(checkConfig),
  rules: eachAlone(checkRules),
  alerting: eachAlone(checkAlerting),
  runbooks: async (files, io) => (await import('./runbook/check.ts')).createRunbookCheck(files, io),
};

function eachAlone(check: (file: string, io: CliIo, options: CheckOptions) => Promise<string>): Check {
  return (_, io, options) => Promise.resolve((file) => check(file, io, options));
}

async function reportOf(check: () => Promise<string>): Promise<{ isFine: boolean; text: string }> {
  try {
    return { isFine: true, text: await check() };
  } catch (error) {
    if (error instanceof ExpectedError) return { isFine: false, text: error.message };
    throw error;
  }
}

async function checkConfig(
  file: string,
  { env, workingDirectory }: CliIo,
  { features, profile }: CheckOptions,
): Promise<string> {
  const absolute = path.resolve(workingDirectory, file);
  const { config, profileSettings } = await loadConfig(absolute, { env, shownAs: file, profile });
  const directory = configDirectory(absolute, workingDirectory);
  const rules = await countRules(config.rule_files, directory, [
    ...config.query.features,
    ...featuresOf(features),
  ]);
  await checkTemplates(config.alertmanager.templates);
  const counts = `valid configuration, ${config.scrape_configs.length} scrape jobs, ${rules}`;
  if (profile === undefined) return counts;
  const settings = profileSettings.map(({ key, value }) => `\n  ${key}: ${String(value)}`);
  return `${counts}\nprofile ${profile} sets what the file does not:${settings.join('')}`;
}

async function checkRules(
  file: string,
  { workingDirectory }: CliIo,
  { features }: CheckOptions,
): Promise<string> {
  return await countRules([file], workingDirectory, featuresOf(features));
}

/** Imported on use: the schemas of all integrations are large. */
async function checkAlerting(file: string, io: CliIo, { features }: CheckOptions): Promise<string> {
  const { loadAlertingFile, matcherModeOf } = await import('./alerting-file.ts');
  const { config, unsupported, text } = await loadAlertingFile(file, io, matcherModeOf(features));
  if (unsupported.length > 0) throw new ConfigError(unsupported, () => text);
  const { inhibit_rules, receivers, route, templates } = config;
  await checkTemplates(templates);
  const counts = [
    `${routeCountOf(route)} routes`,
    `${inhibit_rules.length} inhibit rules`,
    `${receivers.length} receivers`,
    `${templates.length} templates`,
  ];
  return `valid alerting configuration, ${counts.join(', ')}`;
}

/** A start reads them, too, and refuses what it cannot use. */
async function checkTemplates(patterns: readonly string[]): Promise<void> {
  if (patterns.length === 0) return;
  const { loadNotificationTemplates } = await import('../alert/templates/load-templates.ts');
  await loadNotificationTemplates({ clock: new SystemClock(), files: new DiskFiles() }, patterns);
}

interface Tree {
  readonly routes: readonly Tree[];
}

function routeCountOf({ routes }: Tree): number {
  return routes.reduce((sum, child) => sum + routeCountOf(child), 1);
}

async function countRules(
  patterns: readonly string[],
  baseDirectory: string,
  features: readonly PromqlFeature[],
): Promise<string> {
  const { groups } = await loadRuleFiles({
    patterns,
    baseDirectory,
    findExpressionFault: createExpressionFaultFinder(features),
    findTemplateFault: createGoTemplateFaultFinder(),
  });
  const count = groups.reduce((sum, group) => sum + group.rules.length, 0);
  return `${count} rules in ${groups.length} groups`;
}
