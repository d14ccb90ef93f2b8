/**
 * The language core against templates of Alertmanager, made with amtool. Alertmanager's own functions and data
 * are stood in for here as far as its default templates need them; times and HTML escaping are not.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import { jsRegex } from './fake-regex.ts';
import {
  createPrometheusFunctions,
  executeTemplate,
  goFunction,
  goSlice,
  type GoStruct,
  goStringMap,
  type GoValue,
  parseTemplate,
  TemplateError,
  textOf,
} from './index.ts';

const shared = process.env['VEDETTE_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../shared');
const folder = path.join(shared, 'go-template-golden');
const isAbsent = !existsSync(folder) && process.env['VEDETTE_PEERS'] !== 'required';
const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');

type Texts = Readonly<Record<string, string>>;
interface Alert {
  readonly status: string;
  readonly labels: Texts;
  readonly annotations: Texts;
  readonly generatorURL: string;
  readonly fingerprint: string;
}
interface Body {
  readonly receiver: string;
  readonly status: string;
  readonly alerts: readonly Alert[];
  readonly groupLabels: Texts;
  readonly commonLabels: Texts;
  readonly commonAnnotations: Texts;
  readonly externalURL: string;
}
interface Case {
  readonly type: 'text' | 'html';
  readonly template: string;
  readonly out?: string;
  readonly error?: string;
}

const struct = (type: string, fields: Readonly<Record<string, GoValue>>): GoStruct => ({
  kind: 'struct',
  type,
  fields: new Map(Object.entries(fields)),
});
const getter = (value: () => GoValue) => goFunction([], value);
const listed = (value: GoValue): readonly GoValue[] =>
  typeof value === 'object' && value.kind === 'slice' ? value.elements : [];

function keyValues(texts: Texts): GoValue {
  const names = Object.keys(texts).sort((a, b) =>
    a === 'alertname' ? -1 : b === 'alertname' ? 1 : a < b ? -1 : 1,
  );
  const pairs = names.map((name) => struct('template.Pair', { Name: name, Value: texts[name] }));
  const without = (removed: readonly GoValue[]): Texts =>
    Object.fromEntries(Object.entries(texts).filter(([name]) => !removed.includes(name)));
  return {
    ...goStringMap(new Map(Object.entries(texts))),
    type: 'template.KV',
    methods: new Map([
      [
        'SortedPairs',
        getter(() => ({
          ...goSlice(pairs, 'template.Pairs'),
          methods: new Map([
            [
              'Values',
              getter(() =>
                goSlice(
                  names.map((name) => texts[name]),
                  '[]string',
                ),
              ),
            ],
          ]),
        })),
      ],
      ['Names', getter(() => goSlice(names, '[]string'))],
      [
        'Values',
        getter(() =>
          goSlice(
            names.map((name) => texts[name]),
            '[]string',
          ),
        ),
      ],
      ['Remove', goFunction(['[]string'], ([removed]) => keyValues(without(listed(removed))))],
    ]),
  };
}

function alertsOf(alerts: readonly Alert[]): GoValue {
  const values = (status?: string): GoValue[] =>
    alerts
      .filter((alert) => status === undefined || alert.status === status)
      .map((alert) =>
        struct('template.Alert', {
          Status: alert.status,
          Labels: keyValues(alert.labels),
          Annotations: keyValues(alert.annotations),
          GeneratorURL: alert.generatorURL,
          Fingerprint: alert.fingerprint,
        }),
      );
  const methods = new Map([
    ['Firing', getter(() => goSlice(values('firing'), '[]template.Alert'))],
    ['Resolved', getter(() => goSlice(values('resolved'), '[]template.Alert'))],
  ]);
  return { ...goSlice(values(), 'template.Alerts'), methods };
}

const functions = new Map([
  ...createPrometheusFunctions({
    timestampMs: 0,
    externalUrl: undefined,
    query: async () => [],
    compileRegex: jsRegex,
  }),
  ['stringSlice', goFunction([], (texts) => goSlice(texts, '[]string'), 'string')] as const,
  [
    'join',
    goFunction(['string', '[]string'], ([between, texts]) => listed(texts).map(textOf).join(textOf(between))),
  ] as const,
]);

suite(
  "templates of Alertmanager, as far as the language's core goes",
  { skip: isAbsent && `${folder} is absent` },
  () => {
    if (isAbsent) return;
    const body = JSON.parse(read('data.json')) as Body;
    const dot = struct('template.Data', {
      Receiver: body.receiver,
      Status: body.status,
      Alerts: alertsOf(body.alerts),
      GroupLabels: keyValues(body.groupLabels),
      CommonLabels: keyValues(body.commonLabels),
      CommonAnnotations: keyValues(body.commonAnnotations),
      ExternalURL: body.externalURL,
    });
    // Alertmanager has functions of later versions there which its default templates only name.
    const functionNames = [...functions.keys(), 'toJson', 'date', 'tz', 'since', 'trimSpace'];
    const defaults = parseTemplate('default.tmpl', read('default.tmpl'), { functionNames });
    const base = parseTemplate('helpers.tmpl', read('helpers.tmpl'), { functionNames, base: defaults });
    for (const { type, template, out, error: want } of JSON.parse(
      read('alertmanager-templates.json'),
    ) as Case[]) {
      const needs =
        type === 'html' ? 'HTML escaping' : /EndsAt|StartsAt/.test(template) ? 'times' : undefined;
      test(template, { skip: needs !== undefined && `needs ${needs}` }, async () => {
        let got: string | undefined;
        let message: string | undefined;
        try {
          got = await executeTemplate(parseTemplate('', template, { functionNames, base }), dot, {
            functions,
          });
        } catch (error) {
          if (!(error instanceof TemplateError)) throw error;
          message = error.message;
        }
        // The file was recorded without the last line feed of an output; amtool does print it.
        assert.deepEqual({ out: got?.replace(/\n$/, ''), error: message }, { out, error: want });
      });
    }
  },
);
