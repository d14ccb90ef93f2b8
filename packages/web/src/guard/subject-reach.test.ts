import { expect, test } from 'vitest';
import { isHitBy, isSame } from './subject-reach.tsx';

test('an address is the same however it is written, a name only as it is', () => {
  expect(isSame('ip', '2001:db8::1', '2001:DB8:0:0::1')).toBe(true);
  expect(isSame('ip', '203.0.113.7', '203.0.113.8')).toBe(false);
  expect(isSame('ip', 'nonsense', 'nonsense')).toBe(true);
  expect(isSame('user', 'Ada', 'ada')).toBe(false);
});

test('a decision hits its own subject, one about a network the addresses in it', () => {
  const net = { scope: 'range', subject: '203.0.113.0/24' };
  expect(isHitBy(net, 'ip', '203.0.113.7')).toBe(true);
  expect(isHitBy(net, 'ip', '203.0.114.7')).toBe(false);
  expect(isHitBy(net, 'user', '203.0.113.7')).toBe(false);
  expect(isHitBy({ scope: 'user', subject: 'ada' }, 'user', 'ada')).toBe(true);
  expect(isHitBy({ scope: 'key', subject: 'ada' }, 'user', 'ada')).toBe(false);
  expect(isHitBy(net, 'ip', '')).toBe(false);
});
