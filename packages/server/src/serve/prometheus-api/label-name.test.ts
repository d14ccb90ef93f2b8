import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unescapeLabelName } from './label-name.ts';

test('escaped label names are read back, broken escapes are taken as written', () => {
  const check = (written: string, want: string | undefined): void =>
    assert.equal(unescapeLabelName(written), want, written);
  check('job', 'job');
  check('foo-bar', 'foo-bar');
  check('U__my_2e_name', 'my.name');
  check('U___5f_x', '_x');
  check('U__a__b', 'a_b');
  check('U___1f600_', '😀');
  check('U__', '');
  check('U__a_', 'U__a_');
  check('U__a_zz_', 'U__a_zz_');
  check('U__a_d800_', 'U__a_d800_');
  check('U__a_1234567_', 'U__a_1234567_');
  check('\ud800', undefined);
  check('\ufffd', undefined);
});
