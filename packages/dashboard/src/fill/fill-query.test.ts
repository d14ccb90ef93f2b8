import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseExpr } from '@vedette/promql/parser';
import { scopeWith } from '../test-support/scope.ts';
import { fillQuery } from './fill-query.ts';

const scope = scopeWith({
  job: ['api'],
  dotted: { values: ['a.b'], isMulti: true },
  pod: { values: ['web-1', 'web.2'], isMulti: true },
  any: { values: ['.+'], chosen: ['$__all'], hasAll: true, allValue: '.+' },
  label: { values: ['job', 'pod'], isMulti: true },
});

const check = (expr: string, want: string): void => assert.equal(fillQuery(expr, scope), want);

test('a value with a single choice stands as it is', () => {
  check('up{job="$job"}', 'up{job="api"}');
  check('up{job=~"$job"}', 'up{job=~"api"}');
  check('up{job="${job}-x"}', 'up{job="api-x"}');
  check('up{job="[[job]]"}', 'up{job="api"}');
});

test('several values are alternatives of a regular expression, each taken literally', () => {
  check('up{pod=~"$pod"}', String.raw`up{pod=~"(web-1|web\\.2)"}`);
  check('up{pod=~"$dotted"}', String.raw`up{pod=~"a\\.b"}`);
  check('up{pod=~`$dotted`}', 'up{pod=~`a\\.b`}');
});

test('an equality takes the value itself, since no expression is read there', () => {
  check('up{pod="$dotted"}', 'up{pod="a.b"}');
  check('up{pod!="$dotted"}', 'up{pod!="a.b"}');
});

test('what the author wrote for All is put in as it stands', () => check('up{pod=~"$any"}', 'up{pod=~".+"}'));

test('outside of strings several values are a list', () =>
  check('sum by ($label) (up)', 'sum by (job, pod) (up)'));

test('macros of time are filled in, unknown names stay', () => {
  check('rate(x[$__rate_interval])', 'rate(x[1m15s])');
  check('rate(x[${__interval}])', 'rate(x[1m])');
  check('x[$__range]', 'x[3600s]');
  check('label_replace(up, "a", "$1", "b", "(.*)")', 'label_replace(up, "a", "$1", "b", "(.*)")');
  check('up{job="$nobody"}', 'up{job="$nobody"}');
});

test('a format that is named wins', () => {
  check('up{pod=~"${pod:pipe}"}', 'up{pod=~"web-1|web.2"}');
  check('up{pod=~"${pod:regex}"}', String.raw`up{pod=~"(web-1|web\\.2)"}`);
  check('topk(${job:raw}, up)', 'topk(api, up)');
});

test('a quote in a comment opens no string', () =>
  check('up # it\'s\n{pod=~"$dotted"}', String.raw`up # it's` + '\n' + String.raw`{pod=~"a\\.b"}`));

test('no value can leave the string it stands in', () => {
  const quotes = fc.constantFrom('"', "'");
  const value = fc.string({
    unit: fc.constantFrom('a', '"', "'", '\\', '\n', '}', '{', '$job', '`', 'é', '#'),
  });
  const operator = fc.constantFrom('=', '=~', '!=', '!~');
  fc.assert(
    fc.property(quotes, operator, fc.array(value, { minLength: 1, maxLength: 3 }), (quote, op, values) => {
      const own = scopeWith({ hostile: { values, isMulti: true } });
      const expr = fillQuery(`up{a${op}${quote}$hostile${quote},b="c"}`, own);
      const parsed = parseExpr(expr);
      assert.ok(parsed.kind === 'vector');
      const written = new Map(parsed.matchers.map((matcher) => [matcher.name, matcher.value]));
      assert.deepEqual([...written.keys()].toSorted(), ['__name__', 'a', 'b']);
      if (op === '=' && values.length === 1) assert.equal(written.get('a'), values[0]);
      else if (op === '=~')
        for (const one of values) assert.match(one, new RegExp(`^(?:${written.get('a')})$`));
    }),
  );
});
