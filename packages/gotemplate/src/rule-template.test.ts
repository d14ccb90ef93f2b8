import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import {
  type PrometheusEnvironment,
  TemplateError,
  expandRuleTemplate,
  parseRuleTemplate,
  ruleTemplateErrorText,
} from './index.ts';
import { jsRegex } from './fake-regex.ts';

const shared = process.env['VEDETTE_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../shared');
const goldenFile = path.join(shared, 'go-template-golden/prometheus-rule-templates.json');

interface Golden {
  readonly context: {
    readonly labels: Readonly<Record<string, string>>;
    readonly external_labels: Readonly<Record<string, string>>;
    readonly external_url: string;
    readonly eval_time_unix: number;
  };
  readonly cases: readonly { readonly template: string; readonly value: string; readonly out: string }[];
}

/** Stands for a PromQL engine: the answers of the expressions in the golden file. */
const sample = (n: string, value: number) => ({
  labels: new Map([
    ['__name__', 'q'],
    ['n', n],
  ]),
  value,
});
const ANSWERS = new Map([
  ['q', [sample('b', 2), sample('a', 1), sample('c', 3.5)]],
  ["q{n='b'}", [sample('b', 2)]],
  ['sum(q)', [{ labels: new Map<string, string>(), value: 6.5 }]],
  ['nonexist', []],
]);

const environment: PrometheusEnvironment = {
  timestampMs: 60_000,
  externalUrl: undefined,
  query: async (expr) => {
    const answer = ANSWERS.get(expr);
    if (answer === undefined) throw new Error('1:5: parse error: unclosed left parenthesis');
    return answer;
  },
  compileRegex: jsRegex,
};

const context = {
  labels: new Map([
    ['instance', 'host-1:9100'],
    ['job', 'api'],
  ]),
  externalLabels: new Map([['cluster', 'eu1']]),
  externalUrl: 'http://prom.example:9090/pfx',
  value: 1.5,
};

async function expand(text: string, value = 1.5): Promise<string> {
  try {
    return await expandRuleTemplate(parseRuleTemplate('A', text), { ...context, value }, { environment });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return ruleTemplateErrorText(error);
  }
}

const isAbsent = !existsSync(goldenFile) && process.env['VEDETTE_PEERS'] !== 'required';

suite('rule templates as Prometheus expands them', { skip: isAbsent && `${goldenFile} is absent` }, () => {
  if (isAbsent) return;
  const golden = JSON.parse(readFileSync(goldenFile, 'utf8')) as Golden;
  const goldenContext = {
    labels: new Map(Object.entries(golden.context.labels)),
    externalLabels: new Map(Object.entries(golden.context.external_labels)),
    externalUrl: golden.context.external_url,
  };
  for (const { template, value, out } of golden.cases) {
    test(`${template} with ${value}`, async () => {
      // The rule's name is part of the text; the file numbers its rules.
      const name = /__alert_(\w+)/.exec(out)?.[1] ?? 'A0';
      const number = Number(value.replace('Inf', 'Infinity'));
      let got: string;
      try {
        const options = { environment };
        got = await expandRuleTemplate(
          parseRuleTemplate(name, template),
          { ...goldenContext, value: number },
          options,
        );
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error;
        got = ruleTemplateErrorText(error);
      }
      assert.equal(got, out);
    });
  }
});

test('a text without actions stays as it is', async () => {
  assert.equal(await expand('disk {almost} full'), 'disk {almost} full');
});

test('an unknown variable is a parse error with its place', () => {
  assert.throws(
    () => parseRuleTemplate('A', '{{ $label.job }}'),
    (error) =>
      error instanceof TemplateError &&
      error.message === 'template: __alert_A:1: undefined variable "$label"',
  );
});
