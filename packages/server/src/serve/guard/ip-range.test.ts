import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseIpRange } from '@vedette/sdk';
import { findIpRange, formatIpRange, isWithin } from './ip-range.ts';

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
    isWithin(parseIpRange(inner) ?? assert.fail(inner), findIpRange(outer) ?? assert.fail(outer));
  assert.equal(within('10.1.2.3', '10.0.0.0/8'), true);
  assert.equal(within('11.1.2.3', '10.0.0.0/8'), false);
  assert.equal(within('10.0.0.0/8', '10.1.0.0/16'), false);
  assert.equal(within('10.1.0.0/16', '10.0.0.0/8'), true);
  assert.equal(within('::1', '0.0.0.0/0'), false);
});
