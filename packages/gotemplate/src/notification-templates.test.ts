import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { jsRegex } from './fake-regex.ts';
import { NOTIFICATION } from './fake-notification.ts';
import { createNotificationTemplates, findTemplateFileFaults, TemplateError } from './index.ts';
import type { NotificationTemplatesOptions, TemplateFile } from './index.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 5, 0, 0);
const open = (files: readonly TemplateFile[] = [], options?: NotificationTemplatesOptions) =>
  createNotificationTemplates({ nowMs: () => NOW_MS, compileRegex: jsRegex }, files, options);
const templates = open();

const check = (text: string, want: string): void =>
  assert.equal(templates.executeText(text, NOTIFICATION), want);
const checkFault = (text: string, want: RegExp): void =>
  assert.throws(
    () => templates.executeText(text, NOTIFICATION),
    (error) => error instanceof TemplateError && (assert.match(error.message, want), true),
  );

const START = '(index .Alerts 0).StartsAt';

suite('functions that came after Alertmanager 0.25', () => {
  test('times are shown in a zone, with its letters and its summer time', () => {
    check(`{{ ${START} | tz "Europe/Paris" | date "15:04 MST -07:00" }}`, '04:54 CET +01:00');
    check(`{{ ${START} | tz "America/New_York" }}`, '2026-11-20 22:54:32.274546017 -0500 EST');
    check('{{ toDate "2006-01-02" "2026-07-01" | tz "Europe/Paris" }}', '2026-07-01 02:00:00 +0200 CEST');
    check('{{ toDate "2006-01-02" "2026-07-01" | tz "Asia/Tokyo" }}', '2026-07-01 09:00:00 +0900 JST');
    check('{{ toDate "2006-01-02" "2026-07-01" | tz "Asia/Kolkata" }}', '2026-07-01 05:30:00 +0530 IST');
    check('{{ toDate "2006-01-02" "2026-07-01" | tz "America/Sao_Paulo" }}', '2026-06-30 21:00:00 -0300 -03');
    check('{{ toDate "2006-01-02" "2026-07-01" | tz "Asia/Kathmandu" }}', '2026-07-01 05:45:00 +0545 +0545');
    check('{{ toDate "2006-01-02" "2026-07-01" | tz "UTC" }}', '2026-07-01 00:00:00 +0000 UTC');
    check('{{ ((toDate "2006-01-02" "2026-03-28" | tz "Europe/Paris").AddDate 0 0 1).UTC.Hour }}', '0');
  });

  test('a zone that does not exist is a fault', () => {
    checkFault('{{ now | tz "Mars/Olympus" }}', /error calling tz: unknown time zone Mars\/Olympus$/);
    checkFault('{{ now | tz "../etc/passwd" }}', /error calling tz: time: invalid location name$/);
    checkFault('{{ now | tz "+02:00" }}', /unknown time zone \+02:00$/);
    assert.throws(() => open([], { timeZone: 'Nowhere/Land' }), TemplateError);
  });

  test('now and since count by the given clock, in the zone of the server', () => {
    check('{{ now }}', '2026-11-21 05:00:00 +0000 UTC');
    check(`{{ since ${START} }} {{ since ${START} | humanizeDuration }}`, '1h5m27.725453983s 1h 5m 27s');
    const there = open([], { timeZone: 'Asia/Tokyo' });
    assert.equal(
      there.executeText('{{ now }} {{ (index .Alerts 0).StartsAt.Local.Hour }}', NOTIFICATION),
      '2026-11-21 14:00:00 +0900 JST 12',
    );
  });

  test('dates are read by a layout', () => {
    const layouts: [layout: string, text: string, want: string][] = [
      ['2006-01-02T15:04:05Z07:00', '2026-11-21T03:54:32.5+02:00', '2026-11-21 03:54:32.5 +0200 +0200'],
      ['2006-01-02T15:04:05Z07:00', '2026-11-21T03:54:32Z', '2026-11-21 03:54:32 +0000 UTC'],
      ['Mon Jan _2 3:04PM 2006', 'Sat Nov 21 12:05AM 2026', '2026-11-21 00:05:00 +0000 UTC'],
      ['Monday, January 2 06', 'saturday, november 21 26', '2026-11-21 00:00:00 +0000 UTC'],
      ['02/01/06 15:04:05.000', '29/02/24 23:59:59.125', '2024-02-29 23:59:59.125 +0000 UTC'],
      ['2006 002', '2024 366', '2024-12-31 00:00:00 +0000 UTC'],
      ['2006-01-02 -0700', '1969-12-31 -0130', '1969-12-31 00:00:00 -0130 -0130'],
      ['15:04 MST', '03:04 GMT+3', '0000-01-01 03:04:00 +0300 GMT+3'],
      ['3pm', '1pm', '0000-01-01 13:00:00 +0000 UTC'],
    ];
    for (const [layout, text, want] of layouts)
      check(`{{ mustToDate ${JSON.stringify(layout)} ${JSON.stringify(text)} }}`, want);
  });

  test('what is no date is a fault of mustToDate and the zero time of toDate', () => {
    check('{{ (toDate "2006-01-02" "x").IsZero }}', 'true');
    checkFault(
      '{{ mustToDate "2006-01-02" "x" }}',
      /parsing time "x" as "2006-01-02": cannot parse "x" as "2006"$/,
    );
    checkFault(
      '{{ mustToDate "2006-01-02" "2026-13-01" }}',
      /parsing time "2026-13-01": month out of range$/,
    );
    checkFault('{{ mustToDate "2006-01-02" "2026-02-29" }}', /day out of range$/);
    checkFault('{{ mustToDate "15:04" "24:00" }}', /hour out of range$/);
    checkFault('{{ mustToDate "2006" "2026 " }}', /parsing time "2026 ": extra text: " "$/);
    checkFault('{{ mustToDate "2006-01" "2026/01" }}', /cannot parse "\/01" as "-"$/);
  });

  test('JSON is that of Go', () => {
    check('{{ toJson .CommonLabels }}', '{"alertname":"High","job":"api"}');
    check('{{ toJson "<a href=\'x\'>\\n\\u2028é" }}', '"\\u003ca href=\'x\'\\u003e\\n\\u2028é"');
    check(
      '{{ toJson (dict "b" 1 "a" (list 1.5 nil true "x" (list))) }}',
      '{"a":[1.5,null,true,"x",[]],"b":1}',
    );
    check(
      `{{ toJson ${START} }} {{ toJson (since ${START}) }}`,
      '"2026-11-21T03:54:32.274546017Z" 3927725453983',
    );
    checkFault('{{ toJson 1e400 }}', /./);
    const whole = JSON.parse(templates.executeText('{{ toJson . }}', NOTIFICATION)) as Record<
      string,
      unknown
    >;
    assert.deepEqual(Object.keys(whole), [
      'receiver',
      'status',
      'alerts',
      'notification_reason',
      'groupLabels',
      'commonLabels',
      'commonAnnotations',
      'routeLabels',
      'externalURL',
    ]);
    assert.deepEqual(whole['alerts'], NOTIFICATION.alerts);
  });

  test('base64 is that of URLs, with padding', () => {
    for (const [text, coded] of [
      ['', ''],
      ['a', 'YQ=='],
      ['ab', 'YWI='],
      ['abc', 'YWJj'],
      ['é?>~', 'w6k_Pn4='],
    ]) {
      check(
        `{{ base64encode ${JSON.stringify(text)} }}|{{ base64decode ${JSON.stringify(coded)} }}`,
        `${coded}|${text}`,
      );
    }
    checkFault('{{ base64decode "YQ=" }}', /illegal base64 data at input byte 3$/);
    checkFault('{{ base64decode "Y Q=" }}', /illegal base64 data at input byte 1$/);
    checkFault('{{ base64decode "YQ==x" }}', /illegal base64 data at input byte 4$/);
  });

  test('lists grow, dictionaries have names', () => {
    check(
      '{{ $l := list 1 "b" }}{{ $m := append $l 3 }}{{ $l }}{{ $m }}{{ len (append (list)) }}',
      '[1 b][1 b 3]0',
    );
    check(
      '{{ $d := dict "k" .Status }}{{ $d.k }}{{ $d.none }}{{ with $d.none }}x{{ end }}',
      'firing<no value>',
    );
    checkFault('{{ dict "k" }}', /error calling dict: dict requires an even number of arguments$/);
    checkFault('{{ dict 1 2 }}', /error calling dict: dict keys must be strings$/);
    checkFault(
      '{{ append .Alerts 1 }}',
      /wrong type for value; expected \[\]interface \{\}; got template\.Alerts$/,
    );
  });

  test('labels of the route, texts of URLs and spaces', () => {
    check(
      '{{ routeLabels "team" }}|{{ routeLabels "nope" }}|{{ .RouteLabels.team }}|{{ .NotificationReason }}',
      'ops||ops|first notification',
    );
    check('{{ urlUnescape "a+b%20%C3%A9%2f" }}|{{ trimSpace "\\t x y\\u00a0\\n" }}', 'a b é/|x y');
    checkFault('{{ urlUnescape "50%" }}', /invalid URL escape "%"$/);
    check(
      '{{ .CommonLabels.String }}; {{ .CommonLabels.SortedPairs.String }}',
      'alertname=High, job=api; alertname=High, job=api',
    );
  });
});

suite('files of templates', () => {
  test('a later definition overrides an earlier one, also for texts of the earlier file', () => {
    const files = [
      { name: 'a.tmpl', text: '{{ define "x" }}old{{ end }}{{ define "y" }}[{{ template "x" . }}]{{ end }}' },
      { name: 'b.tmpl', text: '{{ define "x" }}new {{ .Status }}{{ end }}' },
    ];
    assert.equal(open(files).executeText('{{ template "y" . }}', NOTIFICATION), '[new firing]');
  });

  test('all faults are found at once, each with file, line and column', () => {
    const faults = findTemplateFileFaults([
      { name: 'good.tmpl', text: '{{ define "x" }}{{ end }}' },
      { name: 'bad.tmpl', text: 'a\n  {{ nope }}' },
      { name: 'worse.tmpl', text: '{{ define "x" }}\n\n{{ if }}{{ end }}' },
    ]);
    assert.deepEqual(
      faults.map(({ message, templateName, line, column, reason }) => [
        message,
        templateName,
        line,
        column,
        reason,
      ]),
      [
        ['template: bad.tmpl:2: function "nope" not defined', 'bad.tmpl', 2, 5, 'parse'],
        ['template: worse.tmpl:3: missing value for if', 'worse.tmpl', 3, 6, 'parse'],
      ],
    );
    assert.throws(() => open([{ name: 'bad.tmpl', text: '{{' }]), TemplateError);
  });

  test("a receiver's text is checked by its grammar alone", () => {
    assert.equal(templates.findFault('{{ .Nope }}'), undefined);
    assert.equal(templates.findFault('{{ .Nope')?.message, 'template: :1: unclosed action');
  });

  test('an empty text stays empty, and texts are independent of each other', () => {
    assert.equal(templates.executeText('', NOTIFICATION), '');
    assert.equal(templates.executeHtml('', NOTIFICATION), '');
    check('{{ define "mine" }}1{{ end }}{{ template "mine" }}', '1');
    checkFault('{{ template "mine" }}', /template "mine" not defined$/);
  });

  test('a name of JavaScript is a name like others', () => {
    check('{{ .CommonLabels.constructor }}|{{ .CommonLabels.__proto__ }}|{{ routeLabels "toString" }}', '||');
    checkFault('{{ .constructor }}', /can't evaluate field constructor in type template\.Data$/);
  });
});

suite('limits', () => {
  const limits = { outputBytesMax: 10_000, stepsMax: 5000, templateDepthMax: 20 };
  const limited = open([], { limits });
  const stops = (text: string, want: RegExp): void => {
    for (const execute of [
      () => limited.executeText(text, NOTIFICATION),
      () => limited.executeHtml(text, NOTIFICATION),
    ]) {
      assert.throws(
        execute,
        (error) => error instanceof TemplateError && error.reason === 'limit' && want.test(error.message),
      );
    }
  };

  test('loops, endless output, endless calls and growing lists end with an error that names the limit', () => {
    stops('{{ range 1000000000 }}{{ end }}', /more than 5000 steps \(limit stepsMax\)/);
    stops(
      '{{ range 1000 }}{{ printf "%1000d" 1 }}{{ end }}',
      /more than 10000 bytes of text \(limit outputBytesMax\)/,
    );
    stops(
      '{{ define "x" }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
      /exceeded maximum template depth \(20\)/,
    );
    stops('{{ $l := list 1 }}{{ range 1000 }}{{ $l = append $l $l $l }}{{ end }}', /limit stepsMax/);
    stops(
      '{{ $l := list 1 }}{{ range 60 }}{{ $l = list $l $l }}{{ end }}{{ toJson $l }}',
      /limit (stepsMax|outputBytesMax)/,
    );
  });

  test('loops inside of each other cost the escaper a power of two, and are stopped', () => {
    const depth = 60;
    const text = '{{ range .Alerts }}'.repeat(depth) + 'x' + '{{ end }}'.repeat(depth);
    assert.equal(limited.executeText(text.replaceAll('.Alerts', '$.Alerts'), NOTIFICATION), 'x');
    assert.throws(() => limited.executeHtml(text, NOTIFICATION), /limit stepsMax/);
  });

  test('a chain of templates too deep to follow is refused, not a crash', () => {
    const many = Array.from(
      { length: 5000 },
      (_, i) => `{{ define "t${i}" }}{{ template "t${i + 1}" . }}{{ end }}`,
    );
    const file = { name: 'many.tmpl', text: `${many.join('')}{{ define "t5000" }}x{{ end }}` };
    assert.throws(
      () => open([file]).executeHtml('{{ template "t0" . }}', NOTIFICATION),
      /nested deeper than 400 while escaping/,
    );
  });
});
