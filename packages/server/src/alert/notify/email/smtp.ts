/**
 * One mail to one server: connect, greet, encrypt, sign in, hand over, say goodbye. A connection of its own
 * for each: mails of alerts are rare, and a kept one would be closed when it is needed.
 *
 * Without `requireTls` TLS is not used even when it is offered, as with Alertmanager: whoever switched it
 * off did so because the certificate cannot be checked.
 */
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { NodemailerError } from 'nodemailer/lib/errors.js';
import type { SMTPConnectionSendInfo } from 'nodemailer/lib/smtp-connection';
import type { Mail } from './mail.ts';
import { signIn, type Credentials, type SignInDialogue } from './sign-in.ts';

/** Waits within a dialogue; the deadline of the notification usually comes first. */
const CONNECT_MS_MAX = 30_000;
const SILENCE_MS_MAX = 60_000;

/** The name under which the library knows our sign-in. */
const SIGN_IN = 'VEDETTE';

export interface SmtpServer {
  readonly host: string;
  readonly port: number;
  /** How we greet. */
  readonly hello: string;
  /** From the first byte; otherwise by STARTTLS when `requireTls`. */
  readonly isImplicitTls: boolean;
  readonly requireTls: boolean;
  readonly tls: ConnectionOptions;
  /** Undefined: nobody signs in. Used when the server asks for it. */
  readonly credentials: Credentials | undefined;
}

/** Whom the server refused although it took the mail for others. */
export interface Refusal {
  readonly recipient: string;
  readonly answer: string;
}

/** Resolves when the server took the mail for at least one recipient. Rejects with `NodemailerError`, or the reason of `signal`. */
export async function deliverMail(
  server: SmtpServer,
  { envelope, bytes }: Mail,
  signal: AbortSignal,
): Promise<readonly Refusal[]> {
  const connection = await connectionTo(server);
  signal.throwIfAborted();
  const broken = Promise.withResolvers<never>();
  broken.promise.catch(() => undefined);
  connection.on('error', (error) => broken.reject(error as Error));
  connection.once('end', () => broken.reject(new Error('the connection was closed')));
  const abort = (): void => broken.reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  const step = async <T>(run: (done: Done<T>) => void): Promise<T> =>
    await Promise.race([broken.promise, promised(run)]);
  try {
    await step<void>((done) => connection.connect((error) => done(error)));
    if (server.credentials !== undefined && connection.allowsAuth)
      await step<unknown>((done) => connection.login({ method: SIGN_IN }, done));
    const message = { from: envelope.from, to: [...envelope.to], size: bytes.length };
    const info = await step<SMTPConnectionSendInfo>((done) => connection.send(message, bytes, done));
    connection.quit();
    return (info.rejectedErrors ?? []).map(refusalOf);
  } finally {
    signal.removeEventListener('abort', abort);
    connection.close();
  }
}

async function connectionTo(server: SmtpServer) {
  const { host, port, hello, isImplicitTls, requireTls, tls, credentials } = server;
  const { default: SmtpConnection } = await import('nodemailer/lib/smtp-connection');
  const connection = new SmtpConnection({
    host,
    port,
    name: hello,
    secure: isImplicitTls,
    requireTLS: requireTls && !isImplicitTls,
    ignoreTLS: !requireTls,
    tls,
    connectionTimeout: CONNECT_MS_MAX,
    greetingTimeout: CONNECT_MS_MAX,
    socketTimeout: SILENCE_MS_MAX,
    // Without it "localhost" is not found on a machine that has no other network.
    allowInternalNetworkInterfaces: true,
    customAuth: {
      [SIGN_IN]: async (dialogue: SignInDialogue) => {
        const isPrivate = connection.secure || isThisMachine(host);
        if (credentials !== undefined) await signIn(dialogue, credentials, { isPrivate });
      },
    },
  });
  return connection;
}

/** What Go's PLAIN takes for this machine. */
function isThisMachine(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

type Done<T> = (error?: Error | null, value?: T) => void;

function promised<T>(run: (done: Done<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    run((error, value) => {
      if (error) reject(error);
      else resolve(value as T);
    });
  });
}

function refusalOf({ recipient = '', response, message }: NodemailerError): Refusal {
  return { recipient, answer: response ?? message };
}
