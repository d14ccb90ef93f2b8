import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape } from '../../config/integration.ts';
import { complain, oneOf } from '../../config/rules.ts';

/** `webhook_configs` as Alertmanager 0.34 has it: the address may be a template, the body may be given. */
export const webhookIntegration = z
  .strictObject({
    ...httpShape({ sendResolved: true }),
    url: fields.secretText().describe('Where to POST; may be a template; kept like a secret.'),
    url_file: fields.shown(fields.fileName()).describe('File that holds the address; read at each request.'),
    max_alerts: fields
      .shown(fields.whole({ min: 0 }))
      .describe('Most alerts in one body; 0 is all. The rest is counted in truncatedAlerts.'),
    timeout: attemptTimeout(),
    payload: fields.anything().describe('Body instead of the usual one; its texts are templates.'),
  })
  .check(oneOf('url', 'url_file'), (context) => {
    const address = context.value.url?.reveal() ?? '';
    if (address === '' || address.includes('{{') || address === '<secret>') return;
    const fault = fields.findUrlFault(address);
    if (fault !== undefined) complain(context, `invalid URL: ${fault}`, ['url']);
  });

export type WebhookConfig = z.output<typeof webhookIntegration>;
