import { z } from 'zod';
import { durationMs, secret } from '../../../lib/schema.ts';
import { Secret } from '../../../lib/secret.ts';
import { fields } from '../../config/fields.ts';
import { attemptTimeout, httpShape } from '../../config/integration.ts';
import { complain, oneOf } from '../../config/rules.ts';

/** A key of http_config that Alertmanager knows and this version cannot carry out. */
const notYet = (key: string) =>
  z
    .custom<undefined>((value) => value === undefined, {
      error: `${key} is known from Alertmanager, but not supported by this version; remove it`,
    })
    .optional();

const tlsConfig = z
  .strictObject({
    ca_file: z.string().optional().describe('PEM file of the authorities to trust instead of the system’s.'),
    cert_file: z.string().optional().describe('PEM file of our own certificate.'),
    key_file: z.string().optional().describe('PEM file of its key.'),
    server_name: z.string().optional().describe('Name to expect in the certificate instead of the host.'),
    insecure_skip_verify: z.boolean().default(false).describe('Accept any certificate.'),
    ca: notYet('ca'),
    cert: notYet('cert'),
    key: notYet('key'),
    min_version: notYet('min_version'),
    max_version: notYet('max_version'),
  })
  .refine((tls) => (tls.cert_file === undefined) === (tls.key_file === undefined), {
    message: 'cert_file and key_file belong together; set both or none',
  });

export const httpConfig = z
  .strictObject({
    basic_auth: z
      .strictObject({
        username: z.string().describe('User name.'),
        password: secret.optional().describe('Password.'),
        password_file: z.string().optional().describe('File that holds the password; read at each request.'),
        username_file: notYet('username_file'),
      })
      .optional()
      .describe('HTTP basic authentication.'),
    authorization: z
      .strictObject({
        type: z.string().min(1).default('Bearer').describe('First word of the Authorization header.'),
        credentials: secret.optional().describe('What follows it.'),
        credentials_file: z.string().optional().describe('File that holds it; read at each request.'),
      })
      .optional()
      .describe('The Authorization header, by default a bearer token.'),
    bearer_token: secret.optional().describe('Old form of authorization.credentials.'),
    bearer_token_file: z.string().optional().describe('Old form of authorization.credentials_file.'),
    tls_config: tlsConfig.optional().describe('TLS of the connection.'),
    // A redirected POST loses its body or repeats it elsewhere: the receiver's address is to be right.
    follow_redirects: z.literal(false).optional().describe('Redirects are never followed.'),
    enable_http2: z.literal(false).optional().describe('HTTP/1.1 is spoken.'),
    oauth2: notYet('oauth2'),
    proxy_url: notYet('proxy_url'),
    no_proxy: notYet('no_proxy'),
    proxy_from_environment: notYet('proxy_from_environment'),
    proxy_connect_header: notYet('proxy_connect_header'),
    http_headers: notYet('http_headers'),
  })
  .refine(
    ({ basic_auth, authorization, bearer_token, bearer_token_file }) =>
      [basic_auth, authorization, bearer_token, bearer_token_file].filter((one) => one !== undefined)
        .length <= 1,
    { message: 'at most one of basic_auth, authorization, bearer_token and bearer_token_file may be set' },
  );

export type HttpConfig = z.infer<typeof httpConfig>;

export const webhookConfig = z
  .strictObject({
    send_resolved: z.boolean().default(true).describe('Whether resolved alerts are sent, too.'),
    url: z
      .url({ protocol: /^https?$/, error: 'must be an http or https address' })
      .transform((text) => new Secret(text))
      .optional()
      .describe('Where to POST; kept like a secret, since such addresses often carry one.'),
    url_file: z.string().optional().describe('File that holds the address; read at each request.'),
    max_alerts: z
      .int()
      .min(0)
      .default(0)
      .describe('Most alerts in one body; 0 is all. The rest is counted in truncatedAlerts.'),
    // 10 s: longer than a busy receiver takes, short enough for several attempts before the deadline.
    timeout: durationMs
      .prefault('10s')
      .describe('Time limit of one attempt; 0s leaves it to the deadline of the group.'),
    http_config: httpConfig.prefault({}).describe('Authentication and TLS.'),
    payload: notYet('payload'),
  })
  .refine(({ url, url_file }) => (url === undefined) !== (url_file === undefined), {
    message: 'exactly one of url and url_file must be set',
  });

export type WebhookConfig = z.infer<typeof webhookConfig>;

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

/** What the sender needs of it. */
export function webhookConfigOf(given: z.output<typeof webhookIntegration>): WebhookConfig {
  const { http_config: http } = given;
  const orAbsent = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
  const { basic_auth: basic, authorization, tls_config: tls } = http ?? {};
  return {
    send_resolved: given.send_resolved,
    url: given.url,
    url_file: orAbsent(given.url_file),
    max_alerts: given.max_alerts,
    timeout: given.timeout,
    http_config: {
      basic_auth: basic && {
        username: basic.username,
        password: basic.password,
        password_file: orAbsent(basic.password_file),
      },
      authorization: authorization && {
        type: authorization.type,
        credentials: authorization.credentials,
        credentials_file: orAbsent(authorization.credentials_file),
      },
      tls_config: tls && {
        ca_file: orAbsent(tls.ca_file),
        cert_file: orAbsent(tls.cert_file),
        key_file: orAbsent(tls.key_file),
        server_name: orAbsent(tls.server_name),
        insecure_skip_verify: tls.insecure_skip_verify,
      },
    },
  };
}
