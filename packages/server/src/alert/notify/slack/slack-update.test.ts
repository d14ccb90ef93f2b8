import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertmanagerConfig } from '../../config/config.ts';
import {
  exampleAlert,
  exampleNotification,
  preparedExample,
  preparedNotification,
} from '../receiver.contract.ts';
import type { Notification, Receiver, SendResult } from '../receiver.ts';
import { CHANNEL_ID, SLACK_TOKEN } from './fake-slack.ts';
import { slackReceiver, tokenOf, withSlack } from './slack-fixture.ts';

const never = new AbortController().signal;

/** Sends as the pipeline does: what was returned with the last delivery comes with the next. */
function groupOf(receiver: Receiver): (more: Partial<Notification>) => Promise<SendResult> {
  let receiverData = {};
  return async (more) => {
    const result = await receiver.send(exampleNotification({ receiverData, ...more }), never);
    if (result.kind === 'delivered') receiverData = result.receiverData ?? receiverData;
    return result;
  };
}

const resolved: Partial<Notification> = {
  status: 'resolved',
  reason: 'all alerts resolved',
  alerts: [exampleAlert('A', { endsAtMs: 1_700_000_001_000 })],
};

test('later notifications of a group change its message in place, until all is over', () =>
  withSlack(async (service, slack) => {
    const send = groupOf(slackReceiver({ ...tokenOf(service), update_message: true }));
    await send({ reason: 'first notification' });
    await send({ reason: 'new alerts added', alerts: [exampleAlert('A'), exampleAlert('B')] });
    await send(resolved);
    assert.deepEqual(
      service.requests.map(({ path }) => path),
      ['/api/chat.postMessage', '/api/chat.update', '/api/chat.update'],
    );
    const [ts] = slack.messages.keys();
    assert.equal(slack.messages.size, 1);
    const { channel, attachments } = slack.messages.get(ts!)!;
    assert.deepEqual([channel, attachments?.[0]?.color], [CHANNEL_ID, 'good']);

    await send({ reason: 'first notification' });
    assert.equal(slack.messages.size, 2);
  }));

test('an alert that fires again is a message of its own, although the end of the last one was not told', () =>
  withSlack(async (service, slack) => {
    const send = groupOf(slackReceiver({ ...tokenOf(service), update_message: true }));
    await send({ reason: 'first notification' });
    await send({ reason: 'first notification' });
    assert.equal(slack.messages.size, 2);
  }));

test('a message that is gone, or stands where we are not any more, is posted anew, and that one changes next', () =>
  withSlack(async (service, slack) => {
    const send = groupOf(slackReceiver({ ...tokenOf(service), update_message: true }));
    await send({ reason: 'first notification' });
    for (const error of ['message_not_found', 'cant_update_message', 'edit_window_closed', 'is_archived']) {
      const { size } = slack.messages;
      const body = JSON.stringify({ ok: false, error });
      service.script({ status: 200, body, headers: { 'Content-Type': 'application/json' } });
      const result = await send({ reason: 'new alerts added' });
      assert.deepEqual([result.kind, slack.messages.size], ['delivered', size + 1], error);
    }
    const { size } = slack.messages;
    await send({ reason: 'repeat interval elapsed' });
    assert.equal(slack.messages.size, size);
  }));

test('a change that fails for another reason is a failure, not a second message', () =>
  withSlack(async (service, slack) => {
    const send = groupOf(slackReceiver({ ...tokenOf(service), update_message: true }));
    await send({ reason: 'first notification' });
    service.script({
      status: 200,
      body: '{"ok":false,"error":"ratelimited"}',
      headers: { 'Content-Type': 'application/json' },
    });
    const result = await send({ reason: 'new alerts added' });
    assert.ok(result.kind === 'failed' && result.isRetriable);
    assert.equal(slack.messages.size, 1);
  }));

test('without update_message nothing is kept and every notification is a message', () =>
  withSlack(async (service, slack) => {
    const send = groupOf(slackReceiver(tokenOf(service)));
    const { kind, ...kept } = await send({ reason: 'first notification' });
    assert.deepEqual([kind, 'receiverData' in kept], ['delivered', false]);
    await send({ reason: 'new alerts added', receiverData: { channelId: CHANNEL_ID, threadTs: '1.2' } });
    assert.equal(slack.messages.size, 2);
  }));

test('update_message wants a token, of its own or of all, and is refused with a webhook', () => {
  const check = (slack: object, global: object, want: string): void => {
    const result = alertmanagerConfig({ extensions: false, directory: '/' }).safeParse({
      global,
      route: { receiver: 'ops' },
      receivers: [{ name: 'ops', slack_configs: [{ update_message: 'true', ...slack }] }],
    });
    const got = result.success ? '' : result.error.issues.map(({ message }) => message).join('; ');
    assert.equal(got, want);
  };
  const fault =
    'update_message can only be used with bot tokens. api_url must be set to https://slack.com/api/chat.postMessage';
  check({ app_token: SLACK_TOKEN }, {}, '');
  check({}, { slack_app_token: SLACK_TOKEN }, '');
  check({ api_url: 'https://slack.com/api/chat.postMessage' }, {}, '');
  check({}, { slack_api_url: 'https://slack.com/api/chat.postMessage' }, '');
  check({ api_url: 'https://hooks.slack.com/x' }, {}, fault);
  check({ api_url_file: 'f' }, {}, fault);
  check({}, { slack_api_url: 'https://hooks.slack.com/x' }, fault);
});

test('a prepared message is posted below the message of its group, and leaves that as it is', () =>
  withSlack(async (service, slack) => {
    const receiver = slackReceiver({ ...tokenOf(service), update_message: true, link_names: true });
    const first = await receiver.send(exampleNotification({ reason: 'first notification' }), never);
    assert.ok(first.kind === 'delivered');
    const { receiverData = {} } = first;
    const second = await receiver.send({ ...preparedNotification(), receiverData }, never);
    assert.ok(second.kind === 'delivered' && second.receiverData === undefined);
    assert.deepEqual([...slack.messages.values()][1], {
      channel: '#alerts',
      username: 'Vedette',
      text: 'P1 critical: A',
      blocks: preparedExample().slackBlocks,
      thread_ts: receiverData['threadTs'],
    });
  }));

test('where no message of the group is known, a prepared one stands for itself and mentions nobody', () =>
  withSlack(async (service, slack) => {
    const title = '<!channel> @all #x & y';
    await slackReceiver(tokenOf(service)).send(preparedNotification({ title }), never);
    const [message] = slack.messages.values();
    assert.equal(message!.text, '&lt;!channel&gt; @\u2060all #\u2060x &amp; y');
    assert.equal(message!.thread_ts, undefined);
  }));
