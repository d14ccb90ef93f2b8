import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertmanagerConfig } from '../../config/config.ts';
import { guardedTexts } from '../guarded-texts.ts';
import { exampleNotification } from '../receiver.contract.ts';
import { senderDeps } from '../sender-fixture.ts';
import { hostileNotification } from '../sender.contract.ts';
import { filledBlocks } from './blocks.ts';
import { messageOf } from './fake-slack.ts';
import { slackGuard } from './message.ts';
import { hookOf, slackReceiver, withSlack } from './slack-fixture.ts';

const filled = (blocks: Record<string, unknown>[], value = 'a'): unknown =>
  filledBlocks(
    guardedTexts(senderDeps(), hostileNotification(value), slackGuard({ link_names: false })),
    blocks,
  );

const mrkdwn = (text: string): Record<string, unknown> => ({ type: 'mrkdwn', text });
const section = (text: string): Record<string, unknown> => ({ type: 'section', text: mrkdwn(text) });

test('texts anywhere in blocks are filled; numbers and flags stay what they are', () => {
  const button = {
    type: 'button',
    text: { type: 'plain_text', text: 'Open {{ .Status }}', emoji: true },
    url: 'http://h/?a=1&s={{ .Status }}',
    action_id: 'open-{{ .Status }}',
  };
  assert.deepEqual(
    filled([{ type: 'divider' }, { type: 'actions', elements: [button] }, section('*{{ .Status }}*')]),
    [
      { type: 'divider' },
      {
        type: 'actions',
        elements: [
          {
            type: 'button',
            text: { type: 'plain_text', text: 'Open firing', emoji: true },
            url: 'http://h/?a=1&s=firing',
            action_id: 'open-firing',
          },
        ],
      },
      section('*firing*'),
    ],
  );
});

test('values are text where Slack reads marks, and as they are in addresses', () => {
  const accessory = {
    type: 'image',
    image_url: 'http://h/?{{ .CommonLabels.evil }}',
    alt_text: '{{ .CommonLabels.evil }}',
  };
  assert.deepEqual(filled([{ ...section('<!here> {{ .CommonLabels.evil }}'), accessory }], '<!channel>&'), [
    {
      ...section('<!here> &lt;!channel&gt;&amp;'),
      accessory: { type: 'image', image_url: 'http://h/?<!channel>&', alt_text: '&lt;!channel&gt;&amp;' },
    },
  ]);
});

test('what has lost its text is left out, up to the block', () => {
  const none = '{{ .CommonAnnotations.missing }}';
  assert.deepEqual(
    filled([
      section(none),
      { type: 'section', fields: [mrkdwn(none), mrkdwn('kept')] },
      { type: 'section', fields: [mrkdwn(none)] },
      { type: 'context', elements: [mrkdwn(` ${none}\n`)] },
      section('last'),
    ]),
    [{ type: 'section', fields: [mrkdwn('kept')] }, section('last')],
  );
});

test('texts are cut to what Slack takes in a block, and in a header', () => {
  const long = '{{ .CommonLabels.evil }}';
  const [header, body] = filled(
    [{ type: 'header', text: { type: 'plain_text', text: long } }, section(long)],
    'x'.repeat(10_000),
  ) as { text: { text: string } }[];
  assert.deepEqual([header!.text.text.length, body!.text.text.length], [150, 3000]);
});

test('blocks stand in place of the attachment, with the fallback as their text', () =>
  withSlack(async (service) => {
    const blocks = [section('{{ .Status }}')];
    const send = async (more: object): Promise<unknown> => {
      const receiver = slackReceiver({ ...hookOf(service), username: '', blocks, ...more });
      await receiver.send(exampleNotification(), new AbortController().signal);
      return messageOf(service.taken.at(-1));
    };
    assert.deepEqual(await send({}), {
      text: '[FIRING:1] A (api): http://vedette.test/#/alerts?receiver=ops',
      blocks: [section('firing')],
    });
    assert.deepEqual(await send({ blocks: [section(' ')], fallback: 'bare' }), { text: 'bare' });
    assert.deepEqual(await send({ message_text: 'own' }), { text: 'own', blocks: [section('firing')] });
  }));

test('blocks are keys of ours: at most fifty, and none in a file for Alertmanager', () => {
  const check = (extensions: boolean, count: number, want: RegExp): void => {
    const blocks = Array.from({ length: count }, () => ({ type: 'divider' }));
    const result = alertmanagerConfig({ extensions, directory: '/' }).safeParse({
      route: { receiver: 'ops' },
      receivers: [{ name: 'ops', slack_configs: [{ api_url: 'http://s', blocks }] }],
    });
    assert.match(result.error?.message ?? 'accepted', want);
  };
  check(true, 50, /^accepted$/);
  check(true, 51, /must be at most 50 blocks/);
  check(false, 1, /blocks is not a key of Alertmanager/);
});
