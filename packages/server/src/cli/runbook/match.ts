/** `vedette runbook match`: which runbooks fit an alert, without a server. */
import * as path from 'node:path';
import { DiskFiles } from '../../lib/disk-files.ts';
import { printable } from '../../lib/printable.ts';
import { PROJECT_ROOT } from '../../lib/project-root.ts';
import { stepsOf, type AlertIdentity, type RunbookMatch } from '../../respond/index.ts';
import { createRunbookLibrary, loadRunbooks } from '../../respond/runbook/index.ts';
import { assertNoArguments, EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import { readAlerts } from './alert-file.ts';

export async function matchRunbook(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    dir: { type: 'string', multiple: true },
    labels: { type: 'string', multiple: true },
    annotations: { type: 'string', multiple: true },
    alert: { type: 'string' },
    steps: { type: 'boolean' },
    json: { type: 'boolean' },
  });
  assertNoArguments(positionals);
  const alerts = await alertsOf(values, io);
  const loaded = await loadRunbooks(
    { files: new DiskFiles() },
    {
      shippedDirectory: `${PROJECT_ROOT}/runbooks`,
      patterns: values.dir ?? [],
      directory: io.workingDirectory,
    },
  );
  for (const problem of loaded.problems) io.err(`${printable(problem.replace(/^agent\.runbooks: /, ''))}\n`);
  const library = createRunbookLibrary(() => loaded);
  let isFound = true;
  for (const alert of alerts) {
    const matches = library.match(alert);
    isFound &&= matches.length > 0;
    if (values.json === true) io.out(`${JSON.stringify(jsonOf(alert, matches, values.steps === true))}\n`);
    else io.out(textOf(alert, matches, { hasSteps: values.steps === true, hasHeading: alerts.length > 1 }));
  }
  return isFound ? EXIT.ok : EXIT.checkFailed;
}

interface AlertOptions {
  readonly labels?: string[] | undefined;
  readonly annotations?: string[] | undefined;
  readonly alert?: string | undefined;
}

async function alertsOf(
  { labels, annotations, alert }: AlertOptions,
  { workingDirectory }: CliIo,
): Promise<readonly AlertIdentity[]> {
  if (alert !== undefined && (labels !== undefined || annotations !== undefined))
    throw new UsageError('want either --alert or --labels and --annotations; got both');
  if (alert !== undefined) return await readAlerts(path.resolve(workingDirectory, alert), alert);
  if (labels === undefined && annotations === undefined)
    throw new UsageError('want --labels alertname=NAME,… or --alert FILE');
  return [{ labels: pairsOf('--labels', labels), annotations: pairsOf('--annotations', annotations) }];
}

/** One `name=value`, and what separates it from the next. Double quotes hold commas; a backslash takes what follows as it is. */
const PAIR = /\s*([A-Za-z_][\w.]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|((?!")[^,]*?))\s*(?:,|$)/sy;

function pairsOf(option: string, texts: readonly string[] | undefined): Readonly<Record<string, string>> {
  const pairs: [string, string][] = [];
  for (const written of texts ?? []) {
    const text = written.replace(/^\s*\{(.*)\}\s*$/s, '$1');
    PAIR.lastIndex = 0;
    while (PAIR.lastIndex < text.length) {
      const from = PAIR.lastIndex;
      const [, name = '', quoted, plain = ''] = PAIR.exec(text) ?? [];
      if (name === '')
        throw new UsageError(`${option}: want NAME=VALUE with commas between; got "${text.slice(from)}"`);
      pairs.push([name, quoted === undefined ? plain : quoted.replaceAll(/\\(.)/gs, '$1')]);
    }
  }
  return Object.fromEntries(pairs);
}

function jsonOf(alert: AlertIdentity, matches: readonly RunbookMatch[], hasSteps: boolean): object {
  return {
    labels: alert.labels,
    matches: matches.map(({ runbook, why }, index) => ({
      id: runbook.id,
      title: runbook.title,
      origin: runbook.origin,
      file: runbook.file,
      severity: runbook.severity ?? null,
      owner: runbook.owner ?? null,
      reviewed: runbook.reviewed ?? null,
      why,
      ...(hasSteps && index === 0 ? { steps: stepsOf(runbook, alert.labels) } : {}),
    })),
  };
}

function textOf(
  alert: AlertIdentity,
  matches: readonly RunbookMatch[],
  { hasSteps, hasHeading }: { readonly hasSteps: boolean; readonly hasHeading: boolean },
): string {
  const lines = hasHeading ? [`${alert.labels['alertname'] ?? 'an alert without a name'}:`] : [];
  if (matches.length === 0)
    lines.push(
      'no runbook fits; write one: vedette runbook new NAME, or name it: match: { alertname: [NAME] }',
    );
  for (const { runbook, why } of matches) {
    lines.push(`${runbook.id} (${runbook.origin}): ${why.join('; ')}`, `  ${runbook.file}`);
  }
  const [best] = matches;
  if (hasSteps && best !== undefined)
    for (const { section, text, query, command, open } of stepsOf(best.runbook, alert.labels)) {
      lines.push('', `${section}: ${text}`);
      for (const code of [query, command])
        if (code !== undefined) lines.push(...code.split('\n').map((one) => `    ${one}`));
      if (open.length > 0) lines.push(`  (fill in ${open.join(', ')})`);
    }
  return `${printable(lines.join('\n'))}\n`;
}
