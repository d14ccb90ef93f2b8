import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { InputError } from '@vedette/model';
import fc from 'fast-check';
import { loadRuleFiles } from './load-rule-files.ts';
import { parseRuleFile, RULES_PER_FILE_MAX, type ParsedRuleFile } from './parse-rule-file.ts';

const SHARED = resolve(process.env['VEDETTE_SHARED'] ?? '../shared', 'prometheus-rule-tests');
const skip =
  existsSync(SHARED) || process.env['VEDETTE_PEERS'] === 'required' ? false : 'shared rule files are absent';

/** Stands for the PromQL parser: knows the one mistake of the fixtures. */
const findExpressionFault = (expr: string): string | undefined =>
  expr === 'rate(hi)' ? '1:6: parse error: expected type range vector' : undefined;
const findTemplateFault = (_alertName: string, text: string): string | undefined =>
  text.includes('$label.') ? 'undefined variable "$label"' : undefined;

const parse = (text: string, nameValidation: 'utf8' | 'legacy' = 'utf8'): ParsedRuleFile =>
  parseRuleFile(text, { file: 'f.yml', findExpressionFault, findTemplateFault, nameValidation });

const faultsOf = (text: string): string[] =>
  parse(text).faults.map(({ line, column, message }) => `${line}:${column}: ${message}`);

/** A file with one rule of these lines. */
const withRule = (...lines: string[]): string =>
  `groups:\n- name: g\n  rules:\n  - ${lines.join('\n    ')}\n`;

const BAD: Readonly<Record<string, string>> = {
  'bad_expr.bad.yaml': 'parse error',
  'bad_field.bad.yaml': 'field annotation not found',
  'duplicate_grp.bad.yaml': 'groupname: "yolo" is repeated in the same file',
  'legacy_validation_annotation.bad.yaml': 'invalid annotation name: ins-tance',
  'no_rec_alert.bad.yaml': "one of 'record' or 'alert' must be set",
  'record_and_for.bad.yaml': "invalid field 'for' in recording rule",
};

test("upstream's bad files are refused in upstream's words, the others accepted", { skip }, () => {
  const names = readdirSync(join(SHARED, 'rulefmt'));
  assert.ok(names.length >= 10);
  for (const name of names) {
    const validation = name.startsWith('legacy_') ? 'legacy' : 'utf8';
    const { faults, groups } = parse(readFileSync(join(SHARED, 'rulefmt', name), 'utf8'), validation);
    const wanted = BAD[name];
    if (wanted === undefined) {
      assert.deepEqual(faults, [], name);
      assert.ok(groups.length > 0, name);
    } else
      assert.ok(
        faults.some(({ message }) => message.includes(wanted)),
        `${name}: ${JSON.stringify(faults)}`,
      );
  }
});

test("upstream's rule fixtures are accepted, a second document with a warning", { skip }, () => {
  for (const name of readdirSync(join(SHARED, 'rules-fixtures'))) {
    const { faults, groups, warnings } = parse(readFileSync(join(SHARED, 'rules-fixtures', name), 'utf8'));
    assert.deepEqual(faults, [], name);
    assert.ok(groups.length > 0, name);
    assert.equal(warnings.length, name === 'rules_multi_doc.yaml' ? 1 : 0, name);
  }
});

test('aliases and merge keys are followed', { skip }, () => {
  const { groups } = parse(readFileSync(join(SHARED, 'rulefmt', 'test_aliases.yaml'), 'utf8'));
  const merged = groups[0]?.rules.at(-1);
  assert.equal(merged?.name, 'HighAlert2');
  assert.equal(merged?.kind === 'alerting' ? merged.forMs : 0, 300_000);
  assert.match(merged?.expr ?? '', /errors_total/);
});

test('a whole group is read with its defaults', () => {
  const { groups, faults } = parse(`
groups:
- name: api
  interval: 30s
  query_offset: 10s
  limit: 7
  labels: { team: core, tier: one }
  rules:
  - alert: Slow
    expr: latency > 1
    for: 5m
    keep_firing_for: 1m
    labels: { tier: two, sev: 1 }
    annotations: { summary: "{{ $value }} \${HOME}" }
  - { record: a:b, expr: 1 }
`);
  assert.deepEqual(faults, []);
  assert.deepEqual(groups, [
    {
      file: 'f.yml',
      name: 'api',
      intervalMs: 30_000,
      queryOffsetMs: 10_000,
      limit: 7,
      rules: [
        {
          kind: 'alerting',
          name: 'Slow',
          expr: 'latency > 1',
          forMs: 300_000,
          keepFiringForMs: 60_000,
          labels: [
            ['sev', '1'],
            ['team', 'core'],
            ['tier', 'two'],
          ],
          annotations: [['summary', '{{ $value }} ${HOME}']],
        },
        {
          kind: 'recording',
          name: 'a:b',
          expr: '1',
          labels: [
            ['team', 'core'],
            ['tier', 'one'],
          ],
        },
      ],
    },
  ]);
});

test('all faults of a file are told at once, each with its place', () => {
  assert.deepEqual(
    faultsOf(`groups:
- name: g
  intervall: 1m
  rules:
  - alert: A
    record: b
    expr: ""
  - alert: C
    expr: 1
    for: 5 minutes
    annotations: { summary: "{{ $label.x }}" }
    labels: { __name__: x }
`),
    [
      '3:3: field intervall not found in a rule group; did you mean "interval"?',
      '5:5: group "g", rule 1, "b": only one of \'record\' and \'alert\' must be set',
      '7:11: group "g", rule 1, "b": field \'expr\' must be set in rule',
      '10:10: field for: not a valid duration string: "5 minutes"; want one such as 30s or 5m',
      '11:18: group "g", rule 2, "C": annotation "summary": undefined variable "$label"',
      '12:15: group "g", rule 2, "C": invalid label name: __name__',
    ],
  );
});

test('names that cannot be are refused', () => {
  assert.match(
    faultsOf(withRule('record: "a{b}"', 'expr: 1'))[0] ?? '',
    /braces present in the recording rule name/,
  );
  assert.match(faultsOf('groups:\n- rules: []\n')[0] ?? '', /Groupname must not be empty/);
  assert.match(faultsOf(withRule('alert: a', 'expr: 1', 'labels: { "": x }'))[0] ?? '', /invalid label name/);
  assert.deepEqual(faultsOf(withRule('record: "größe.m"', 'expr: 1')), []);
});

test('a recording rule refuses what belongs to alerts', () => {
  const text = withRule('record: a', 'expr: 1', 'keep_firing_for: 1m', 'annotations: { a: b }');
  assert.deepEqual(
    parse(text).faults.map(({ message }) => message.replace(/.*: /, '')),
    ["invalid field 'keep_firing_for' in recording rule", "invalid field 'annotations' in recording rule"],
  );
});

test('empty and comment-only files hold no groups; broken YAML is told with its place', () => {
  assert.deepEqual(parse('').groups, []);
  assert.deepEqual(parse('# nothing yet\n').faults, []);
  const [fault] = parse('groups:\n- name: "a\n').faults;
  assert.match(fault?.message ?? '', /^yaml: /);
  assert.ok((fault?.line ?? 0) >= 2);
  assert.match(faultsOf('groups: 5')[0] ?? '', /^1:9: field groups must be a list/);
  assert.match(faultsOf('- a')[0] ?? '', /must be a mapping/);
});

test('the limit of rules counts what aliases repeat', () => {
  const group = (name: string, rules: string): string => `- { name: ${name}, rules: ${rules} }\n`;
  const rules = `&r [${'{record: a, expr: 1},'.repeat(100)}]`;
  const groups = Array.from({ length: RULES_PER_FILE_MAX / 100 }, (_, i) =>
    group(`g${i}`, i === 0 ? rules : '*r'),
  );
  assert.deepEqual(faultsOf(`groups:\n${groups.join('')}`), []);
  const over = faultsOf(`groups:\n${groups.join('')}${group('more', '[{record: a, expr: 1}]')}`);
  assert.match(over[0] ?? '', /more than 10000 rules in one file, which is the limit/);
  assert.equal(over.length, 1);
});

test('no text makes the parser throw', () => {
  const base = withRule('alert: &a x', 'expr: up == 0', 'for: 1m', 'labels: { <<: {a: b} }');
  const cut = fc.nat({ max: base.length });
  const junk = fc.constantFrom(
    '',
    '*a',
    '<<: *a',
    '[',
    '{',
    '\u0000',
    ': ',
    '- ',
    '|\n',
    '&x',
    '!!binary ',
    '\t',
  );
  fc.assert(
    fc.property(cut, cut, junk, (from, to, text) => {
      parse(base.slice(0, from) + text + base.slice(to));
    }),
    { numRuns: 500 },
  );
});

test('loading names every faulty file and line at once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-rules-'));
  try {
    writeFileSync(join(directory, 'a.yml'), withRule('alert: A', 'expr: 1'));
    writeFileSync(join(directory, 'b.yml'), withRule('expr: 1'));
    const load = (patterns: string[]) =>
      loadRuleFiles({ patterns, baseDirectory: directory, findExpressionFault, findTemplateFault });
    assert.equal((await load(['a*.yml', 'none*.yml', 'a.yml'])).groups.length, 1);
    await assert.rejects(load(['*.yml', 'missing.yml']), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.equal(error.code, 'VED_RULES_INVALID');
      assert.match(error.message, /b\.yml:4:5: .*one of 'record' or 'alert'/);
      assert.match(error.message, /missing\.yml: cannot read rule file: ENOENT/);
      return true;
    });
    await assert.rejects(load(['/dev/zero', '.']), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /zero: cannot read rule file: it is a pipe or device, want a file/);
      assert.match(error.message, /: cannot read rule file: it is a directory, want a file/);
      return true;
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
