/**
 * Prometheus' rule files: groups of recording and alerting rules. Every fault of a file is found in one
 * pass and told in upstream's words, with its place; `$` and `${…}` are text like any other, since
 * templates are full of them.
 */
import { compareUtf8, parseDurationMs } from '@vedette/model';
import type { Rule, RuleGroup, RuleLabel } from './rule.ts';
import { YamlReader, type YamlFault, type YamlNode } from './yaml-reader.ts';

/** Rules in one file, aliases expanded: a hundred times the largest public rule file. */
export const RULES_PER_FILE_MAX = 10_000;

const FILE_FIELDS = ['groups'];
const GROUP_FIELDS = ['name', 'interval', 'query_offset', 'limit', 'labels', 'rules'];
const RULE_FIELDS = ['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'];

export interface RuleFileOptions {
  /** As it was configured; part of the identity of its groups. */
  readonly file: string;
  /** Says what is wrong with an expression, or with the syntax of a template; `undefined` when nothing. */
  readonly findExpressionFault: (expr: string) => string | undefined;
  readonly findTemplateFault: (alertName: string, text: string) => string | undefined;
  /** `legacy` takes label, annotation and metric names of ASCII letters, digits and `_` only. */
  readonly nameValidation?: 'utf8' | 'legacy';
}

export interface ParsedRuleFile {
  readonly groups: readonly RuleGroup[];
  /** In the order of the file; when there are any the groups are not to be used. */
  readonly faults: readonly YamlFault[];
  readonly warnings: readonly string[];
}

export function parseRuleFile(text: string, options: RuleFileOptions): ParsedRuleFile {
  const reader = new YamlReader(text);
  const groups = new RuleFileParser(reader, options).parse();
  const warnings =
    reader.documentCount > 1 ? [`${options.file}: only the first YAML document of the file is used`] : [];
  const faults = reader.faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
  return { groups, faults, warnings };
}

type Fields = ReadonlyMap<string, YamlNode>;

class RuleFileParser {
  readonly #reader: YamlReader;
  readonly #options: RuleFileOptions;
  #ruleCount = 0;

  constructor(reader: YamlReader, options: RuleFileOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  parse(): RuleGroup[] {
    const fields = this.#reader.fields(this.#reader.root, 'the rule file', FILE_FIELDS);
    const names = new Set<string>();
    return this.#reader
      .elements(fields?.get('groups'), 'field groups')
      .flatMap((node) => this.#parseGroup(node, names) ?? []);
  }

  #parseGroup(node: YamlNode, names: Set<string>): RuleGroup | undefined {
    const fields = this.#reader.fields(node, 'a rule group', GROUP_FIELDS);
    if (fields === undefined) return undefined;
    const name = this.#reader.text(fields.get('name'), 'field name');
    if (name === '') this.#reader.addFault(node, 'Groupname must not be empty');
    else if (names.has(name))
      this.#reader.addFault(
        fields.get('name'),
        `groupname: ${JSON.stringify(name)} is repeated in the same file`,
      );
    names.add(name);
    const groupLabels = this.#parseLabels(fields.get('labels'), `group ${JSON.stringify(name)}`, 'label');
    const rules = this.#reader.elements(fields.get('rules'), 'field rules');
    const intervalMs = this.#parseDuration(fields, 'interval');
    return {
      file: this.#options.file,
      name,
      // As upstream, 0 means not set.
      intervalMs: intervalMs === 0 ? undefined : intervalMs,
      queryOffsetMs: this.#parseDuration(fields, 'query_offset'),
      limit: this.#parseLimit(fields.get('limit')),
      rules: rules.flatMap((rule, i) => this.#parseRule(rule, { name, index: i + 1, groupLabels }) ?? []),
    };
  }

  #parseRule(node: YamlNode, group: RulePlace): Rule | undefined {
    if (++this.#ruleCount > RULES_PER_FILE_MAX) {
      if (this.#ruleCount === RULES_PER_FILE_MAX + 1)
        this.#reader.addFault(
          node,
          `more than ${RULES_PER_FILE_MAX} rules in one file, which is the limit; split it`,
        );
      return undefined;
    }
    const fields = this.#reader.fields(node, 'a rule', RULE_FIELDS);
    if (fields === undefined) return undefined;
    const record = this.#reader.text(fields.get('record'), 'field record');
    const alert = this.#reader.text(fields.get('alert'), 'field alert');
    const where = `group ${JSON.stringify(group.name)}, rule ${group.index}, ${JSON.stringify(record === '' ? alert : record)}`;
    const fault = (at: YamlNode, message: string): void => this.#reader.addFault(at, `${where}: ${message}`);
    if (record !== '' && alert !== '') fault(node, "only one of 'record' and 'alert' must be set");
    if (record === '' && alert === '') fault(node, "one of 'record' or 'alert' must be set");
    const expr = this.#parseExpr(fields.get('expr') ?? node, fields.has('expr'), fault);
    const labels = mergeLabels(group.groupLabels, this.#parseLabels(fields.get('labels'), where, 'label'));
    if (record !== '') {
      this.#checkRecording(fields, record, fault);
      return { kind: 'recording', name: record, expr, labels };
    }
    const annotations = this.#parseLabels(fields.get('annotations'), where, 'annotation');
    this.#checkTemplates('label', labels, { alert, fields, fault });
    this.#checkTemplates('annotation', annotations, { alert, fields, fault });
    return {
      kind: 'alerting',
      name: alert,
      expr,
      forMs: this.#parseDuration(fields, 'for') ?? 0,
      keepFiringForMs: this.#parseDuration(fields, 'keep_firing_for') ?? 0,
      labels,
      annotations,
    };
  }

  #parseExpr(node: YamlNode, isSet: boolean, fault: Fault): string {
    const expr = isSet ? this.#reader.text(node, 'field expr') : '';
    if (expr.trim() === '') {
      fault(node, "field 'expr' must be set in rule");
      return '';
    }
    const reason = this.#options.findExpressionFault(expr);
    if (reason !== undefined) fault(node, `could not parse expression: ${reason}`);
    return expr;
  }

  #checkRecording(fields: Fields, record: string, fault: Fault): void {
    for (const name of ['annotations', 'for', 'keep_firing_for']) {
      const node = fields.get(name);
      if (node !== undefined && node !== null) fault(node, `invalid field '${name}' in recording rule`);
    }
    if (/[{}]/.test(record))
      fault(
        fields.get('record'),
        `braces present in the recording rule name; should it be in expr?: ${record}`,
      );
    else if (!this.#isName(record, LEGACY_METRIC_NAME))
      fault(fields.get('record'), `invalid recording rule name: ${record}`);
  }

  /** Sorted by name. `__name__` belongs to the rule and cannot be a label. */
  #parseLabels(node: YamlNode, where: string, what: 'label' | 'annotation'): RuleLabel[] {
    const entries =
      this.#reader.entries(node, `field ${what}s`) ?? new Map<string, { key: YamlNode; value: YamlNode }>();
    const labels: RuleLabel[] = [];
    for (const [name, { key, value }] of entries) {
      const isValid = this.#isName(name, LEGACY_LABEL_NAME) && (what === 'annotation' || name !== '__name__');
      if (!isValid) this.#reader.addFault(key, `${where}: invalid ${what} name: ${name}`);
      const text = this.#reader.text(value, `${what} ${name}`);
      if (!text.isWellFormed()) this.#reader.addFault(value, `${where}: invalid ${what} value: ${text}`);
      labels.push([name, text]);
    }
    return labels.sort(([a], [b]) => compareUtf8(a, b));
  }

  #checkTemplates(what: 'label' | 'annotation', texts: readonly RuleLabel[], rule: TemplatedRule): void {
    for (const [name, text] of texts) {
      const reason = text.includes('{{') ? this.#options.findTemplateFault(rule.alert, text) : undefined;
      if (reason !== undefined)
        rule.fault(rule.fields.get(`${what}s`), `${what} ${JSON.stringify(name)}: ${reason}`);
    }
  }

  #parseDuration(fields: Fields, name: string): number | undefined {
    const node = fields.get(name);
    const text = this.#reader.text(node, `field ${name}`);
    if (text === '') return undefined;
    const durationMs = parseDurationMs(text);
    if (durationMs === undefined)
      this.#reader.addFault(
        node,
        `field ${name}: not a valid duration string: ${JSON.stringify(text)}; want one such as 30s or 5m`,
      );
    return durationMs;
  }

  #parseLimit(node: YamlNode): number {
    const text = this.#reader.text(node, 'field limit');
    if (text === '' || /^\d{1,9}$/.test(text)) return Number(text);
    this.#reader.addFault(
      node,
      `field limit: must be a whole number, 0 for no limit; got ${JSON.stringify(text)}`,
    );
    return 0;
  }

  #isName(name: string, legacy: RegExp): boolean {
    return this.#options.nameValidation === 'legacy' ? legacy.test(name) : name !== '' && name.isWellFormed();
  }
}

const LEGACY_METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LEGACY_LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

interface RulePlace {
  readonly name: string;
  readonly index: number;
  readonly groupLabels: readonly RuleLabel[];
}

interface TemplatedRule {
  readonly alert: string;
  readonly fields: Fields;
  readonly fault: Fault;
}

type Fault = (at: YamlNode, message: string) => void;

/** Labels of the rule win over those of its group. */
function mergeLabels(group: readonly RuleLabel[], own: readonly RuleLabel[]): RuleLabel[] {
  return [...new Map([...group, ...own])].sort(([a], [b]) => compareUtf8(a, b));
}
