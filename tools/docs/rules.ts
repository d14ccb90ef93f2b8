import { globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { formatDurationMs } from '@vedette/model';
import { parseExpr, selectorsOf, type VectorSelector } from '@vedette/promql/parser';
import { parseRuleFile } from '../../packages/server/src/detect/rules/parse-rule-file.ts';
import type { Rule } from '../../packages/server/src/detect/rules/rule.ts';
import { code, printTable } from './markdown.ts';
import { METRIC_SOURCES, type RuleMetric } from './rule-metrics.ts';

/** One rule of `rules/`. */
export interface ShippedRule {
  /** The name of its file. */
  readonly pack: string;
  readonly rule: Rule;
  /** The comment above it. */
  readonly comment: string;
  readonly selectors: readonly VectorSelector[];
}

/** Every rule that ships, by pack and place. */
export function loadShippedRules(root: string): ShippedRule[] {
  return globSync('rules/*.yml', { cwd: root })
    .sort()
    .flatMap((file) => rulesIn(path.basename(file, '.yml'), readFileSync(path.join(root, file), 'utf8')));
}

function rulesIn(pack: string, text: string): ShippedRule[] {
  const { groups } = parseRuleFile(text, {
    file: pack,
    findExpressionFault: () => undefined,
    findTemplateFault: () => undefined,
  });
  return groups
    .flatMap(({ rules }) => rules)
    .map((rule) => ({
      pack,
      rule,
      comment: commentAbove(text, `- ${rule.kind === 'recording' ? 'record' : 'alert'}: ${rule.name}\n`),
      selectors: selectorsOf(parseExpr(rule.expr)),
    }));
}

/** The value of a label or an annotation; empty when it has none of that name. */
export function valueOf(pairs: readonly (readonly [string, string])[], name: string): string {
  return pairs.find(([key]) => key === name)?.[1] ?? '';
}

function commentAbove(text: string, line: string): string {
  const above = text.slice(0, text.indexOf(line)).trimEnd().split('\n');
  const first = above.findLastIndex((row) => !/^ *#/.test(row)) + 1;
  return above
    .slice(first)
    .map((row) => row.replace(/^ *# ?/, ''))
    .join(' ');
}

/** The name as the catalogue has it; series of a histogram have its name and a suffix. */
export function baseNameOf(seriesName: string): string {
  return seriesName.replace(/_(bucket|sum|count)$/, '');
}

/** The catalogue by name; histograms by their base name. */
export function catalogueByName(): ReadonlyMap<string, RuleMetric> {
  return new Map(METRIC_SOURCES.flatMap(({ metrics }) => metrics).map((metric) => [metric.name, metric]));
}

/** The part of docs/metrics.md about what rules read and record. */
export function printRuleMetrics(rules: readonly ShippedRule[]): string {
  const packsByName = new Map<string, Set<string>>();
  for (const { pack, selectors } of rules)
    for (const { name = '' } of selectors)
      for (const key of [name, baseNameOf(name)])
        packsByName.set(key, (packsByName.get(key) ?? new Set()).add(pack));
  const rowOf = ({ name, type, labelNames }: RuleMetric): string[] => [
    code(name),
    type,
    labelNames.map(code).join(', '),
    [...(packsByName.get(name) ?? [])].join(', '),
  ];
  const sections = METRIC_SOURCES.map(
    ({ name, note, metrics }) =>
      `### ${name}\n\n${note}\n\n${printTable(['name', 'type', 'labels', 'packs'], metrics.map(rowOf))}`,
  );
  const recorded = rules
    .filter(({ rule }) => rule.kind === 'recording')
    .map(({ rule, pack, comment }) => [code(rule.name), pack, comment]);
  return [
    ...sections,
    `### Recorded by the rules\n\nNamed level:metric:operations. All are gauges; their labels are in the first part of the name (\`instance\` comes with \`job\`, \`model\` is \`gen_ai_request_model\`).\n\n${printTable(['name', 'pack', 'what'], recorded)}`,
  ].join('\n\n');
}

/** The generated part of docs/rules.md. */
export function printAlerts(rules: readonly ShippedRule[]): string {
  const packs = [...new Set(rules.map(({ pack }) => pack))];
  return packs
    .map((pack) => {
      const rows = rules.filter((rule) => rule.pack === pack).flatMap(({ rule }) => alertRows(rule));
      return `### ${pack}\n\n${printTable(['alert', 'severity', 'for', 'says'], rows)}`;
    })
    .join('\n\n');
}

function alertRows(rule: Rule): readonly (readonly string[])[] {
  if (rule.kind === 'recording') return [];
  const { name, labels, annotations, forMs } = rule;
  const hold = forMs === 0 ? 'at once' : formatDurationMs(forMs);
  const summary = plainOf(valueOf(annotations, 'summary'));
  return [[`[${name}](../runbooks/${name}.md)`, valueOf(labels, 'severity'), hold, summary]];
}

/** `{{ $labels.job }} is slow` → `JOB is slow`. */
function plainOf(template: string): string {
  return template.replaceAll(/\{\{[^}]*\$labels\.(\w+) *\}\}/g, (_, label: string) => label.toUpperCase());
}
