import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressSubjectOf } from './address-subject.ts';

const check = (address: string | undefined, want: string | undefined): void => {
  const subject = addressSubjectOf(address);
  assert.equal(subject === undefined ? undefined : `${subject.scope} ${subject.id}`, want, String(address));
};

test('an IPv4 address acts for itself, also as sockets on IPv6 show it', () => {
  check('203.0.113.7', 'ip 203.0.113.7');
  check('::ffff:203.0.113.7', 'ip 203.0.113.7');
  check('::FFFF:203.0.113.7', 'ip 203.0.113.7');
});

test('of IPv6 the /64 acts, in one spelling', () => {
  const want = 'range 2001:db8:1:2::/64';
  check('2001:db8:1:2:3:4:5:6', want);
  check('2001:0DB8:0001:0002::1', want);
  check('2001:db8:1:2::', want);
  check('2001:db8::1', 'range 2001:db8::/64');
  check('::1', 'range ::/64');
  check('fe80::1%eth0', 'range fe80::/64');
  check('64:ff9b::203.0.113.7', 'range 64:ff9b::/64');
  check('1:2:3:4:5:6:203.0.113.7', 'range 1:2:3:4::/64');
  check('1::4:5:6:7:8', 'range 1:0:0:4::/64');
});

test('what is no address is nobody', () => {
  for (const text of [
    undefined,
    '',
    'localhost',
    '203.0.113',
    '203.0.113.7, 10.0.0.1',
    '__proto__',
    '1::2::3',
  ])
    check(text, undefined);
});
