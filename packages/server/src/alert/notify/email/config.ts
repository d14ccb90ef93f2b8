import { z } from 'zod';
import { fields } from '../../config/fields.ts';
import { tlsConfig } from '../../config/http-config.ts';
import { named, sendResolved, template } from '../../config/integration.ts';
import { complain, needed, type Payload } from '../../config/rules.ts';

const threading = z.lazy(() =>
  z.strictObject({
    enabled: fields.flag(false).describe('Whether the messages of a group form a thread.'),
    thread_by_date: fields.text().describe('daily begins a thread a day, none keeps one.'),
  }),
);

/** Ours. Empty where `to` stands. */
const recipientsBySeverity = z.lazy(() =>
  z.strictObject({
    critical: template().describe('Recipients when the worst severity is critical.'),
    error: template().describe('Recipients when the worst severity is error.'),
    warning: template().describe('Recipients when the worst severity is warning.'),
    info: template().describe('Recipients when the worst severity is info.'),
  }),
);

/** `email_configs`: a message by SMTP. */
export const emailIntegration = z.lazy(() =>
  z
    .strictObject({
      ...sendResolved(false),
      to: template().describe('Recipients, with commas between them.'),
      from: template().describe('Sender; global.smtp_from when empty.'),
      hello: fields.text().describe('Name by which we greet; global.smtp_hello when empty.'),
      smarthost: fields.hostPort().describe('Server, host:port; global.smtp_smarthost when empty.'),
      auth_username: fields.text().describe('User; global.smtp_auth_username when empty.'),
      auth_password: fields.secretText().describe('Password for LOGIN and PLAIN.'),
      auth_password_file: fields.fileName().describe('File with the password.'),
      auth_secret: fields.secretText().describe('Secret for CRAM-MD5.'),
      auth_secret_file: fields.fileName().describe('File with the secret.'),
      auth_identity: fields.text().describe('Identity for PLAIN.'),
      headers: fields.textMap().describe('Further headers; they override ours.'),
      html: template(named('email.default.html')).describe('Body as HTML.'),
      text: template().describe('Body as text.'),
      require_tls: fields
        .optionalFlag()
        .describe('Whether STARTTLS is required; global.smtp_require_tls when absent.'),
      tls_config: tlsConfig.optional().describe('TLS; global.smtp_tls_config when absent.'),
      force_implicit_tls: fields
        .optionalFlag()
        .describe('TLS from the first byte, or never; by port when absent.'),
      threading: threading.prefault({}).describe('How mail programs group the messages.'),
      to_by_severity: recipientsBySeverity
        .optional()
        .describe('Recipients by the worst severity of the alerts in the message, instead of to; ours.'),
    })
    .check(needed('to', 'missing to address in email config'))
    .check(checkHeaders)
    .check((payload) => {
      const { headers, threading: thread } = payload.value;
      if (!thread.enabled) return;
      for (const name of ['References', 'In-Reply-To'])
        if (Object.keys(headers).some((header) => canonicalOf(header) === name))
          complain(
            payload,
            `conflicting configuration: threading.enabled conflicts with custom ${name} header`,
          );
      if (!['none', 'daily'].includes(thread.thread_by_date))
        complain(payload, "threading.thread_by_date must be either 'none' or 'daily'", ['threading']);
    })
    .transform((given) => ({
      ...given,
      headers: Object.fromEntries(
        Object.entries(given.headers).map(([name, text]) => [canonicalOf(name), text]),
      ),
    })),
);

/** Names of headers know no case: the same name twice is a slip. */
function checkHeaders(payload: Payload<{ readonly headers: Readonly<Record<string, string>> }>): void {
  const seen = new Set<string>();
  for (const name of Object.keys(payload.value.headers)) {
    const canonical = canonicalOf(name);
    if (seen.has(canonical))
      complain(payload, `duplicate header ${JSON.stringify(canonical)} in email config`, ['headers', name]);
    seen.add(canonical);
  }
}

/** `sUbject` is `Subject`, `in-reply-to` is `In-Reply-To`; what is no name of a header stays. */
function canonicalOf(name: string): string {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return name;
  return name.toLowerCase().replaceAll(/(?:^|-)[a-z]/g, (start) => start.toUpperCase());
}

export type EmailConfig = z.output<typeof emailIntegration>;
