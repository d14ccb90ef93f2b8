/** Who is signed in: a token is the name and a MAC over it, so that no process has to remember anybody. */
import { createHmac, timingSafeEqual } from 'node:crypto';

// Names are shown and stored; a kilobyte of name is nobody's.
const NAME_CHARS_MAX = 64;

export class Sessions {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** A token for this user; `undefined` for what cannot be a name. An application of yours asks for a password first. */
  open(user: unknown): string | undefined {
    if (typeof user !== 'string' || user === '' || user.length > NAME_CHARS_MAX) return undefined;
    return `${Buffer.from(user).toString('base64url')}.${this.#macOf(user)}`;
  }

  /** The user of an `Authorization` header; `undefined` when it is none of ours. */
  userOf(header: string | undefined): string | undefined {
    const [, encoded = '', mac = ''] = /^Bearer ([\w-]+)\.([\w-]+)$/.exec(header ?? '') ?? [];
    const user = Buffer.from(encoded, 'base64url').toString();
    const want = Buffer.from(this.#macOf(user));
    const got = Buffer.from(mac);
    return user !== '' && got.length === want.length && timingSafeEqual(got, want) ? user : undefined;
  }

  #macOf(user: string): string {
    return createHmac('sha256', this.#secret).update(user).digest('base64url');
  }
}
