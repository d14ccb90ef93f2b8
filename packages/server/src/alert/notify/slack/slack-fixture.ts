/** For tests: senders of Slack from a configuration as a whole, so that what they inherit is in its place. */
import { alertmanagerConfig } from '../../config/config.ts';
import { FakeService } from '../fake-service.ts';
import type { Receiver } from '../receiver.ts';
import { senderDeps } from '../sender-fixture.ts';
import { fakeSlack, SLACK_HOOK_PATH, SLACK_TOKEN, type FakeSlack } from './fake-slack.ts';
import { createSlackSender } from './slack.ts';

export const slackDeps = senderDeps();

export function slackReceiver(
  config: Record<string, unknown>,
  global: Record<string, unknown> = {},
): Receiver {
  const schema = alertmanagerConfig({ extensions: true, directory: '/' });
  const { receivers } = schema.parse({
    global,
    route: { receiver: 'ops' },
    receivers: [{ name: 'ops', slack_configs: [{ timeout: '3s', ...config }] }],
  });
  return createSlackSender(slackDeps, { name: 'ops', index: 0, config: receivers[0]!.slack_configs[0]! });
}

export const hookOf = (service: FakeService): Record<string, unknown> => ({
  api_url: `${service.origin}${SLACK_HOOK_PATH}`,
});

export const tokenOf = (service: FakeService): Record<string, unknown> => ({
  app_token: SLACK_TOKEN,
  app_url: `${service.origin}/api/chat.postMessage`,
  channel: '#alerts',
});

export async function withSlack(
  run: (service: FakeService, slack: FakeSlack) => Promise<void>,
): Promise<void> {
  const slack = fakeSlack();
  await FakeService.with(slack.judge, (service) => run(service, slack));
}
