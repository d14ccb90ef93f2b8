/** Functions, data and times of notifications against amtool 0.25. */
import assert from 'node:assert/strict';
import { after, suite, test } from 'node:test';
import { type Amtool, isAmtoolAbsent, openAmtool } from './amtool.ts';
import { jsRegex } from './fake-regex.ts';
import { createNotificationTemplates, type NotificationData, TemplateError } from './index.ts';

const data: NotificationData = {
  receiver: 'team\\.ops',
  status: 'firing',
  alerts: [
    {
      status: 'firing',
      labels: { alertname: 'High', z: 'last', a: 'first', Ä: 'umlaut' },
      annotations: { summary: 'it is "<b>" & \\ high' },
      startsAt: '2026-11-21T03:54:32.274546017+02:00',
      endsAt: '0001-01-01T00:00:00Z',
      generatorURL: 'http://g/?a=b&c=d',
      fingerprint: '225433ef3dfd6c6a',
    },
    {
      status: 'resolved',
      labels: { alertname: 'High', empty: '' },
      annotations: {},
      startsAt: '2024-02-29T23:59:59.5Z',
      endsAt: '2024-03-01T01:02:03.000000001Z',
      generatorURL: '',
      fingerprint: '',
    },
  ],
  groupLabels: { alertname: 'High' },
  commonLabels: { alertname: 'High', B: '2', a: '1' },
  commonAnnotations: {},
  externalURL: 'http://e:9093/pfx',
};

const START = '(index .Alerts 0).StartsAt';
const END = '(index .Alerts 1).EndsAt';

/** Each is a line of one text, so that one run of amtool does for all of them. */
const LINES = [
  ...[
    'foo bAr BAZ',
    "it's o'neil's",
    'foo-bar foo_bar foo.bar',
    '1abc 2nd x1y',
    'élan ÉLAN ß',
    '',
    ' a  b ',
    'a/b:c',
  ].map(
    (text) =>
      `{{ title ${JSON.stringify(text)} }}|{{ toUpper ${JSON.stringify(text)} }}|{{ toLower ${JSON.stringify(text)} }}`,
  ),
  '{{ join "-" (stringSlice "a" "b" "c") }}{{ join "" (stringSlice) }}{{ stringSlice "x" | join "," }}',
  '{{ match "^a+$" "aaa" }} {{ match "b" "a" }} {{ reReplaceAll "(a)(b)?" "<$1$2>" "ab a" }}',
  '{{ safeHtml "<b>" | printf "%s %T" }} {{ printf "%T" (stringSlice) }}',
  '{{ .CommonLabels.SortedPairs }} {{ .CommonLabels.Names }} {{ .CommonLabels.Values }} {{ .CommonLabels.SortedPairs.Names }}',
  '{{ range (index .Alerts 0).Labels.SortedPairs }}{{ .Name }}={{ .Value }};{{ end }}{{ len (index .Alerts 1).Labels }}',
  '{{ .CommonLabels.Remove (stringSlice "B" "nope") }} {{ .CommonLabels.Remove .GroupLabels.Names }}',
  '{{ .Alerts }}',
  '{{ len .Alerts.Firing }} {{ len .Alerts.Resolved }} {{ (index .Alerts.Resolved 0).Status }} {{ printf "%T %T" .Alerts .Alerts.Firing }}',
  `{{ ${START} }} {{ ${START}.UTC }} {{ ${START}.String }} {{ printf "%T %v %s" ${START} ${START} ${START} }}`,
  `{{ ${END} }} {{ (index .Alerts 0).EndsAt }} {{ (index .Alerts 0).EndsAt.IsZero }} {{ ${END}.IsZero }} {{ ${END}.Local }}`,
  `{{ ${START}.Unix }} {{ ${START}.UnixNano }} {{ ${START}.UnixMilli }} {{ ${START}.UnixMicro }} {{ (index .Alerts 0).EndsAt.Unix }}`,
  `{{ ${START}.Year }} {{ ${START}.Month }} {{ printf "%d" ${START}.Month }} {{ ${START}.Day }} {{ ${START}.Weekday }} {{ ${START}.YearDay }}`,
  `{{ ${START}.Hour }} {{ ${START}.Minute }} {{ ${START}.Second }} {{ ${START}.Nanosecond }} {{ (${START}.UTC).Hour }}`,
  `{{ ${START}.Sub ${END} }} {{ ${END}.Sub ${START} }} {{ (${END}.Sub (index .Alerts 0).EndsAt) }} {{ ${START}.Sub ${START} }}`,
  `{{ ${START}.Add 3600000000000 }} {{ (${START}.Add -1).UTC }} {{ ${END}.AddDate 0 -1 0 }} {{ ${END}.AddDate 1 11 30 }}`,
  `{{ ${START}.After ${END} }} {{ ${START}.Before ${END} }} {{ ${START}.Equal ${START}.UTC }} {{ ${END}.Truncate 3600000000000 }} {{ ${END}.Round 60000000000 }}`,
  `{{ with ${START}.Sub ${END} }}{{ .Hours }} {{ .Minutes }} {{ .Seconds }} {{ .Milliseconds }} {{ .Microseconds }} {{ .Nanoseconds }} {{ .Round 1000000000 }} {{ .Truncate 60000000000 }} {{ .Abs }} {{ printf "%d %s %v %T" . . . . }}{{ end }}`,
  ...[
    'Mon Jan 2 15:04:05 MST 2006',
    'Monday, 02-January-06 03:04:05.000 PM -0700',
    '2006-01-02T15:04:05.999999999Z07:00',
    '_2 __2 002 1 01 3 4 5 pm 06 .00 ,999999 .0001',
    '-07 -07:00 -070000 -07:00:00 Z0700 Z07 Z070000',
    'January Janet Monkey Mon2006 20060102150405',
    '',
    'plain 7 8 9 0 _2006 é',
  ].map(
    (layout) =>
      `{{ ${START}.Format ${JSON.stringify(layout)} }}|{{ ${END}.Format ${JSON.stringify(layout)} }}`,
  ),
  '{{ .GroupLabels.nope }}|{{ .Receiver | urlquery }}|{{ html .Status 1 }}|{{ js .Status }}|{{ .ExternalURL }}',
  '{{ range $i, $a := .Alerts }}{{ range $k, $v := $a.Labels }}{{ $i }}{{ $k }}{{ $v }} {{ end }}{{ end }}',
];

const FAILURES = [
  '{{ .Alerts.Nope }}',
  '{{ .CommonLabels.Remove "a" }}',
  '{{ .CommonLabels.SortedPairs 1 }}',
  `{{ ${START}.Sub 1 }}`,
  `{{ ${START}.Add "1" }}`,
  `{{ ${START}.Nope }}`,
  '{{ join "," .CommonLabels }}',
  '{{ reReplaceAll "(" "" "" }}',
  '{{ title 1 }}',
  '{{ nope }}',
  '{{ (index .Alerts 0).Labels.a.b }}',
];

suite(
  'a notification says what Alertmanager 0.25 makes of it',
  { skip: isAmtoolAbsent && 'amtool is not installed' },
  () => {
    if (isAmtoolAbsent) return;
    const amtool: Amtool = openAmtool(data, '');
    after(() => amtool.close());
    // JavaScript has other words for what is wrong with an expression; they are the caller's.
    const compileRegex = (pattern: string) => {
      if (pattern === '(') throw new Error('error parsing regexp: missing closing ): `(`');
      return jsRegex(pattern);
    };
    const templates = createNotificationTemplates({ nowMs: () => 0, compileRegex }, []);

    test('functions, data and times', () => {
      const mark = '\n%%\n';
      const theirs = amtool.render('text', LINES.join(mark));
      assert.equal(theirs.error, undefined);
      const wanted = theirs.out?.split(mark) ?? [];
      for (const [i, line] of LINES.entries())
        assert.equal(templates.executeText(line, data), wanted[i], line);
    });

    test('faults have the same words', () => {
      for (const text of FAILURES) {
        const { error } = amtool.render('text', text);
        assert.throws(
          () => templates.executeText(text, data),
          (fault) => fault instanceof TemplateError && (assert.equal(fault.message, error), true),
        );
      }
    });
  },
);
