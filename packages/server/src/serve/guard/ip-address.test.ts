import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import {
  findIpAddress,
  findIpRange,
  formatIpAddress,
  formatIpRange,
  isWithin,
  singleRangeOf,
} from './ip-address.ts';

const spelled = (text: string): string | undefined => {
  const address = findIpAddress(text);
  return address === undefined ? undefined : formatIpAddress(address);
};

test('an address has one spelling', () => {
  const check = (text: string, want: string | undefined): void => assert.equal(spelled(text), want, text);
  check('192.0.2.1', '192.0.2.1');
  check('255.255.255.255', '255.255.255.255');
  check('::ffff:192.0.2.1', '192.0.2.1');
  check('::FFFF:c000:201', '192.0.2.1');
  check('2001:DB8:0:0:0:0:0:1', '2001:db8::1');
  check('::', '::');
  check('::1', '::1');
  check('1::', '1::');
  check('2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1');
  check('2001:0:0:1:0:0:0:1', '2001:0:0:1::1');
  check('64:ff9b::192.0.2.33', '64:ff9b::c000:221');
  check('fe80::1%eth0', 'fe80::1');
  for (const bad of ['', '1.2.3', '1.2.3.4.5', '01.2.3.4', '256.1.1.1', ':::', 'x', '1'.repeat(1e6), '::1\n'])
    check(bad, undefined);
});

test('what is spelled is read again as the same address', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => {
      const address = findIpAddress(text);
      assert.ok(address !== undefined, text);
      assert.deepEqual(findIpAddress(formatIpAddress(address)), address);
    }),
  );
});

test('IPv6 is spelled as the URL standard spells it', () => {
  fc.assert(
    fc.property(fc.ipV6(), (text) => {
      const address = findIpAddress(text);
      if (address?.family === 6)
        assert.equal(`[${formatIpAddress(address)}]`, new URL(`http://[${text}]`).hostname);
    }),
  );
});

test('a network is cut to its prefix and knows what lies in it', () => {
  const rangeText = (text: string): string | undefined => {
    const range = findIpRange(text);
    return range === undefined ? undefined : formatIpRange(range);
  };
  assert.equal(rangeText('203.0.113.77/24'), '203.0.113.0/24');
  assert.equal(rangeText('0.0.0.0/0'), '0.0.0.0/0');
  assert.equal(rangeText('2001:db8::1/32'), '2001:db8::/32');
  assert.equal(rangeText('::ffff:192.0.2.9/120'), '192.0.2.0/24');
  for (const bad of ['', '1.2.3.4', '1.2.3.4/33', '::/129', '1.2.3.4/', '1.2.3.4/x', '::ffff:1.2.3.4/24'])
    assert.equal(rangeText(bad), undefined, bad);
  const within = (inner: string, outer: string): boolean =>
    isWithin(
      findIpRange(inner) ?? singleRangeOf(findIpAddress(inner) ?? assert.fail(inner)),
      findIpRange(outer) ?? assert.fail(outer),
    );
  assert.equal(within('10.1.2.3', '10.0.0.0/8'), true);
  assert.equal(within('11.1.2.3', '10.0.0.0/8'), false);
  assert.equal(within('10.0.0.0/8', '10.1.0.0/16'), false);
  assert.equal(within('10.1.0.0/16', '10.0.0.0/8'), true);
  assert.equal(within('::1', '0.0.0.0/0'), false);
});
