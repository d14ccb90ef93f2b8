/**
 * Signing in with name and password, slowly for those who guess.
 *
 * 1. An attempt is counted before its hash is computed, so that many at one time do not slip through, and forgiven when it
 *    was right.
 * 2. Strangers are counted by address (IPv6 by its /64, which one subscriber has whole) and by account. The counts of
 *    accounts that exist and of names that do not are apart: whoever invents names cannot push a true one out of memory.
 * 3. A browser from which the account has signed in before is counted by its own mark alone: no guessing by others, at
 *    any address, locks its owner out.
 * 4. Unknown names, wrong passwords and disabled accounts get the same answer after the same work.
 */
import { isIPv6 } from 'node:net';
import type { Clock } from '@vedette/model';
import { AttemptLimiter } from '../attempt-limiter.ts';
import { AuthError } from '../auth-error.ts';
import { keyOf, type AccountBook, type StoredAccount } from './account-book.ts';
import type { BrowserMarks } from './browser-mark.ts';
import type { Passwords } from './passwords.ts';

// An office behind one address mistypes; 30 a minute from one address are 43,000 guesses a day, at 12 characters nothing.
export const ADDRESS_ATTEMPTS = { failuresMax: 30, windowMs: 60_000 } as const;

// Whoever has a thousand addresses gets 100 guesses an hour at one account.
export const ACCOUNT_ATTEMPTS = { failuresMax: 25, windowMs: 15 * 60_000 } as const;

export const BROWSER_ATTEMPTS = { failuresMax: 10, windowMs: 60_000 } as const;

export interface PasswordAttempt {
  readonly name: string;
  readonly password: string;
  readonly address: string;
  /** The cookie that marks a known browser, as it was sent. */
  readonly browserCookie: string | undefined;
}

export class PasswordSignIn {
  readonly #deps: {
    readonly accounts: AccountBook;
    readonly passwords: Passwords;
    readonly marks: BrowserMarks;
  };
  readonly #byAddress: AttemptLimiter;
  readonly #byAccount: AttemptLimiter;
  readonly #byUnknownName: AttemptLimiter;
  readonly #byBrowser: AttemptLimiter;

  constructor(deps: {
    readonly clock: Clock;
    readonly accounts: AccountBook;
    readonly passwords: Passwords;
    readonly marks: BrowserMarks;
  }) {
    this.#deps = deps;
    this.#byAddress = new AttemptLimiter(deps.clock, ADDRESS_ATTEMPTS);
    this.#byAccount = new AttemptLimiter(deps.clock, ACCOUNT_ATTEMPTS);
    this.#byUnknownName = new AttemptLimiter(deps.clock, ACCOUNT_ATTEMPTS);
    this.#byBrowser = new AttemptLimiter(deps.clock, BROWSER_ATTEMPTS);
  }

  /** The account, whose sign-in is noted. Throws `AuthError`: 401 wrong, 429 too many, 503 too many at one time. */
  async attempt({ name, password, address, browserCookie }: PasswordAttempt): Promise<StoredAccount> {
    const { accounts, passwords, marks } = this.#deps;
    const account = accounts.find(name);
    const browser = marks.idOf(browserCookie, name);
    const counts = this.#countsOf({ name, address, browser, isKnown: account !== undefined });
    assertNoWait(counts);
    for (const [limiter, key] of counts) limiter.fail(key);
    const isRight = await this.#check(password, account, browser !== undefined, counts);
    if (!isRight || account === undefined) throw wrong();
    for (const [limiter, key] of counts) limiter.forgive(key);
    const { passwordHash } = account;
    const isOutdated = passwordHash !== undefined && passwords.isOutdated(passwordHash);
    const noted = await accounts.noteSignIn(account, isOutdated ? await passwords.hash(password) : undefined);
    // It was changed while the hash was computed: what was right is not any more.
    if (noted === undefined) throw wrong();
    return noted;
  }

  /** Whether the password is the one of an account that somebody is signed in to; counted as an attempt at it. */
  async confirm(account: StoredAccount, password: string, sessionId: string): Promise<void> {
    const counts: Counts = [[this.#byBrowser, `session ${sessionId}`]];
    assertNoWait(counts);
    for (const [limiter, key] of counts) limiter.fail(key);
    if (!(await this.#check(password, account, true, counts)))
      throw new AuthError(403, 'cannot change the password: the current one is wrong');
    for (const [limiter, key] of counts) limiter.forgive(key);
  }

  async #check(
    password: string,
    account: StoredAccount | undefined,
    isKnownBrowser: boolean,
    counts: Counts,
  ): Promise<boolean> {
    try {
      const hash = account?.isDisabled === true ? undefined : account?.passwordHash;
      return await this.#deps.passwords.check(password, hash, isKnownBrowser);
    } catch (error) {
      // It was not tried.
      for (const [limiter, key] of counts) limiter.forgive(key);
      throw error;
    }
  }

  #countsOf(attempt: {
    readonly name: string;
    readonly address: string;
    readonly browser: string | undefined;
    readonly isKnown: boolean;
  }): Counts {
    if (attempt.browser !== undefined) return [[this.#byBrowser, attempt.browser]];
    return [
      [this.#byAddress, networkOf(attempt.address)],
      [attempt.isKnown ? this.#byAccount : this.#byUnknownName, keyOf(attempt.name)],
    ];
  }
}

function wrong(): AuthError {
  return new AuthError(401, 'cannot sign in: the name or the password is wrong');
}

type Counts = readonly (readonly [AttemptLimiter, string])[];

function assertNoWait(counts: Counts): void {
  const waitMs = Math.max(...counts.map(([limiter, key]) => limiter.waitMs(key)));
  if (waitMs === 0) return;
  const seconds = Math.ceil(waitMs / 1000);
  throw new AuthError(429, `cannot sign in: too many wrong attempts; try again in ${seconds} s`, seconds);
}

/** What one subscriber has: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function networkOf(address: string): string {
  const plain = address
    .toLowerCase()
    .replace(/^::ffff:(?=\d+\.)/, '')
    .replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [left = '', right] = plain.split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = right === undefined ? [] : Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
