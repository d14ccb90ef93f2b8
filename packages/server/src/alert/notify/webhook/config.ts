import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape } from '../../config/integration.ts';
import { complain, oneOf } from '../../config/rules.ts';

/** Names of headers; `Content-Type` and the like are refused, since they have a meaning already. */
const HEADER_NAME = /^x-[a-z0-9-]{1,60}$/i;

function headerName(preset: string) {
  return fields.text(preset).check(({ value, issues }) => {
    if (HEADER_NAME.test(value)) return;
    const message = `must be the name of a header that begins with X-; got ${JSON.stringify(value)}`;
    issues.push({ code: 'custom', input: value, message });
  });
}

const hmacConfig = z.lazy(() =>
  z
    .strictObject({
      secret: fields.secretText().describe('Secret that signs.'),
      secret_file: fields
        .fileName()
        .describe('File with the secret; several, one a line, while one is exchanged: each signs.'),
      header: headerName('X-Vedette-Signature-256').describe(
        'Header of the signatures: sha256=HEX,sha256=HEX.',
      ),
      timestamp_header: headerName('X-Vedette-Timestamp').describe(
        'Header of the time that is signed with the body, in seconds.',
      ),
    })
    .check(oneOf('secret', 'secret_file')),
);

export type HmacConfig = z.output<typeof hmacConfig>;

/** `webhook_configs` as Alertmanager 0.34 has it: the address may be a template, the body may be given. */
export const webhookIntegration = z.lazy(() =>
  z
    .strictObject({
      ...httpShape({ sendResolved: true }),
      url: fields.secretText().describe('Where to POST; may be a template; kept like a secret.'),
      url_file: fields
        .shown(fields.fileName())
        .describe('File that holds the address; read at each request.'),
      max_alerts: fields
        .shown(fields.whole({ min: 0 }))
        .describe('Most alerts in one body; 0 is all. The rest is counted in truncatedAlerts.'),
      timeout: attemptTimeout(),
      payload: fields.anything().describe('Body instead of the usual one; its texts are templates.'),
      hmac: hmacConfig.optional().describe('Signs time and body with HMAC-SHA256; ours.'),
    })
    .check(oneOf('url', 'url_file'), (context) => {
      const address = context.value.url?.reveal() ?? '';
      if (address === '' || address.includes('{{') || address === '<secret>') return;
      const fault = fields.findUrlFault(address);
      if (fault !== undefined) complain(context, `invalid URL: ${fault}`, ['url']);
    }),
);

export type WebhookConfig = z.output<typeof webhookIntegration>;
