import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape, named, template, webhookUrlShape } from '../../config/integration.ts';
import { atMostOne, oneOf } from '../../config/rules.ts';

/** `feishu_configs`, ours: a message of a Feishu or Lark group bot. */
export const feishuIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      ...webhookUrlShape(),
      secret: fields.secretText().describe('Secret of the bot, when it wants signed messages.'),
      secret_file: fields.fileName().describe('File with the secret.'),
      title: template(named('feishu.default.title')).describe('Title of the message.'),
      text: template(named('feishu.default.text')).describe('Text of the message.'),
      timeout: attemptTimeout(),
    })
    .check(oneOf('webhook_url', 'webhook_url_file'), atMostOne('secret', 'secret_file')),
);

export type FeishuConfig = z.output<typeof feishuIntegration>;
