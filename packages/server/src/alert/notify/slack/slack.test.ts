import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exampleNotification, receiverContract } from '../receiver.contract.ts';
import { hostileNotification, senderContract } from '../sender.contract.ts';
import { attachmentOf, messageOf, SLACK_HOOK_PATH, SLACK_TOKEN } from './fake-slack.ts';
import { hookOf, slackDeps, slackReceiver, tokenOf, withSlack } from './slack-fixture.ts';

const never = new AbortController().signal;

for (const [name, addressOf] of [
  ['slack through a webhook', hookOf],
  ['slack with a token', tokenOf],
] as const) {
  receiverContract(name, (run) =>
    withSlack((service) =>
      run({
        receiver: slackReceiver(addressOf(service)),
        arrivedCount: () => service.taken.length,
        breakOff: () => service.close(),
      }),
    ),
  );
  senderContract(name, (run) =>
    withSlack((service) =>
      run({
        receiver: slackReceiver(addressOf(service)),
        service,
        clock: slackDeps.clock,
        secrets: addressOf === tokenOf ? [SLACK_TOKEN] : [SLACK_HOOK_PATH, 'k0000k1111k2222k3333k444'],
      }),
    ),
  );
}

test('the attachment has what Alertmanager puts into it, and leaves out what is empty', () =>
  withSlack(async (service) => {
    await slackReceiver(hookOf(service)).send(exampleNotification(), never);
    assert.deepEqual(messageOf(service.taken[0]), {
      username: 'Vedette',
      attachments: [
        {
          title: '[FIRING:1] A (api)',
          title_link: 'http://vedette.test/#/alerts?receiver=ops',
          text: '*Firing*\n• *A is bad*\njob: api\n',
          callback_id: '',
          footer: '',
          color: 'danger',
          mrkdwn_in: ['fallback', 'pretext', 'text'],
          fallback: '[FIRING:1] A (api): http://vedette.test/#/alerts?receiver=ops',
        },
      ],
    });
  }));

test('everything that can be configured is filled and sent', () =>
  withSlack(async (service) => {
    const templates = Object.fromEntries(
      ['pretext', 'text', 'footer', 'fallback', 'callback_id', 'color'].map((key) => [
        key,
        `${key} {{ .Status }}`,
      ]),
    );
    const receiver = slackReceiver({
      ...tokenOf(service),
      ...templates,
      channel: '#{{ .CommonLabels.job }}',
      username: 'bot {{ .Status }}',
      icon_emoji: ':fire:',
      icon_url: 'http://i/{{ .Status }}',
      image_url: 'http://i/image?a=1&b=2',
      thumb_url: 'http://i/thumb',
      link_names: true,
      message_text: 'see <!here> {{ .Status }}',
      mrkdwn_in: ['text'],
      short_fields: true,
      fields: [
        { title: 'Job', value: '{{ .CommonLabels.job }}' },
        { title: 'Long', value: 'x', short: false },
      ],
      actions: [
        { type: 'button', text: 'Open', url: '{{ .ExternalURL }}/?a&b', style: 'primary' },
        { type: 'button', text: 'Do', name: 'n', value: 'v', confirm: { text: 'Sure?', ok_text: 'Yes' } },
      ],
    });
    await receiver.send(exampleNotification(), never);
    const { attachments, ...head } = messageOf(service.taken[0]);
    assert.deepEqual(head, {
      channel: '#api',
      username: 'bot firing',
      icon_emoji: ':fire:',
      icon_url: 'http://i/firing',
      link_names: true,
      text: 'see <!here> firing',
    });
    const { title, title_link, ...rest } = attachments![0]!;
    assert.deepEqual(
      [title, title_link],
      ['[FIRING:1] A (api)', 'http://vedette.test/#/alerts?receiver=ops'],
    );
    assert.deepEqual(rest, {
      pretext: 'pretext firing',
      text: 'text firing',
      footer: 'footer firing',
      fallback: 'fallback firing',
      callback_id: 'callback_id firing',
      color: 'color firing',
      image_url: 'http://i/image?a=1&b=2',
      thumb_url: 'http://i/thumb',
      mrkdwn_in: ['text'],
      fields: [
        { title: 'Job', value: 'api', short: true },
        { title: 'Long', value: 'x', short: false },
      ],
      actions: [
        { type: 'button', text: 'Open', url: 'http://vedette.test/?a&b', style: 'primary' },
        { type: 'button', text: 'Do', name: 'n', value: 'v', confirm: { text: 'Sure?', ok_text: 'Yes' } },
      ],
    });
  }));

test('values wake nobody and link nowhere; links that templates build stay links', () =>
  withSlack(async (service) => {
    const notification = hostileNotification('<!channel> & <http://evil|x>');
    const receiver = slackReceiver({
      ...hookOf(service),
      text: '<{{ .ExternalURL }}|all>: {{ .CommonLabels.evil }}',
      title_link: 'http://h/?q={{ .CommonLabels.evil }}&x',
      fields: [{ title: '{{ .CommonLabels.evil }}', value: '{{ .CommonLabels.evil }}' }],
    });
    await receiver.send(notification, never);
    const { text, title, title_link, fallback, fields } = attachmentOf(service.taken[0]);
    const escaped = '&lt;!channel&gt; &amp; &lt;http://evil|x&gt;';
    assert.equal(text, `<http://vedette.test|all>: ${escaped}`);
    assert.equal(title_link, 'http://h/?q=<!channel> & <http://evil|x>&x');
    assert.deepEqual(fields, [{ title: escaped, value: escaped, short: false }]);
    for (const shown of [title, fallback]) assert.doesNotMatch(shown ?? '', /<!|<http/);
  }));

test('our own texts are escaped once', () =>
  withSlack(async (service) => {
    await slackReceiver(hookOf(service)).send(hostileNotification('<!channel> & <http://evil|x>'), never);
    const escaped = '&lt;!channel&gt; &amp; &lt;http://evil|x&gt;';
    assert.equal(
      attachmentOf(service.taken[0]).text,
      `*Firing*\n• *${escaped}*\n${escaped}\nevil: ${escaped}\n${escaped}: name\n`,
    );
  }));

test('where names become mentions, those in values do not', () =>
  withSlack(async (service) => {
    const receiver = slackReceiver({
      ...hookOf(service),
      link_names: true,
      text: '@ops {{ .CommonLabels.evil }}',
    });
    await receiver.send(hostileNotification('@channel #general'), never);
    assert.equal(attachmentOf(service.taken[0]).text, '@ops @\u2060channel #\u2060general');
  }));

test('a title has at most 1024 characters, an emoji being one', () =>
  withSlack(async (service) => {
    const receiver = slackReceiver({ ...hookOf(service), title: '{{ .CommonLabels.evil }}' });
    const check = async (value: string, want: string): Promise<void> => {
      await receiver.send(hostileNotification(value), never);
      assert.equal(attachmentOf(service.taken.at(-1)).title, want);
    };
    await check('🙂'.repeat(1024), '🙂'.repeat(1024));
    await check('🙂'.repeat(1025), `${'🙂'.repeat(1023)}…`);
    await check('&'.repeat(1025), `${'&amp;'.repeat(1023)}…`);
  }));

test('a message that Slack finds too long comes once more with shorter texts', () =>
  withSlack(async (service) => {
    for (const addressOf of [hookOf, tokenOf]) {
      const before = service.requests.length;
      const result = await slackReceiver(addressOf(service)).send(
        hostileNotification('<'.repeat(50_000)),
        never,
      );
      assert.deepEqual([result.kind, service.requests.length - before], ['delivered', 2]);
      const { text } = attachmentOf(service.taken.at(-1));
      assert.equal(Array.from(text.replaceAll('&lt;', '<')).length, 2900);
    }
    service.script({ status: 400, body: 'msg_too_long' }, { status: 400, body: 'msg_too_long' });
    const result = await slackReceiver(hookOf(service)).send(exampleNotification(), never);
    assert.ok(result.kind === 'failed' && !result.isRetriable);
  }));

test('what Slack says in a body of status 200 is judged', () =>
  withSlack(async (service) => {
    const check = async (body: string, want: string, type = 'application/json'): Promise<string> => {
      service.script({ status: 200, body, headers: { 'Content-Type': type } });
      const result = await slackReceiver(tokenOf(service)).send(exampleNotification(), never);
      const { kind } = result;
      const got = kind === 'failed' ? `${result.isRetriable ? 'again' : 'final'} ${result.category}` : kind;
      assert.equal(got, want, body);
      return kind === 'failed' ? result.error : '';
    };
    await check('{"ok":true}', 'delivered');
    await check('{"ok":false,"error":"ratelimited"}', 'again rateLimited');
    await check('{"ok":false,"error":"internal_error"}', 'again serverError');
    await check('{"ok":false,"error":"invalid_auth"}', 'final authError');
    assert.equal(
      await check('{"ok":false,"error":"channel_not_found"}', 'final clientError'),
      'channel "#alerts": error response from Slack: channel_not_found',
    );
    assert.match(
      await check(
        '{"ok":false,"error":"invalid_blocks","response_metadata":{"messages":["no more than 50"]}}',
        'final clientError',
      ),
      /invalid_blocks \(no more than 50\)$/,
    );
    await check('{"ok":false}', 'final clientError');
    await check('{"ok":false,"error":7,"response_metadata":null}', 'final clientError');
    await check('{"ok":true,"response_metadata":{"messages":7}}', 'delivered');
    await check('{"ok":"yes"}', 'again other');
    await check('', 'again other');
    await check('ok', 'delivered', 'text/html');
    assert.match(await check('no_text', 'final clientError', 'text/html'), /from Slack: no_text$/);
    await check('<html>login', 'final clientError', 'text/html');
  }));

test('a delivery is one also when its answer is longer than what is read of it', () =>
  withSlack(async (service) => {
    const text = 'x'.repeat(30_000);
    const body = `{"ok":true,"channel":"C1","ts":"1.2","message":{"text":"${text}"}}`;
    service.script({ status: 200, body, headers: { 'Content-Type': 'application/json' } });
    const receiver = slackReceiver({ ...tokenOf(service), update_message: true });
    const result = await receiver.send(exampleNotification(), never);
    assert.ok(result.kind === 'delivered');
    assert.deepEqual(result.receiverData, { channelId: 'C1', threadTs: '1.2' });
  }));

test('the reason of a refusal is told with the channel', () =>
  withSlack(async (service) => {
    service.script({ status: 404, body: 'no_service' });
    const receiver = slackReceiver({ ...hookOf(service), channel: '#{{ .CommonLabels.job }}' });
    const result = await receiver.send(exampleNotification(), never);
    assert.equal(
      result.kind === 'failed' && result.error,
      'channel "#api": unexpected status code 404: no_service',
    );
  }));

test('addresses and tokens come from files that are read for each attempt, and from global', () =>
  withSlack(async (service) => {
    const directory = mkdtempSync(join(tmpdir(), 'vedette-slack-'));
    try {
      const [hook, token] = [join(directory, 'hook'), join(directory, 'token')];
      const { app_url, channel } = tokenOf(service);
      const receivers = [
        slackReceiver({ api_url_file: hook }),
        slackReceiver({}, { slack_api_url_file: hook }),
        slackReceiver({ app_token_file: token, app_url, channel }),
        slackReceiver({ channel }, { slack_app_token_file: token, slack_app_url: app_url }),
        // The older way: the API's address, and the token beside it.
        slackReceiver({
          api_url: app_url,
          channel,
          http_config: { authorization: { credentials: SLACK_TOKEN } },
        }),
      ];
      writeFileSync(hook, `${service.origin}${SLACK_HOOK_PATH}\n`);
      writeFileSync(token, `${SLACK_TOKEN}\n`);
      for (const [i, receiver] of receivers.entries())
        assert.equal((await receiver.send(exampleNotification(), never)).kind, 'delivered', String(i));
      writeFileSync(token, 'xoxb-stale');
      const stale = await receivers[2]!.send(exampleNotification(), never);
      assert.ok(stale.kind === 'failed' && stale.category === 'authError' && !stale.isRetriable);
      rmSync(hook);
      const missing = await receivers[0]!.send(exampleNotification(), never);
      assert.ok(missing.kind === 'failed' && missing.isRetriable);
    } finally {
      rmSync(directory, { recursive: true });
    }
  }));

test('a text that cannot be filled is final and leaves nothing behind', () =>
  withSlack(async (service) => {
    const receiver = slackReceiver({ ...hookOf(service), title: '{{ template "missing" . }}' });
    const result = await receiver.send(exampleNotification(), never);
    assert.ok(result.kind === 'failed' && !result.isRetriable);
    assert.match(result.error, /^cannot fill the template of slack_configs\.title: /);
    assert.equal(service.requests.length, 0);
  }));
