import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertPublicEndpoint, isPrivateAddress, publicLookup } from './push-endpoint.ts';

test('addresses of this machine, of private networks and of many machines are private', () => {
  const check = (address: string, want: boolean): void =>
    assert.equal(isPrivateAddress(address), want, address);
  for (const address of [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '169.254.169.254',
  ])
    check(address, true);
  for (const address of [
    '0.0.0.0',
    '100.64.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1',
    'fd00::1',
  ])
    check(address, true);
  for (const address of [
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '64:ff9b::7f00:1',
    '::7f00:1',
    '64:ff9b:1::1',
    'nonsense',
  ])
    check(address, true);
  for (const address of ['', 'fec0::1', '2001::1']) check(address, true);
  for (const address of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])
    check(address, false);
});

test('an endpoint is https at a name with a dot, or at a public address', () => {
  for (const endpoint of [
    'https://fcm.googleapis.com/fcm/send/x',
    'https://8.8.8.8/x',
    'https://[2606:4700::1111]/x',
  ])
    assertPublicEndpoint(endpoint);
  for (const endpoint of [
    'http://push.example.org/x',
    'https://localhost/x',
    'https://127.0.0.1/x',
    'https://2130706433/x',
    'https://0x7f.1/x',
    'https://[::1]/x',
    'https://[::ffff:127.0.0.1]/x',
    'https://user:secret@push.example.org/x',
    'ftp://push.example.org/x',
    'nonsense',
    `https://push.example.org/${'x'.repeat(2048)}`,
  ])
    assert.throws(() => assertPublicEndpoint(endpoint), { code: 'VED_PUSH_INVALID' }, endpoint.slice(0, 60));
});

test('a name that leads to this machine is not connected to', async () => {
  const look = (all: boolean): Promise<Error | null> =>
    new Promise((resolve) => publicLookup('localhost', { all }, (error) => resolve(error)));
  assert.match(String(await look(false)), /private address/);
  assert.match(String(await look(true)), /private address/);
});
