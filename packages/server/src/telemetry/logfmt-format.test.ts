import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLogfmt } from './logfmt-format.ts';

const check = (fields: Record<string, unknown>, want: string): void =>
  assert.equal(formatLogfmt(JSON.stringify({ level: 'info', time: 'T', ...fields })), want);

test('a line has time, level and message first, and quotes where a value could be misread', () => {
  check(
    { msg: 'Listening on', address: '127.0.0.1:9093' },
    'time=T level=info msg="Listening on" address=127.0.0.1:9093\n',
  );
  check(
    { msg: 'x', area: 'alerts', n: 3, empty: '' },
    'time=T level=info msg=x component=alerts n=3 empty=""\n',
  );
  check({ msg: 'a="b" c\\d' }, String.raw`time=T level=info msg="a=\"b\" c\\d"` + '\n');
  check({ msg: 'x', list: [1, 'a b'] }, String.raw`time=T level=info msg=x list="[1,\"a b\"]"` + '\n');
});

test('no field leaves its line or draws on a terminal', () => {
  check({ msg: 'one\ntwo\u001b[31m' }, String.raw`time=T level=info msg="one\ntwo\u001b[31m"` + '\n');
});

test('an error is its messages, those of its causes last', () => {
  const error = { type: 'Error', message: 'cannot send', stack: 'at x', cause: { message: 'refused' } };
  check({ msg: 'x', error }, 'time=T level=info msg=x error="cannot send: refused"\n');
});
