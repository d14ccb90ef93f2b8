/** What the agent makes, sent by the real senders to services that are strict about their limits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnalysisReport } from '@vedette/api';
import { FakeService, type FakeJudge } from '../../../alert/notify/fake-service.ts';
import { dingtalkIntegration } from '../../../alert/notify/dingtalk/config.ts';
import { createDingtalkSender } from '../../../alert/notify/dingtalk/dingtalk.ts';
import {
  actionCardOf,
  DINGTALK_SECRET,
  DINGTALK_TOKEN,
  fakeDingtalk,
} from '../../../alert/notify/dingtalk/fake-dingtalk.ts';
import { feishuIntegration } from '../../../alert/notify/feishu/config.ts';
import { cardOf, fakeFeishu, FEISHU_PATH, FEISHU_SECRET } from '../../../alert/notify/feishu/fake-feishu.ts';
import { createFeishuSender } from '../../../alert/notify/feishu/feishu.ts';
import { ntfyIntegration } from '../../../alert/notify/ntfy/config.ts';
import { createNtfySender } from '../../../alert/notify/ntfy/ntfy.ts';
import { exampleNotification } from '../../../alert/notify/receiver.contract.ts';
import type { Notification, Receiver } from '../../../alert/notify/receiver.ts';
import { HOSTILE_VALUES } from '../../../alert/notify/sender.contract.ts';
import { senderDeps } from '../../../alert/notify/sender-fixture.ts';
import { messageOf } from '../../../alert/notify/slack/fake-slack.ts';
import { hookOf, slackReceiver, tokenOf, withSlack } from '../../../alert/notify/slack/slack-fixture.ts';
import { telegramIntegration } from '../../../alert/notify/telegram/config.ts';
import { createTelegramSender } from '../../../alert/notify/telegram/telegram.ts';
import { webhookIntegration } from '../../../alert/notify/webhook/config.ts';
import { createWebhookSender } from '../../../alert/notify/webhook/webhook.ts';
import { preparedReport } from '../render/prepared-report.ts';
import {
  bareReport,
  exampleReport,
  EXTERNAL_URL,
  hostileReport,
  narratedReport,
} from '../render/report-fixture.ts';

const deps = senderDeps();

const REPORTS: readonly AnalysisReport[] = [
  exampleReport(),
  bareReport(),
  narratedReport(),
  ...HOSTILE_VALUES.map((value) => hostileReport(value)),
];

const notificationOf = (report: AnalysisReport): Notification =>
  exampleNotification({
    id: report.id.replaceAll(/[^\w-]/g, '-').slice(0, 40),
    reason: 'analysis',
    prepared: preparedReport(report, { externalUrl: EXTERNAL_URL, isFollowUp: true, heldBackCount: 2 }),
  });

async function assertTaken(receiver: Receiver, service: FakeService): Promise<void> {
  const before = service.taken.length;
  for (const report of REPORTS) {
    const result = await receiver.send(notificationOf(report), new AbortController().signal);
    assert.equal(result.kind, 'delivered', `${report.headline.slice(0, 40)} ${JSON.stringify(result)}`);
  }
  assert.equal(service.taken.length - before, REPORTS.length);
}

const options = <T>(config: T) => ({ name: 'oncall', index: 0, config });

test('Slack takes every report, by webhook and by token', () =>
  withSlack(async (service) => {
    for (const addressOf of [hookOf, tokenOf]) await assertTaken(slackReceiver(addressOf(service)), service);
    const { text, blocks } = messageOf(service.taken[0]);
    assert.equal(text, 'P1 critical: HighErrorRate (3 alerts)');
    assert.equal(blocks?.[0]?.['type'], 'header');
  }));

test('Feishu takes every report, in the colour of its priority', () =>
  FakeService.with(fakeFeishu(FEISHU_SECRET), async (service) => {
    const config = { webhook_url: `${service.origin}${FEISHU_PATH}`, secret: FEISHU_SECRET };
    await assertTaken(createFeishuSender(deps, options(feishuIntegration.parse(config))), service);
    const colours = service.taken.slice(0, 3).map((request) => cardOf(request).colour);
    assert.deepEqual(colours, ['red', 'blue', 'green']);
  }));

test('DingTalk takes every report', () =>
  FakeService.with(fakeDingtalk(DINGTALK_SECRET), async (service) => {
    const webhook_url = `${service.origin}/robot/send?access_token=${DINGTALK_TOKEN}`;
    const config = dingtalkIntegration.parse({ webhook_url, secret: DINGTALK_SECRET });
    await assertTaken(createDingtalkSender(deps, options(config)), service);
    assert.equal(actionCardOf(service.taken[0]).title, 'P1 critical: HighErrorRate (3 alerts)');
  }));

/** Takes bodies of JSON up to a size, in which a text has at most so many units. */
function judgeOf(bodyBytesMax: number, key: string, unitsMax: number): FakeJudge {
  return ({ body }) => {
    const { [key]: text } = JSON.parse(body) as Record<string, unknown>;
    const isTaken =
      Buffer.byteLength(body) <= bodyBytesMax &&
      typeof text === 'string' &&
      text.length >= 1 &&
      text.length <= unitsMax;
    return { status: isTaken ? 200 : 400, body: '{"ok":true}', isTaken };
  };
}

test('Telegram and ntfy take every report within their 4,096', async () => {
  await FakeService.with(judgeOf(100_000, 'text', 4096), async (service) => {
    const config = { bot_token: '1:A', chat_id: 7, api_url: service.origin };
    await assertTaken(createTelegramSender(deps, options(telegramIntegration.parse(config))), service);
  });
  await FakeService.with(judgeOf(8192, 'message', 4096), async (service) => {
    const config = ntfyIntegration.parse({ url: service.origin, topic: 'alerts' });
    await assertTaken(createNtfySender(deps, options(config)), service);
  });
});

test('a webhook gets the report as the API gives it', () =>
  FakeService.with(undefined, async (service) => {
    const config = webhookIntegration.parse({ url: `${service.origin}/hook` });
    await assertTaken(createWebhookSender(deps, options(config)), service);
    const { analysis } = JSON.parse(service.taken[0]!.body) as { analysis: unknown };
    assert.deepEqual(analysis, exampleReport());
  }));
