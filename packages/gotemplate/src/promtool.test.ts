/**
 * Compares with Debian's promtool (Prometheus 2.42, Go 1.19), which runs Go's own interpreter: every template
 * below goes through both. All texts are annotations of one alert, so that two runs of promtool are enough.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { before, suite, test } from 'node:test';
import { jsRegex } from './fake-regex.ts';
import { expandRuleTemplate, parseRuleTemplate, ruleTemplateErrorText, TemplateError } from './index.ts';
import { unquoteGo } from './quote.ts';

const PROMTOOL = 'promtool';
const isAbsent =
  spawnSync(PROMTOOL, ['--version']).status !== 0 && process.env['VEDETTE_PEERS'] !== 'required';

// Of several series the query names the order: promtool loads them in a random one.
const TEXTS = [
  '{{ range 3 }}{{ . }}{{ end }}',
  '{{ range $i := 2 }}{{ $i }}{{ end }}',
  '{{ range $i, $j := 2 }}{{ end }}',
  '{{ with "" }}a{{ else with 3 }}{{ . }}{{ else }}c{{ end }}',
  '{{ eq .Labels .Labels }}',
  '{{ eq .Labels 1 }}',
  '{{ eq nil .Labels }}',
  '{{ lt true "" }}',
  '{{ eq (query "sort_desc(q)" | first) (query "sort_desc(q)" | first) }}',
  '{{ $s := query "sort_desc(q)" | first }}{{ eq $s $s }}{{ $s }}{{ html $s }}',
  '{{ printf "%5.1d|%.2d|%5z" 1.5 "abc" true }}',
  '{{ len . }}',
  '{{ slice . 1 }}',
  // Text, comments, trim markers.
  'a {{- 1 -}} b',
  'a {{/* c */}} b',
  'a {{- /* c */ -}} b',
  'a\n\t {{- 1 }}\n b',
  '{{ 1 -}} \n\n x',
  '{ {{ 1 }} }} {',
  '{{- 3 }} {{ -3 }}',
  // Literals.
  '{{ 1_000 }} {{ 0x1F }} {{ 0b11 }} {{ 0o17 }} {{ 017 }} {{ 1e3 }} {{ 1_0.5 }}',
  "{{ 'a' }} {{ '\\n' }} {{ 'é' }} {{ 0x1p4 }}",
  '{{ 9223372036854775807 }} {{ -9223372036854775808 }}',
  '{{ 9223372036854775808 }}',
  '{{ 1. }} {{ .5 }} {{ +1 }} {{ -1.5e-7 }}',
  '{{ "q\\"\\x41\\101\\u00e9\\U0001F600\\a\\\\" }} {{ `raw\\n"` }}',
  '{{ true }} {{ false }}',
  '{{ 1000000.0 }} {{ 100000.0 }} {{ 123456789.5 }} {{ 1e21 }} {{ 0.0001 }} {{ 0.00001 }}',
  // Pipelines and variables.
  '{{ "a" | print "b" "c" }}',
  '{{ $x := 1 }}{{ $x }}{{ $x = 2 }}{{ $x }}',
  '{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}',
  '{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}',
  '{{ $y = 1 }}',
  '{{ ($z := 3) }}{{ $z }}',
  '{{ (1) 2 }}',
  '{{ 1 2 }}',
  '{{ . . }}',
  '{{ nil }}',
  '{{ print nil }} {{ printf "%v %d %s" nil nil nil }}',
  '{{ "a" | nil }}',
  '{{ 1 | }}',
  '{{ ((("x"))) }}',
  '{{ print (print 1 2) (print 3) }}',
  // Branches.
  '{{ if 0 }}a{{ else if 0.0 }}b{{ else if "" }}c{{ else if $labels }}d{{ else }}e{{ end }}',
  '{{ if nil }}{{ end }}',
  '{{ if .Labels.nope }}a{{ else }}b{{ end }}',
  '{{ with $x := .Labels.job }}{{ . }}{{ $x }}{{ else }}none{{ end }}',
  '{{ with .Labels.nope }}{{ . }}{{ else }}none {{ .Value }}{{ end }}',
  '{{ if and true (or false 0 "x") (not false) }}y{{ end }}',
  '{{ and 1 0 2 }} {{ or 0 "" 3 }} {{ and 1 2 }} {{ or 0 0.0 }}',
  '{{ and false (index nil 1) }}',
  '{{ 1 | and 2 }} {{ 0 | or "" }}',
  // Loops.
  '{{ range $k, $v := .Labels }}{{ $k }}={{ $v }};{{ end }}',
  '{{ range .Labels }}{{ . }};{{ end }}',
  '{{ range $v := .Labels }}{{ $v }};{{ else }}none{{ end }}',
  '{{ range query "none" }}x{{ else }}none{{ end }}',
  '{{ range $i, $s := query "sort_desc(q)" }}{{ $i }}{{ $s.Value }}{{ $s.Labels.n }};{{ end }}',
  '{{ range $i, $s := query "sort_desc(q)" }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $i }}{{ end }}',
  '{{ range $i, $s := query "sort_desc(q)" }}{{ if eq $i 1 }}{{ break }}{{ end }}{{ $i }}{{ end }}',
  '{{ $i := 0 }}{{ range $i, $_ := query "sort_desc(q)" }}{{ end }}{{ $i }}',
  '{{ $i := 0 }}{{ $e := 0 }}{{ range $i, $e = query "sort_desc(q)" }}{{ end }}{{ $i }}',
  '{{ range .Value }}{{ end }}',
  '{{ range "abc" }}{{ end }}',
  '{{ range nil }}{{ end }}',
  // Definitions.
  '{{ define "t" }}<{{ . }}>{{ end }}{{ template "t" 3 }}{{ template "t" }}{{ template "t" .Labels.job }}',
  '{{ block "b" .Value }}[{{ . }}]{{ end }}{{ template "b" "x" }}',
  '{{ template "nope" . }}',
  '{{ define "t" }}{{ $ }}{{ .x }}{{ end }}{{ template "t" args 1 }}',
  '{{ define "t" }}{{ .arg0 }}{{ .arg1 }}{{ end }}{{ template "t" (args 1 "b") }}',
  '{{ define "t" }}{{ .Nope }}{{ end }}\n{{ template "t" . }}',
  // Fields.
  '{{ .Nope }}',
  '{{ .Value.Foo }}',
  '{{ $value.Foo.Bar }}',
  '{{ .Labels.job.x }}',
  '{{ .Labels.nope.x }}',
  '{{ (args 1).nope }}',
  '{{ (args 1).nope.foo }}',
  '{{ (args 1).arg0 }}',
  '{{ .Labels.job 2 }}',
  '{{ .Value 2 }}',
  '{{ 1 | .Value }}',
  '{{ $.Labels.job }} {{ (index .Labels "job") }}',
  '{{ (query "sort_desc(q)" | first).Labels.n }}',
  '{{ (query "sort_desc(q)" | first).Nope }}',
  '{{ nil.Foo }}'.replace('nil.Foo', '(first (query "sort_desc(q)")).Value'),
  // Builtins.
  '{{ len "héllo" }} {{ len .Labels }} {{ len (query "sort_desc(q)") }}',
  '{{ len 3 }}',
  '{{ len nil }}'.replace('len nil', 'len 1.5'),
  '{{ index .Labels "job" }}|{{ index .Labels "x" }}',
  '{{ index .Labels 1 }}',
  '{{ index .Labels nil }}',
  '{{ index "abc" 1 }} {{ index (query "sort_desc(q)") 0 | value }}',
  '{{ index (query "sort_desc(q)") 3 }}',
  '{{ index (query "sort_desc(q)") 9 }}',
  '{{ index (query "sort_desc(q)") -1 }}',
  '{{ index (query "sort_desc(q)") "a" }}',
  '{{ index 1 1 }}',
  '{{ index nil 1 }}',
  '{{ index "abc" 3 }}',
  '{{ index (args .Labels) "arg0" "job" }}',
  '{{ slice "hello" 1 3 }} {{ slice "hello" 2 }} {{ slice "hello" }} {{ slice "héllo" 1 3 }}',
  '{{ slice "abc" 2 1 }}',
  '{{ slice "abc" 1 2 3 }}',
  '{{ slice "abc" 9 }}',
  '{{ slice 1 1 }}',
  '{{ slice (query "sort_desc(q)") 1 2 | len }}',
  '{{ slice "abc" 1 2 3 4 }}',
  '{{ not 0 }} {{ not "x" }} {{ not nil }}',
  '{{ not }}',
  '{{ not 1 2 }}',
  '{{ and }}',
  '{{ print }}|{{ println "a" 1 }}|{{ print "a" 1 2 "b" "c" 3.0 4.0 }}',
  '{{ html "<a href=\'x\'>&\\"" }} {{ "<" | html }} {{ html 1 2 }}',
  '{{ js "it\'s \\"<x>\\" \\n & = \\\\ é \\u2028" }}',
  '{{ urlquery "a b&c=d/é?~*()!" 1 }}',
  '{{ call "x" }}',
  '{{ call nil }}',
  '{{ eq 1 2 1 }} {{ eq "a" "a" }} {{ eq 1.0 1.0 }} {{ eq true true }} {{ ne 1 2 }} {{ eq nil nil }}',
  '{{ eq 1 1.0 }}',
  '{{ eq 1 "1" }}',
  '{{ eq }}',
  '{{ eq 1 }}',
  '{{ ne 1 }}',
  '{{ lt 1 2 }} {{ le 2 2 }} {{ gt "b" "a" }} {{ ge 1.5 2.5 }}',
  '{{ lt 1 1.0 }}',
  '{{ lt true false }}',
  '{{ gt .Value 1 }}',
  '{{ gt .Value 1.0 }}',
  '{{ lt nil 1 }}',
  // Calls.
  '{{ toUpper }}',
  '{{ toUpper 1 }}',
  '{{ toUpper 1.5 }}',
  '{{ toUpper true }}',
  '{{ toUpper nil }}',
  '{{ toUpper .Value }}',
  '{{ toUpper .Labels }}',
  '{{ toUpper "a" "b" }}',
  '{{ "a" | toUpper "b" }}',
  '{{ 1 | toUpper }}',
  '{{ toUpper (query "sort_desc(q)") }}',
  '{{ first "a" }}',
  '{{ first .Labels }}',
  '{{ first nil }}',
  '{{ printf 1 }}',
  '{{ printf }}',
  '{{ toUpper . }}',
  '{{ toUpper (print "a") }}',
  '{{ humanize nil }}',
  '{{ humanize true }}',
  '{{ humanize .Labels }}',
  '{{ label "n" 1 }}',
  '{{ value .Value }}',
  // fmt.
  '{{ printf "%d %s %v %q %5.2f %x %t %%" 3 "s" "v" "q" 3.14159 255 true }}',
  '{{ printf "%d|%5d|%-5d|%05d|%+d|% d|%x|%X|%#x|%o|%#o|%O|%b|%c|%q|%U|%#U" 42 42 42 42 42 42 42 42 42 42 42 42 42 42 42 42 42 }}',
  '{{ printf "%d|%+05d|%.5d|%8.3d|%-8.3d|" -42 -42 -42 -42 -42 }}',
  '{{ printf "%f|%.2f|%8.2f|%-8.2f|%08.2f|%+.1f|% .1f|%e|%E|%.2e|%g|%G|%.3g|%.0f" 1.5 1.255 3.14159 3.14159 -3.14159 2.0 2.0 1234.5678 1234.5678 0.00012345 1e21 1e-7 1234.5 2.5 }}',
  '{{ printf "%.0f %.0f %.0f %.1f %.2f %.20f" 0.5 1.5 3.5 0.25 1.005 0.1 }}',
  '{{ printf "%g %g %g %v" 100000.0 1000000.0 0.00001 1e20 }}',
  '{{ printf "%6.3v|%v|%+v|%#v" 3.14159 1.0 1 2.5 }}',
  '{{ printf "%s|%10s|%-10s|%.2s|%q|%+q|%#q|%x|%X|% x|%#x|%05s" "héllo" "héllo" "héllo" "héllo" "é\\n" "é" "é" "hé" "hé" "hé" "hé" "ab" }}',
  '{{ printf "%t %v %5t" true false true }}',
  '{{ printf "%T %T %T %T %T %T" 1 1.5 "s" true .Labels . }}',
  '{{ printf "%T" (args 1) }} {{ printf "%T" (query "sort_desc(q)") }} {{ printf "%T" nil }}',
  '{{ printf "%d %s %z %!" "x" 3 1 }}',
  '{{ printf "%d" }} {{ printf "x" 1 "b" nil }} {{ printf "%" }} {{ printf "%d %d" 1 }}',
  '{{ printf "%[2]d %[1]d %[5]d %[x]d %[1]" 1 2 }}',
  '{{ printf "%*d|%-*d|%.*f|%*d" 5 1 5 2 2 3.14159 "x" 1 }}',
  '{{ printf "%v %+v %#v" .Labels (args 1 "a") "s" }}',
  '{{ printf "%s %d %q" .Labels .Labels .Labels }}',
  '{{ printf "%d %t %s" 1.5 1 true }}',
  '{{ printf "%v|%s" (args) (args nil) }}',
  '{{ printf "%6v|%-6v|%06d" "a" true -12 }}',
  '{{ printf "%é" 1 }}',
  // Numbers at the edges.
  '{{ printf "%v %v %v %v" 0.1 1e100 123456.789 -0.0 }}',
  '{{ printf "%.3e %.10g %g" 9.9999 1e10 123456789.0 }}',
  '{{ 4.9e-324 }} {{ 1.7976931348623157e308 }} {{ printf "%.3f" 1e22 }}',
  // Prometheus.
  '{{ humanize 0 }} {{ humanize 1 }} {{ humanize 999.99 }} {{ humanize 999999 }} {{ humanize -1500 }} {{ humanize 1e30 }} {{ humanize 1e-30 }} {{ humanize 0.5 }}',
  '{{ humanize1024 0 }} {{ humanize1024 1024 }} {{ humanize1024 1048576.0 }} {{ humanize1024 -1e15 }} {{ humanize1024 1e30 }} {{ humanize1024 0.5 }}',
  '{{ humanizeDuration 0 }} {{ humanizeDuration 1 }} {{ humanizeDuration 59.99 }} {{ humanizeDuration 60 }} {{ humanizeDuration 86400 }} {{ humanizeDuration -86461 }} {{ humanizeDuration 0.001 }} {{ humanizeDuration 1e-10 }} {{ humanizeDuration "3661" }}',
  '{{ humanizePercentage 0.999999 }} {{ humanizePercentage -0.5 }} {{ humanizePercentage 12345 }}',
  '{{ humanizeTimestamp 0 }} {{ humanizeTimestamp 1435065584.128 }} {{ humanizeTimestamp -1.5 }} {{ humanizeTimestamp 1435065584 }}',
  '{{ humanizeTimestamp 1e30 }}',
  '{{ humanize "0x10p0" }} {{ humanize "inf" }} {{ humanize "-Inf" }} {{ humanize "nan" }} {{ humanize "1e3" }} {{ humanize ".5" }}',
  '{{ humanize "1_0" }}',
  '{{ humanize "" }}',
  '{{ humanize "1e400" }}',
  '{{ toTime 1435065584.128 }} {{ (toTime 0).Unix }}',
  '{{ (toTime 1435065584.128).Year }} {{ (toTime 1435065584).Hour }}',
  '{{ title "hello big-world it\'s éa 1a_b" }} {{ toUpper "ß" }}',
  '{{ stripPort "a.b:80" }} {{ stripPort "[::1]:80" }} {{ stripPort "a" }} {{ stripPort "a:b:c" }} {{ stripPort ":1" }} {{ stripPort "" }}',
  '{{ stripDomain "a.b:80" }} {{ stripDomain "[::1]:80" }} {{ stripDomain "a.b.c" }} {{ stripDomain "1.2.3.4:5" }} {{ stripDomain "1.2.3.4" }} {{ stripDomain "::1" }} {{ stripDomain "" }} {{ stripDomain "1.2.3:4" }}',
  '{{ parseDuration "1h30m" }} {{ parseDuration "0" }} {{ parseDuration "1ms" }} {{ parseDuration "2d" }}',
  '{{ parseDuration "x" }}',
  '{{ parseDuration "" }}',
  '{{ reReplaceAll "(?P<x>a+)" "<$x${x}$1$$$9$xy>" "baac" }} {{ reReplaceAll "" "-" "aé" }} {{ reReplaceAll "x*" "-" "axb" }} {{ reReplaceAll "^a" "b" "aaa" }} {{ reReplaceAll "b*" "-" "abb" }}',
  '{{ match "^a.c$" "abc" }} {{ match "b" "ac" }}',
  '{{ safeHtml "<b>" }} {{ printf "%s %q %T" (safeHtml "<b>") (safeHtml "x") (safeHtml "x") }}',
  '{{ toUpper (safeHtml "x") }}',
  '{{ range sortByLabel "n" (query "sort_desc(q)") }}{{ .Labels.n }}{{ .Value }} {{ end }}',
  '{{ query "sort_desc(q)" | sortByLabel "n" | first | label "n" }}',
  '{{ args 1 "b" 1.5 nil }} {{ args }}',
  '{{ graphLink "up{a=\'b\'} == 0" }} {{ tableLink "a" }}',
  '{{ query "sort_desc(q)" | first | label "nope" }}|{{ query "sort_desc(q)" | first | value }}',
  '{{ query 1 }}',
  '{{ query "none" | first }}',
  '{{ externalURL }}',
  '{{ range $i, $_ := query "sort_desc(q)" }}{{ range query "sort_desc(q)" }}{{ $i }}{{ .Value }} {{ end }}{{ end }}',
  '{{ printf "%v" . }}',
  '{{ . }}',
  '{{ $labels.job }} {{ $externalLabels }} {{ $externalURL }} {{ $value }}',
  '{{ $ }}',
  // Texts that do not parse.
  '{{',
  '{{ .Status',
  '{{ 1',
  '{{"x',
  "{{ 'x",
  '{{ `x',
  '{{ "a\nb" }}',
  '{{/* x',
  '{{/* x */ }}',
  '{{ x }}',
  '{{ é }}',
  '{{ | }}',
  '{{ ( 1 }}',
  '{{ 1 ) }}',
  '{{ .x.1 }}',
  '{{ .1x }}',
  '{{ 1.x }}',
  '{{ true.x }}',
  '{{ nil.x }}',
  '{{ $x }}',
  '{{ template .x }}',
  '{{ template }}',
  '{{ "\\q" }}',
  '{{ "\\x4" }}',
  '{{ ! }}',
  '{{ ... }}',
  '{{ }}',
  '{{ if }}{{ end }}',
  '{{ if 1 }}',
  '{{ if 1 }}{{ else }}',
  '{{ if 1 }}{{ else }}{{ else }}{{ end }}',
  '{{ else }}',
  '{{ end }}',
  '{{ break }}',
  '{{ continue }}',
  '{{ range 1 }}{{ break x }}{{ end }}',
  '{{ range 1 }}{{ else }}{{ break }}{{ end }}',
  '{{ define "a" }}',
  '{{ define a }}{{ end }}',
  '{{ define "a" }}x{{ end }}{{ define "a" }}y{{ end }}',
  '{{ define "a" }}{{ else }}{{ end }}',
  '{{ if 1 }}{{ define "a" }}{{ end }}{{ end }}',
  '{{ block "a" }}{{ end }}',
  '{{ block "a" 1 }}',
  '{{ $x, $y := 1 }}',
  '{{ range $a, $b, $c := .x }}{{ end }}',
  '{{ range $a, 1 := .x }}{{ end }}',
  '{{ 1 | 2 }}',
  '{{ 1 | "x" }}',
  '{{ 1 | . }}',
  '{{ 1 | true }}',
  '{{ () }}',
  '{{ 99999999999999999999 }}',
  '{{ 0x }}',
  '{{ 1__0 }}',
  '{{ 09 }}',
  "{{ 'ab' }}",
  "{{ '' }}",
  '{{ : }}',
  '{{ $x : 1 }}',
  '{{ 1e }}',
  '{{ - }}',
  '{{ 1-2 }}',
  '{{ .a-b }}',
  '{{ print"x" }}',
  '{{ "a""b" }}',
  '{{ "a".x }}',
  '{{ .x"a" }}',
  '{{ with }}{{ end }}',
  '{{ range }}{{ end }}',
  '{{ end x }}',
  '{{ else x }}',
  '\n\n{{ if 1 }}\n{{ x }}\n{{ end }}',
  '{{ if\n1 }}{{ "a',
  '{{- 1 -}',
  '{{ 1 -}',
  '{{-}}',
  '{{ if 1 }}{{ end }}{{ end }}',
  '{{ \u0001 }}',
  '{{ "abcdefghijklmnop" "x" := 1 }}',
  '{{ define "abcdefghijklmnop" 1 }}{{ end }}',
  '{{ 1 := 2 }}',
  '{{ if $x := 1 }}{{ end }}{{ $x }}',
  '{{ define "a" }}{{ $labels }}{{ end }}',
  '{{ template "a" 1 | 2 }}',
  '{{ 1i }}'.replace('1i', '1ii'),
  '{{ %d }}',
  '{{ .x= }}',
  '{{ ==  }}',
];

const quoteYaml = (text: string): string => JSON.stringify(text).replaceAll('\u2028', '\\u2028');

function runPromtool(command: readonly string[], files: Readonly<Record<string, string>>): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-promtool-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(path.join(directory, name), text);
    const { stdout, stderr } = spawnSync(PROMTOOL, command, {
      cwd: directory,
      encoding: 'utf8',
      maxBuffer: 1e8,
    });
    return stdout + stderr;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function ruleFile(texts: ReadonlyMap<number, string>): string {
  const annotations = [...texts].map(([i, text]) => `      a${i}: ${quoteYaml(text)}\n`).join('');
  return `groups:\n- name: g\n  rules:\n  - alert: A\n    expr: m\n    annotations:\n${annotations}`;
}

const TEST_FILE = `rule_files: [r.yml]
evaluation_interval: 1m
tests:
- interval: 1m
  external_labels: { cluster: eu1 }
  external_url: http://prom.example:9090/pfx
  input_series:
  - { series: 'm{job="api"}', values: '1.5 1.5' }
  - { series: 'q{n="b"}', values: '2 2' }
  - { series: 'q{n="a"}', values: '1 1' }
  alert_rule_test: [ { eval_time: 1m, alertname: A, exp_alerts: [] } ]
`;

/** What Go makes of each text: its expansion, or the message of the parser. */
function expandWithPromtool(): Map<number, string> {
  const texts = new Map(TEXTS.entries());
  const found = new Map<number, string>();
  const checked = runPromtool(['check', 'rules', 'r.yml'], { 'r.yml': ruleFile(texts) });
  for (const [, i = '', message = ''] of checked.matchAll(/annotation "a(\d+)": (.*)/g)) {
    found.set(Number(i), message);
    texts.delete(Number(i));
  }
  const output = runPromtool(['test', 'rules', 't.yml'], { 't.yml': TEST_FILE, 'r.yml': ruleFile(texts) });
  for (const [, i = '', literal = ''] of output.matchAll(/\ba(\d+)=("(?:[^"\\]|\\.)*")/g)) {
    found.set(Number(i), unquoteGo(literal) ?? literal);
  }
  assert.equal(found.size, TEXTS.length, output.slice(0, 2000));
  return found;
}

async function expandWithVedette(text: string): Promise<string> {
  const sample = (n: string, value: number) => ({
    labels: new Map([
      ['__name__', 'q'],
      ['n', n],
    ]),
    value,
  });
  const environment = {
    timestampMs: 60_000,
    externalUrl: undefined,
    query: async (expr: string) => (expr === 'sort_desc(q)' ? [sample('b', 2), sample('a', 1)] : []),
    compileRegex: jsRegex,
  };
  const context = {
    labels: new Map([
      ['__name__', 'm'],
      ['job', 'api'],
    ]),
    externalLabels: new Map([['cluster', 'eu1']]),
    externalUrl: 'http://prom.example:9090/pfx',
    value: 1.5,
  };
  try {
    return await expandRuleTemplate(parseRuleTemplate('A', text), context, { environment });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    return error.reason === 'parse' ? error.message : ruleTemplateErrorText(error);
  }
}

/** Differences on purpose: what we print instead. */
const DIFFERENCES = new Map<string, string>([
  // A language of a later Go.
  ['{{ range 3 }}{{ . }}{{ end }}', '012'],
  ['{{ range $i := 2 }}{{ $i }}{{ end }}', '01'],
  [
    '{{ range $i, $j := 2 }}{{ end }}',
    '<error expanding template: error executing template __alert_A: template: __alert_A:1:131: executing "__alert_A" at <2>: can\'t use 2 to iterate over more than one variable>',
  ],
  ['{{ with "" }}a{{ else with 3 }}{{ . }}{{ else }}c{{ end }}', '3'],
]);

suite(
  'a template does what Prometheus 2.42 makes of it',
  { skip: isAbsent && 'promtool is not installed' },
  () => {
    let expanded = new Map<number, string>();
    before(() => {
      if (!isAbsent) expanded = expandWithPromtool();
    });
    for (const [i, text] of TEXTS.entries()) {
      test(text, async () => {
        assert.equal(await expandWithVedette(text), DIFFERENCES.get(text) ?? expanded.get(i));
      });
    }
  },
);
