/** `vedette runbook new`: a runbook to be filled in, with what the alert's rule says already. */
import { mkdir, writeFile } from 'node:fs/promises';
import * as path from 'node:path';
import { InputError } from '@vedette/model';
import { stringify } from 'yaml';
import { createExpressionFaultFinder } from '../../compose-promql.ts';
import { createGoTemplateFaultFinder, loadRuleFiles, type RuleGroup } from '../../detect/index.ts';
import { findNearest } from '../../lib/nearest.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { isRunbookId, UNWRITTEN } from '../../respond/runbook/index.ts';
import { EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';

type AlertingRule = Extract<RuleGroup['rules'][number], { readonly kind: 'alerting' }>;

export async function newRunbook(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    dir: { type: 'string' },
    'for-alert': { type: 'string' },
    rules: { type: 'string', multiple: true },
  });
  const [name, other] = positionals;
  if (name === undefined || other !== undefined)
    throw new UsageError(`want one name; got ${name === undefined ? 'none' : `"${other}" as well`}`);
  if (!isRunbookId(name))
    throw new UsageError(`a name must be letters, digits, _ . - (at most 128); got "${name}"`);
  const alert = values['for-alert'] ?? name;
  if (alert.trim() === '') throw new UsageError(`--for-alert: want the name of an alert; got "${alert}"`);
  const rule = await ruleOf(alert, values.rules ?? [], io);
  const file = path.join(values.dir ?? 'runbooks', `${name}.md`);
  const today = new Date(new SystemClock().nowMs()).toISOString().slice(0, 10);
  await writeNew(path.resolve(io.workingDirectory, file), templateOf({ name, alert, rule, today }), file);
  io.out(`${file}: written; fill it in, then run: vedette check runbooks ${file}\n`);
  return EXIT.ok;
}

async function writeNew(absolute: string, text: string, shownAs: string): Promise<void> {
  try {
    await mkdir(path.dirname(absolute), { recursive: true });
    await writeFile(absolute, text, { flag: 'wx' });
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    const reason = isThere ? 'it is there already' : error instanceof Error ? error.message : String(error);
    throw new InputError('VED_RUNBOOK_INVALID', `cannot write "${shownAs}": ${reason}`, { cause: error });
  }
}

/** The first of that name; several severities of one alert have one runbook. */
async function ruleOf(
  alert: string,
  patterns: readonly string[],
  { workingDirectory }: CliIo,
): Promise<AlertingRule | undefined> {
  if (patterns.length === 0) return undefined;
  const { groups } = await loadRuleFiles({
    patterns,
    baseDirectory: workingDirectory,
    findExpressionFault: createExpressionFaultFinder([]),
    findTemplateFault: createGoTemplateFaultFinder(),
  });
  const rules = groups.flatMap((group) => group.rules).filter((rule) => rule.kind === 'alerting');
  const found = rules.find((rule) => rule.name === alert);
  if (found !== undefined) return found;
  const nearest = findNearest(
    alert,
    rules.map((rule) => rule.name),
  );
  throw new UsageError(
    `cannot find alert "${alert}" in ${patterns.join(', ')}${nearest === undefined ? '' : `; did you mean "${nearest}"?`}`,
  );
}

interface Template {
  readonly name: string;
  readonly alert: string;
  readonly rule: AlertingRule | undefined;
  /** `2026-11-22`. */
  readonly today: string;
}

function templateOf({ name, alert, rule, today }: Template): string {
  const labels = Object.fromEntries(rule?.labels ?? []);
  const annotations = Object.fromEntries(rule?.annotations ?? []);
  const severity = labels['severity'] ?? '';
  const front = stringify({
    title: wordsOf(name),
    match: { alertname: [alert] },
    severity: severity === '' || severity.includes('{{') ? 'warning' : severity,
    owner: labels['team'] ?? labels['owner'] ?? 'nobody-yet',
    reviewed: today,
  });
  const meaning = plainTextOf(annotations['description'] ?? annotations['summary'] ?? '');
  return `---
${front}---

# ${name}

## Meaning

${meaning === '' ? `${UNWRITTEN} what is true when this alert fires, in a sentence.` : meaning}

## Impact

${UNWRITTEN} who notices what, and what comes next if nobody acts.

## Diagnosis

1. ${rule === undefined ? 'What to look at first?' : 'What the alert sees'}

${indented(codeOf('promql', rule?.expr ?? `ALERTS{alertname=${JSON.stringify(alert)}, instance="INSTANCE"}`))}

2. What does it say?

   \`\`\`sh
   journalctl -u NAME --since -15m | tail -n 50
   \`\`\`

## Mitigation

- ${UNWRITTEN} what was seen, and what to do about it.
`;
}

/** `high error rate` of HighErrorRate, with a capital. */
function wordsOf(name: string): string {
  const words = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[_.-]+/g, ' ')
    .trim();
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

/** Labels in a template become the words that stand for them in runbooks. A text cannot begin a heading or code. */
function plainTextOf(template: string): string {
  return template
    .replaceAll(/\{\{-?\s*\$labels\.(\w+)\s*-?\}\}/g, (_, label: string) => label.toUpperCase())
    .replaceAll(/\{\{-?\s*\$value\b[^}]*\}\}/g, 'VALUE')
    .split('\n')
    .map((line) => line.trim().replace(/^(?=[#`~])/, '\\'))
    .join('\n')
    .trim();
}

/** Fenced by more marks than are in it. */
function codeOf(language: string, code: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([marks]) => marks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${code.trim()}\n${fence}`;
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => (line === '' ? '' : `   ${line}`))
    .join('\n');
}
