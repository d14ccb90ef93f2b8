/**
 * Mails by SMTP. The server took it for one recipient or more: delivered; those whom it refused are a
 * warning in the log, since sending again would reach the others twice. Answers 4xx and broken connections
 * are tried again, 5xx are final (Alertmanager repeats both until the next flush).
 */
import type { NodemailerError } from 'nodemailer/lib/errors.js';
import type { FailureCategory, Receiver, SendResult } from '../receiver.ts';
import { resultWithoutSecrets, withoutSecrets } from '../redact.ts';
import { attempt, revealed, type SenderDeps, type SenderOptions } from '../sender.ts';
import { TemplateFault } from '../texts.ts';
import type { EmailConfig } from './config.ts';
import { composeMail } from './mail.ts';
import { secretsOf, type Credentials } from './sign-in.ts';
import { deliverMail, type Refusal, type SmtpServer } from './smtp.ts';
import { tlsOptionsOf } from './tls-options.ts';

/** What of an answer is shown to people. */
const ERROR_CHARS_MAX = 300;

/** Refused recipients that are named in one line of the log. */
const REFUSED_NAMED_MAX = 10;

export function createEmailSender(deps: SenderDeps, options: SenderOptions<EmailConfig>): Receiver {
  const { config, name, index } = options;
  const log = deps.log.child('notification');
  return {
    name,
    index,
    integration: 'email',
    sendsResolved: config.send_resolved,
    send: async (notification, signal) => {
      const secrets: string[] = [];
      const result = await attempt(deps.clock, { timeoutMs: 0, signal }, async (ending) => {
        const mail = await composeMail(deps, config, notification);
        deps.onMessage?.(mail.bytes.toString('utf8'));
        const server = await serverOf(deps, config);
        if (server.credentials !== undefined) secrets.push(...secretsOf(server.credentials));
        try {
          const refused = await deliverMail(server, mail, ending);
          if (refused.length > 0)
            log.warn('a mail was refused for some of its recipients', {
              receiver: name,
              refused: withoutSecrets(refusedText(refused), secrets),
            });
          return { kind: 'delivered' };
        } catch (error) {
          return resultOf(error, server, secrets);
        }
      });
      return resultWithoutSecrets(result, secrets);
    },
  };
}

async function serverOf(deps: SenderDeps, config: EmailConfig): Promise<SmtpServer> {
  const { host, port } = addressOf(config.smarthost);
  return {
    host,
    port,
    hello: config.hello,
    isImplicitTls: config.force_implicit_tls ?? port === 465,
    requireTls: config.require_tls ?? true,
    tls: await tlsOptionsOf(deps, config.tls_config),
    credentials: await credentialsOf(deps, config),
  };
}

/** Names that Go looks up in /etc/services. */
const PORTS: Readonly<Record<string, number>> = { smtp: 25, smtps: 465, submission: 587, submissions: 465 };

function addressOf(smarthost: string): { readonly host: string; readonly port: number } {
  const colon = smarthost.lastIndexOf(':');
  const written = smarthost.slice(colon + 1);
  const port = PORTS[written] ?? Number(written);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new TemplateFault(
      `cannot use smarthost "${smarthost}": want a port from 1 to 65535 after the colon`,
    );
  return { host: smarthost.slice(0, colon).replace(/^\[(.*)\]$/, '$1') || 'localhost', port };
}

async function credentialsOf({ files }: SenderDeps, config: EmailConfig): Promise<Credentials | undefined> {
  if (config.auth_username === '') return undefined;
  return {
    user: config.auth_username,
    identity: config.auth_identity,
    password: await revealed(files, config.auth_password, config.auth_password_file),
    secret: await revealed(files, config.auth_secret, config.auth_secret_file),
  };
}

/** Errors of the library that tell of no answer and will come again. */
const FINAL_CODES = new Set(['EAUTH', 'EENVELOPE', 'EMESSAGE']);

/** Throws what is none of the mail server: `attempt` judges it. */
function resultOf(error: unknown, server: SmtpServer, secrets: readonly string[]): SendResult {
  if (!isMailError(error)) throw error;
  const { code = '', responseCode } = error;
  if (responseCode === undefined && !FINAL_CODES.has(code)) throw error;
  const isRetriable = responseCode !== undefined && responseCode < 500;
  const hint =
    code === 'ETLS' && responseCode !== undefined && server.requireTls
      ? '; require_tls is true: the server must offer STARTTLS'
      : '';
  const shown = withoutSecrets(error.message, secrets).slice(0, ERROR_CHARS_MAX).trim();
  return { kind: 'failed', isRetriable, category: categoryOf(code, isRetriable), error: shown + hint };
}

function isMailError(error: unknown): error is NodemailerError {
  return error instanceof Error && 'code' in error;
}

function categoryOf(code: string, isRetriable: boolean): FailureCategory {
  if (code === 'EAUTH') return 'authError';
  return isRetriable ? 'serverError' : 'clientError';
}

function refusedText(refused: readonly Refusal[]): string {
  const named = refused
    .slice(0, REFUSED_NAMED_MAX)
    .map(({ recipient, answer }) => `${recipient}: ${answer.slice(0, ERROR_CHARS_MAX)}`);
  const rest = refused.length - named.length;
  return named.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}
