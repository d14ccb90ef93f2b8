import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape, named, template, webhookUrlShape } from '../../config/integration.ts';
import { atMostOne, oneOf } from '../../config/rules.ts';

/** `dingtalk_configs`, ours: a message of a DingTalk group robot. */
export const dingtalkIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      ...webhookUrlShape(),
      secret: fields.secretText().describe('Secret of the robot, when it wants signed messages.'),
      secret_file: fields.fileName().describe('File with the secret.'),
      title: template(named('dingtalk.default.title')).describe('Title of the message.'),
      text: template(named('dingtalk.default.text')).describe('Text of the message, Markdown.'),
      at_mobiles: z.array(z.string()).default([]).describe('Telephone numbers of those to mention.'),
      is_at_all: fields.flag(false).describe('Mention everybody.'),
      timeout: attemptTimeout(),
    })
    .check(oneOf('webhook_url', 'webhook_url_file'), atMostOne('secret', 'secret_file')),
);

export type DingtalkConfig = z.output<typeof dingtalkIntegration>;
