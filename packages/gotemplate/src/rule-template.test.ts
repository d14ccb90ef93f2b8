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

test('links and the time come from the environment', async () => {
  const served = {
    ...environment,
    timestampMs: 1_500,
    externalUrl: 'http://vedette.example:8080/monitoring',
  };
  const text = '{{ now }} {{ externalURL }} {{ pathPrefix }} {{ urlQueryEscape "a b" }}';
  const got = await expandRuleTemplate(parseRuleTemplate('A', text), context, { environment: served });
  assert.equal(got, '1.5 http://vedette.example:8080/monitoring /monitoring a+b');
});

test('a failed query is named in the text, and kept as the cause', async () => {
  const failed = new Error('query took longer than 2m');
  const slow = { ...environment, query: () => Promise.reject(failed) };
  await assert.rejects(
    expandRuleTemplate(parseRuleTemplate('A', '{{ query "q" }}'), context, { environment: slow }),
    (error) => {
      assert.ok(error instanceof TemplateError && error.cause instanceof Error);
      assert.equal(error.cause.cause, failed);
      assert.match(
        ruleTemplateErrorText(error),
        /^<error expanding template: error executing template __alert_A: .*error calling query: query took longer than 2m>$/,
      );
      return true;
    },
  );
});

test('a pattern that does not compile fails the template', async () => {
  assert.match(await expand('{{ match "(" "x" }}'), /error calling match: Invalid regular expression/);
});

test('durations and times of toDuration and toTime have the methods of Go', async () => {
  const text =
    '{{ toDuration 3725.5 }} {{ (toDuration 90).Minutes }} {{ toDuration -0.0015 }} {{ humanizeDuration (toDuration 60) }} {{ (toTime 0).UnixMilli }} {{ (toTime 1.5).UTC }}';
  assert.equal(await expand(text), '1h2m5.5s 1.5 -1.5ms 1m 0s 0 1970-01-01 00:00:01.5 +0000 UTC');
});

test('a label named like a property of JavaScript is a label', async () => {
  assert.equal(await expand('[{{ $labels.constructor }}{{ $labels.toString }}]'), '[]');
});

test('an annotation has tighter limits than a message', async () => {
  assert.equal((await expand('{{ printf "%65536d" 1 }}')).length, 65_536);
  assert.match(await expand('{{ printf "%65537d" 1 }}'), /more than 65536 bytes of text/);
  assert.match(await expand('{{ range 60000 }}{{ end }}'), /more than 50000 steps/);
});
