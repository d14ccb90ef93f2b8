import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seriesOf } from '../test-support/frames.ts';
import { scopeWith } from '../test-support/scope.ts';
import { fillLink, fillText } from './fill-text.ts';
import { withCell } from './scope.ts';

const scope = scopeWith({
  host: ['a b'],
  pod: { values: ["x'1", 'y"2'], isMulti: true },
  all: { values: ['.*'], chosen: ['$__all'], hasAll: true, allValue: '.*' },
  fixed: { values: ['c'], kind: 'constant' },
});

const check = (text: string, want: string): void => assert.equal(fillText(text, scope), want);

test('every way of writing a reference is read', () => {
  check('$host ${host} [[host]] ${host:raw} [[host:csv]]', 'a b a b a b a b a b');
  check('$hosts $ ${} ${host [[host] $5', '$hosts $ ${} ${host [[host] $5');
});

test('each format writes several values in its way', () => {
  check('$pod', `{x'1,y"2}`);
  check('${pod:csv}', `x'1,y"2`);
  check('${pod:pipe}', `x'1|y"2`);
  check('${pod:json}', `["x'1","y\\"2"]`);
  check('${pod:doublequote}', `"x'1","y\\"2"`);
  check('${pod:singlequote}', `'x\\'1','y"2'`);
  check('${pod:sqlstring}', `'x''1','y"2'`);
  check('${pod:lucene}', `("x'1" OR "y\\"2")`);
  check('${pod:distributed}', `x'1,pod=y"2`);
  check('${pod:text}', `x'1 + y"2`);
  check('${pod:percentencode}', '%7Bx%271%2Cy%222%7D');
  check('${pod:queryparam}', 'var-pod=x%271&var-pod=y%222');
  check('${pod:customqueryparam:p:v-}', 'p=v-x%271&p=v-y%222');
  check('${pod:join:;}', `x'1;y"2`);
  check('${host:regex} ${host:nonsense}', 'a b a b');
});

test('All is named in texts and addresses, and stands for its own value elsewhere', () => {
  check('$all ${all:text} ${all:queryparam} ${all:regex}', '.* All var-all=%24__all .*');
});

test('moments follow their pattern and the zone', () => {
  check('$__from $__to', '1767323045000 1767326645000');
  check('${__from:date}', '2026-01-02T03:04:05.000Z');
  check('${__from:date:seconds}', '1767323045');
  check('${__from:date:YYYY-MM-DD HH:mm:ss}', '2026-01-02 03:04:05');
  const tokyo = scopeWith({}, { timezone: 'Asia/Tokyo' });
  assert.equal(fillText('${__from:date:D MMM h:mm a Z}', tokyo), '2 Jan 12:04 pm +09:00');
});

test('built-in names know the range, the dashboard and the variables of the address', () => {
  check('$__range_s $__range_ms $__range', '3600 3600000 3600s');
  check('$__dashboard ${__dashboard.uid}', 'Host u1');
  check('${__url_time_range}', 'from=1767323045000&to=1767326645000');
  check('${__all_variables}', 'var-host=a%20b&var-pod=x%271&var-pod=y%222&var-all=%24__all');
});

test('a link of a cell sees the field, the row and its columns', () => {
  const frame = seriesOf({ job: 'api/1' }, [1.5, 2.5]);
  const field = frame.fields[1]!;
  const cell = withCell(scope, { field, frame, row: 1, text: '2.5 s' });
  assert.equal(
    fillText('${__field.labels.job} ${__field.name} ${__value.raw} ${__value.text} ${__value.time}', cell),
    'api/1 Value 2.5 2.5 s 1000',
  );
  assert.equal(
    fillText('${__data.fields["Value"]} ${__data.fields[0]} ${__data.fields.None}', cell),
    '2.5 1000 ${__data.fields.None}',
  );
  assert.equal(
    fillLink('/d/x?var-j=${__field.labels.job}&$__url_time_range', cell),
    '/d/x?var-j=api%2F1&from=1767323045000&to=1767326645000',
  );
});

test('what is put in is not searched again', () => {
  assert.equal(fillText('$a', scopeWith({ a: ['$b'], b: ['no'] })), '$b');
});

test('any text is filled without an error, and one without references stays', () => {
  const piece = fc.constantFrom(
    '$',
    '{',
    '}',
    '[[',
    ']]',
    ':',
    '.',
    'host',
    '__from',
    'date',
    '\ud800',
    ' ',
    '"',
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('');
      const filled = fillText(text, scope, 'percentencode');
      if (!text.includes('$') && !text.includes('[[')) assert.equal(filled, text);
    }),
  );
});

test('a megabyte of unclosed references costs a constant per character', () => {
  for (const piece of ['${a.', '[[', '${', '$', '${a:', '${a[']) {
    const text = piece.repeat(1_000_000 / piece.length);
    assert.equal(fillText(text, scope), text);
  }
});
