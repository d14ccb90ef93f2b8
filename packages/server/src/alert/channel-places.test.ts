import assert from 'node:assert/strict';
import { test } from 'node:test';
import { receiverConfig } from './config/receivers.ts';
import { channelPlacesOf } from './channel-places.ts';

function placesOf(channels: object): (readonly [string, number, string | undefined, boolean])[] {
  const receiver = receiverConfig.parse({ name: 'ops', ...channels });
  return channelPlacesOf(receiver).map(
    ({ integration, index, place, isTestable }) => [integration, index, place, isTestable] as const,
  );
}

test('of an address the host is shown, and nothing that opens it', () => {
  const url = 'https://user:pw@hooks.example:8443/services/T0/B0/KEY?token=abc';
  assert.deepEqual(placesOf({ webhook_configs: [{ url }, { url_file: '/run/address' }] }), [
    ['webhook', 0, 'hooks.example:8443', true],
    ['webhook', 1, undefined, true],
  ]);
});

test('an address that is a template has no host yet', () => {
  const url = 'https://{{ .CommonLabels.host }}.example/hook';
  assert.deepEqual(placesOf({ webhook_configs: [{ url }] }), [['webhook', 0, undefined, true]]);
});

test('a room is told with its server, a mail by its recipients, a topic not at all', () => {
  assert.deepEqual(
    placesOf({ slack_configs: [{ channel: '#ops', api_url: 'https://hooks.slack.com/services/SECRET' }] }),
    [['slack', 0, '#ops (hooks.slack.com)', true]],
  );
  const mail = { to: 'ops@example.org', from: 'v@example.org', smarthost: 'mx.example.org:25' };
  assert.deepEqual(placesOf({ email_configs: [mail] }), [['email', 0, 'ops@example.org', true]]);
  assert.deepEqual(placesOf({ ntfy_configs: [{ topic: 'only-we-know' }] }), [['ntfy', 0, 'ntfy.sh', true]]);
});

test('channels that act instead of telling somebody cannot be tested', () => {
  assert.deepEqual(
    placesOf({ heartbeat_configs: [{ url: 'https://beat.example/x' }], guard_configs: [{}] }),
    [
      ['guard', 0, undefined, false],
      ['heartbeat', 0, 'beat.example', false],
    ],
  );
});
