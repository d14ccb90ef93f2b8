/**
 * Signing in at a mail server (SASL), the methods that Alertmanager has: CRAM-MD5 with a secret, PLAIN and
 * LOGIN with a password, whichever the server offers, in this order. The secret of CRAM-MD5 never leaves us.
 * PLAIN is refused on a connection that anybody can read, as in Go, unless it ends on this machine.
 */
import { createHmac } from 'node:crypto';

export interface Credentials {
  readonly user: string;
  /** On whose behalf, for PLAIN; usually empty. */
  readonly identity: string;
  /** Empty: not for PLAIN and LOGIN. */
  readonly password: string;
  /** Empty: not for CRAM-MD5. */
  readonly secret: string;
}

/** One command and its answer. */
export interface SignInDialogue {
  readonly authMethods: readonly string[];
  sendCommand(command: string): Promise<{ readonly status: number; readonly text: string }>;
}

/** What of it must be hidden in texts for people: each line that carries a secret. */
export function secretsOf({ user, identity, password, secret }: Credentials): readonly string[] {
  return [password, secret, `${identity}\0${user}\0${password}`].filter((text) => !text.endsWith('\0'));
}

/** Resolves when the server knows us; rejects with what is wrong, without secrets of ours. */
export async function signIn(
  dialogue: SignInDialogue,
  credentials: Credentials,
  { isPrivate }: { readonly isPrivate: boolean },
): Promise<void> {
  const { user, identity, password, secret } = credentials;
  const offered = new Set(dialogue.authMethods);
  if (secret !== '' && offered.has('CRAM-MD5')) return await signInByChallenge(dialogue, user, secret);
  if (password !== '' && offered.has('PLAIN')) {
    if (!isPrivate)
      throw new Error('cannot sign in with PLAIN: the connection is not encrypted; set require_tls: true');
    const { status } = await dialogue.sendCommand(
      `AUTH PLAIN ${base64(`${identity}\0${user}\0${password}`)}`,
    );
    return want(235, status);
  }
  if (password !== '' && offered.has('LOGIN')) return await signInByQuestions(dialogue, user, password);
  const methods = [...offered].join(', ') || 'none that we know';
  throw new Error(
    `cannot sign in: the server offers ${methods}; PLAIN and LOGIN need auth_password, CRAM-MD5 auth_secret`,
  );
}

async function signInByChallenge(dialogue: SignInDialogue, user: string, secret: string): Promise<void> {
  const { status, text } = await dialogue.sendCommand('AUTH CRAM-MD5');
  want(334, status);
  const challenge = Buffer.from(text.trim(), 'base64');
  const digest = createHmac('md5', secret).update(challenge).digest('hex');
  want(235, (await dialogue.sendCommand(base64(`${user} ${digest}`))).status);
}

async function signInByQuestions(dialogue: SignInDialogue, user: string, password: string): Promise<void> {
  want(334, (await dialogue.sendCommand('AUTH LOGIN')).status);
  want(334, (await dialogue.sendCommand(base64(user))).status);
  want(235, (await dialogue.sendCommand(base64(password))).status);
}

function want(wanted: number, got: number): void {
  if (got !== wanted) throw new Error(`cannot sign in: got ${got}, want ${wanted}`);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
