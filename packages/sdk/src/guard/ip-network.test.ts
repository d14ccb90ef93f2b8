import assert from 'node:assert/strict';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalIp, IpRanges, parseIp } from './ip-network.ts';

test('every address has one spelling', () => {
  const check = (text: string, want: string): void => assert.equal(canonicalIp(text), want);
  check('192.0.2.1', '192.0.2.1');
  check('::ffff:192.0.2.1', '192.0.2.1');
  check('::FFFF:c000:201', '192.0.2.1');
  check('2001:DB8:0:0:0:0:0:1', '2001:db8::1');
  check('2001:db8::0:1:0:0:1', '2001:db8::1:0:0:1');
  check('::', '::');
  check('fe80::1%eth0', 'fe80::1');
  check('64:ff9b::192.0.2.33', '64:ff9b::c000:221');
});

test('what is no address is handed back as it is', () => {
  for (const text of ['', 'localhost', '192.0.2', '192.0.2.256', '1.2.3.4:80', '[::1]', ':::', '01.2.3.4'])
    assert.deepEqual([canonicalIp(text), parseIp(text)], [text, undefined]);
});

test('networks are found for the addresses in them, as node:net finds them', () => {
  const v4 = fc.tuple(fc.ipV4(), fc.nat(32), fc.constant('ipv4' as const));
  const v6 = fc.tuple(fc.ipV6(), fc.nat(128), fc.constant('ipv6' as const));
  fc.assert(
    fc.property(
      fc.array(fc.oneof(v4, v6), { maxLength: 5 }),
      fc.oneof(fc.ipV4(), fc.ipV6()),
      (networks, address) => {
        const ranges = new IpRanges<number>();
        const wanted = new Set<number>();
        const family = address.includes(':') ? 'ipv6' : 'ipv4';
        const isMapped = (text: string): boolean => text.includes(':') && parseIp(text)?.bitCount === 32;
        fc.pre(!isMapped(address) && !networks.some(([text]) => isMapped(text)));
        // The address itself is near the first network often enough to hit.
        for (const [i, [text, prefix, kind]] of [...networks, [address, 7, family] as const].entries()) {
          assert.equal(ranges.add(`${text}/${prefix}`, i), true);
          const list = new BlockList();
          list.addSubnet(text, prefix, kind);
          // Node holds that `::/0` has every IPv4 address in it, too; here each family is its own.
          if (kind === family && list.check(address, family)) wanted.add(i);
        }
        const ip = parseIp(address);
        assert.ok(ip !== undefined);
        assert.deepEqual(new Set(ranges.matches(ip)), wanted);
      },
    ),
    { numRuns: 300 },
  );
});

test('ranges that cannot be are refused', () => {
  const ranges = new IpRanges<number>();
  for (const text of [
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '::/129',
    'x/8',
    '::ffff:10.0.0.0/8',
  ])
    assert.equal(ranges.add(text, 1), false, text);
  assert.equal(ranges.isEmpty, true);
});

test('of two spellings of one network each goes by itself', () => {
  const ranges = new IpRanges<string>();
  const ip = parseIp('10.1.2.3') ?? assert.fail();
  ranges.add('10.0.0.0/8', 'a');
  ranges.add('10.9.9.9/8', 'b');
  ranges.add('::ffff:10.0.0.0/104', 'c');
  assert.deepEqual([...ranges.matches(ip)], ['a', 'b', 'c']);
  ranges.delete('10.9.9.9/8', 'b');
  ranges.delete('10.9.9.9/8', 'b');
  assert.deepEqual([...ranges.matches(ip)], ['a', 'c']);
  ranges.delete('10.0.0.0/8', 'a');
  ranges.delete('10.0.0.0/8', 'c');
  assert.equal(ranges.isEmpty, true);
});
