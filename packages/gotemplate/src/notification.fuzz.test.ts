import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { jsRegex } from './fake-regex.ts';
import { NOTIFICATION } from './fake-notification.ts';
import { hostileText, pageText } from './html/random-page.ts';
import { createNotificationTemplates, TemplateError } from './index.ts';
import { brokenText } from './random-template.ts';

/** Small, so that a template that runs wild is stopped within the test's time. */
const limits = { outputBytesMax: 20_000, stepsMax: 20_000 };

/** The outputs; undefined where a text is refused as it must be. Anything else fails. */
function outputs(text: string, labels: Readonly<Record<string, string>> = {}): (string | undefined)[] {
  const templates = createNotificationTemplates({ nowMs: () => 0, compileRegex: jsRegex }, [], { limits });
  const data = { ...NOTIFICATION, commonLabels: labels, groupLabels: labels };
  return (['executeText', 'executeHtml'] as const).map((execute) => {
    try {
      const output = templates[execute](text, data);
      assert.ok(output.length <= limits.outputBytesMax);
      return output;
    } catch (error) {
      assert.ok(error instanceof TemplateError, `${String(error)} for ${JSON.stringify(text)}`);
      assert.ok(error.line >= 1 && error.column >= 0);
      return undefined;
    }
  });
}

// oxfmt-ignore
const CALLS = [
  'toUpper', 'title', 'trimSpace', 'join ","', 'match "a"', 'reReplaceAll "a" "b"', 'safeHtml', 'safeUrl', 'urlUnescape',
  'stringSlice', 'routeLabels', 'date "Jan _2 .000"', 'tz "Europe/Paris"', 'tz', 'since', 'humanizeDuration', 'toDate "2006-01-02"', 'toDate',
  'mustToDate "06"', 'toJson', 'base64encode', 'base64decode', 'list', 'append', 'dict', 'dict "a"', 'print', 'printf "%v"', 'html', 'len', 'index',
];
// oxfmt-ignore
const VALUES = [
  '.', '.Alerts', '.CommonLabels', '(index .Alerts 0).StartsAt', '(index .Alerts 0).EndsAt', 'now', '(since now)', '"2026-11-21"', '"%zz"', '"YQ="', '1', '9223372036854775807',
  '-1', '1e300', 'nil', 'true', '(list 1 "a")', '(dict "a" 1)', '.Status', '(now.Add 9223372036854775807)', '(now.AddDate 99999 1 1)', '(now.Sub now)', '(now.Truncate 0)', '""', '(toDate "2006" "9999")',
];

test('functions take any values without failing otherwise', () => {
  const call = fc
    .tuple(
      fc.constantFrom(...CALLS),
      fc.array(fc.constantFrom(...VALUES), { maxLength: 3 }),
      fc.constantFrom(...CALLS),
    )
    .map(
      ([name, values, after]) =>
        `{{ ${name} ${values.join(' ')} }}{{ ${name} ${values.join(' ')} | ${after} }}`,
    );
  let good = 0;
  fc.assert(
    fc.property(call, (text) => {
      if (outputs(text)[0] !== undefined) good++;
    }),
    { numRuns: 1500 },
  );
  assert.ok(good > 50, `only ${good} calls were good for anything`);
});

test('pages with anything in them are escaped or refused', () => {
  const page = fc.tuple(
    pageText,
    fc.record({ a: hostileText, b: hostileText, c: hostileText, d: hostileText }),
  );
  let good = 0;
  fc.assert(
    fc.property(page, ([text, labels]) => {
      if (outputs(text.replaceAll('.L', '.CommonLabels'), labels)[1] !== undefined) good++;
    }),
    { numRuns: 1000 },
  );
  assert.ok(good > 300, `only ${good} pages were good for anything`);
});

test('broken texts never fail otherwise', () => {
  fc.assert(
    fc.property(brokenText, (text) => void outputs(text)),
    { numRuns: 700 },
  );
});

test('no value in text or in a quoted attribute opens a tag or ends its attribute', () => {
  fc.assert(
    fc.property(hostileText, (value) => {
      const [, html = ''] = outputs(
        '<p title="{{ .CommonLabels.a }}" id=\'{{ .CommonLabels.a }}\'>{{ .CommonLabels.a }}</p>',
        { a: value },
      );
      assert.match(html, /^<p title="[^"<>]*" id='[^'<>]*'>[^<>]*<\/p>$/);
    }),
    { numRuns: 500 },
  );
});
