/** Who is signed in: tokens are random, and this process remembers whose they are. */
import { randomBytes } from 'node:crypto';

// A session is about 200 bytes; whoever signed in longest ago signs in again.
const SESSIONS_MAX = 10_000;

export class Sessions {
  readonly #users = new Map<string, string>();

  /** A token for this user. An application of yours asks for a password first. */
  open(user: string): string {
    const token = randomBytes(24).toString('base64url');
    const [oldest] = this.#users.keys();
    if (this.#users.size >= SESSIONS_MAX && oldest !== undefined) this.#users.delete(oldest);
    this.#users.set(token, user);
    return token;
  }

  userOf(header: string | undefined): string | undefined {
    return header?.startsWith('Bearer ') === true
      ? this.#users.get(header.slice('Bearer '.length))
      : undefined;
  }
}
