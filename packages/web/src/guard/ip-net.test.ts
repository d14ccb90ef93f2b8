import { expect, test } from 'vitest';
import { containsNet, parseIpNet, sizeOf } from './ip-net.ts';

const isIn = (outer: string, inner: string): boolean => {
  const [a, b] = [parseIpNet(outer), parseIpNet(inner)];
  return a !== undefined && b !== undefined && containsNet(a, b);
};

test('an address lies in its network up to the last one, and not beyond', () => {
  expect(isIn('203.0.113.0/24', '203.0.113.255')).toBe(true);
  expect(isIn('203.0.113.0/24', '203.0.114.0')).toBe(false);
  expect(isIn('203.0.113.77/24', '203.0.113.1')).toBe(true);
  expect(isIn('0.0.0.0/0', '255.255.255.255')).toBe(true);
  expect(isIn('203.0.113.0/24', '203.0.0.0/16')).toBe(false);
  expect(isIn('2001:db8::/32', '2001:db8:ffff::1')).toBe(true);
  expect(isIn('2001:db8::/32', '2001:db9::')).toBe(false);
  expect(isIn('10.0.0.0/8', '::ffff:10.1.2.3')).toBe(true);
  expect(isIn('::/0', '10.0.0.1')).toBe(false);
});

test('what is no network is none', () => {
  for (const text of [
    '',
    '1.2.3',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4/33',
    '1.2.3.4/',
    '1.2.3.4/8/8',
    '::1::',
    '1:2:3',
    'x::',
    ':1',
  ])
    expect([text, parseIpNet(text)]).toEqual([text, undefined]);
});

test('the size of a network doubles with each bit', () => {
  expect(sizeOf(parseIpNet('203.0.113.0/24') ?? { first: 0n, bits: 0, width: 32 })).toBe(256);
  expect(sizeOf(parseIpNet('203.0.113.7') ?? { first: 0n, bits: 0, width: 32 })).toBe(1);
});
