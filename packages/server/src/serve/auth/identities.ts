/**
 * Who is known here: accounts, tokens, sessions, with what signs their owners in. Everything is held in memory, so that a
 * request is judged without waiting; changes are durable before they count.
 *
 * What a session or a token opens is looked up at each use, never remembered: see `callerOf`. Whoever shows something for
 * longer (a live socket) is told when anything changes (`onChange`) and asks again.
 */
import type { Role } from '@vedette/api';
import { bug, ConflictError, type Clock, type Random } from '@vedette/model';
import { z } from 'zod';
import type { DocumentStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import {
  AccountBook,
  isStill,
  keyOf,
  type AccountChange,
  type StoredAccount,
} from './accounts/account-book.ts';
import { AuthError } from './auth-error.ts';
import { BrowserMarks } from './accounts/browser-mark.ts';
import { PasswordSignIn } from './accounts/password-sign-in.ts';
import { Passwords, type ScryptCost } from './accounts/passwords.ts';
import { SetupLink } from './accounts/setup-link.ts';
import type { Caller } from './caller.ts';
import { SessionBook, type Session, type SessionOwner } from './sessions/session-book.ts';
import { TokenBook } from './tokens/token-book.ts';

export interface IdentitiesDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent: nothing survives the process. */
  readonly documents: Pick<DocumentStore, 'find' | 'list' | 'write' | 'watch'> | undefined;
}

export interface IdentitiesOptions {
  /** Whether people must sign in although there is no account yet. */
  readonly isEnabled: boolean;
  /** For tests, which have no time for the real one. */
  readonly scryptCost?: ScryptCost | undefined;
}

const KEYS_COLLECTION = 'account_keys';
const KEYS_KEY = 'cookies';

export class Identities {
  readonly accounts: AccountBook;
  readonly tokens: TokenBook;
  readonly sessions: SessionBook;
  readonly passwords: Passwords;
  readonly passwordSignIn: PasswordSignIn;
  readonly marks: BrowserMarks;
  readonly setup: SetupLink;
  readonly #deps: IdentitiesDeps;
  readonly #isEnabled: boolean;
  /** Signs cookies that open nothing by themselves. */
  #cookieKey: Uint8Array;
  /** A store that loses its accounts must not open the server to whoever is local, or seems to be. */
  #hasHadAccounts = false;
  /** Of `server.token_file`. */
  #serverTokenMark: string | undefined;

  constructor(deps: IdentitiesDeps, options: IdentitiesOptions) {
    this.#deps = deps;
    this.#isEnabled = options.isEnabled;
    this.#cookieKey = deps.random.fill(new Uint8Array(32));
    this.accounts = new AccountBook(deps);
    this.tokens = new TokenBook(deps);
    this.sessions = new SessionBook(deps);
    this.passwords = new Passwords(deps.random, options.scryptCost);
    this.marks = new BrowserMarks(deps.random, () => this.#cookieKey);
    const { accounts, passwords, marks } = this;
    this.passwordSignIn = new PasswordSignIn({ clock: deps.clock, accounts, passwords, marks });
    this.setup = new SetupLink(deps);
    accounts.onChange((_, account) => {
      if (account !== undefined) this.#hasHadAccounts = true;
    });
  }

  /** Reads everything. Once, before the first request. */
  async load(): Promise<void> {
    await this.accounts.load();
    await this.tokens.load();
    await this.sessions.load();
    await this.#endOrphans();
    await this.setup.load();
    await this.#loadCookieKey();
  }

  close(): void {
    this.accounts.close();
    this.tokens.close();
    this.sessions.close();
  }

  /** Tells when what somebody may do can have changed: at once, not at the next look. */
  onChange(listener: () => void): void {
    this.accounts.onChange(listener);
    this.tokens.onChange(listener);
    this.sessions.onChange((_, isOpen) => (isOpen ? undefined : listener()));
  }

  /** Tells when an account or a token opens nothing any more. */
  onLoss(listener: () => void): void {
    this.accounts.onChange((_, account) => {
      if (account?.isDisabled !== false) listener();
    });
    this.tokens.onChange((token) => {
      if (token === undefined) listener();
    });
  }

  /** People sign in: there are accounts, there were, or there must be. */
  get isSignInRequired(): boolean {
    return this.#isEnabled || this.#hasHadAccounts;
  }

  /** The first administrator is still to be made: who came by the provider and may only look is none. */
  get isSetupNeeded(): boolean {
    return this.isSignInRequired && !this.accounts.hasAdministrator;
  }

  get cookieKey(): Uint8Array {
    return this.#cookieKey;
  }

  useServerToken(digest: Buffer): void {
    this.#serverTokenMark = digest.toString('base64url').slice(0, 16);
  }

  /** Whose session it is now; `undefined` when its owner may not sign in any more. */
  callerOf({ id, owner }: Session): Caller | undefined {
    switch (owner.kind) {
      case 'account':
        return callerOfAccount(this.accounts.find(owner.key), id);
      case 'token': {
        const caller = this.#callerOfToken(owner.id);
        return caller && { ...caller, sessionId: id };
      }
      case 'server-token':
        if (owner.mark !== this.#serverTokenMark) return undefined;
        return { kind: 'server-token', name: 'server-token', role: 'admin', sessionId: id };
    }
  }

  /** What an actor of records, `account:ada` say, may do now; `undefined`: nothing any more. */
  roleOfActor(actor: string): Role | undefined {
    const [kind = '', ...rest] = actor.split(':');
    const name = rest.join(':');
    switch (kind) {
      case 'account':
      case 'oidc': {
        const caller = callerOfAccount(this.accounts.find(name), '');
        return caller?.kind === kind ? caller.role : undefined;
      }
      case 'token':
        return this.tokens.list().find((token) => token.name === name && this.tokens.find(token.id))?.role;
      case 'server-token':
        return this.#serverTokenMark === undefined ? undefined : 'admin';
      case 'local':
        return this.isSignInRequired || this.#serverTokenMark !== undefined ? undefined : 'admin';
      default:
        return undefined;
    }
  }

  findByToken(secret: string): Caller | undefined {
    const token = this.tokens.findBySecret(secret);
    return token && this.#callerOfToken(token.id);
  }

  /** A session of whoever showed a token. */
  async openFor(caller: Caller, secret: string): Promise<string> {
    if (caller.kind === 'server-token') {
      const mark = this.#serverTokenMark ?? bug('a server token is known before it is shown');
      return await this.sessions.open({ kind: 'server-token', mark });
    }
    const token = this.tokens.findBySecret(secret) ?? bug('a token was found a moment ago');
    return await this.sessions.open({ kind: 'token', id: token.id });
  }

  /**
   * A session of an account as it was when its owner proved to be it. Throws `AuthError` when it was disabled, removed or
   * given another password meanwhile: the end of its sessions has come already, and this one would outlive it.
   */
  async openForAccount(name: string, proven = this.accounts.find(name)): Promise<string> {
    const value = await this.sessions.open({ kind: 'account', key: keyOf(name) });
    if (proven !== undefined && isStill(this.accounts.find(name), proven)) return value;
    await this.sessions.end(value.split('.', 1)[0] ?? '');
    throw new AuthError(401, 'cannot sign in: the account was changed a moment ago');
  }

  /**
   * Changes an account; a fall, a new password and a ban end what is open, but the session that asks, or give it a new
   * secret. `proven`: as the account was when its owner proved to be it. What is known to be open ends in the same step: a
   * store that fails between the two would leave a thief in whom the new password was to put out.
   */
  async changeAccount(
    name: string,
    change: AccountChange,
    by: { readonly sessionId?: string | undefined; readonly proven?: StoredAccount } = {},
  ): Promise<void> {
    const isHis = isOwnedBy(name);
    const isEnd = change.isDisabled === true || change.passwordHash !== undefined;
    const also = isEnd ? this.sessions.endings(isHis, by.sessionId) : [];
    await this.accounts.change(name, change, { ...by, also });
    // And what was opened meanwhile.
    if (isEnd) await this.sessions.endAllOf(isHis, by.sessionId);
    if (change.role !== undefined) await this.sessions.rotateAllOf(isHis);
  }

  /** Notes who signed in at the provider; a role that is another one than before ends what was open with it. */
  async signInAt(person: {
    readonly subject: string;
    readonly name: string;
    readonly role: Role;
  }): Promise<StoredAccount> {
    const { account, isRoleNew } = await this.accounts.signInAt(person);
    if (isRoleNew) await this.sessions.rotateAllOf(isOwnedBy(account.name));
    return account;
  }

  async removeAccount(name: string): Promise<void> {
    await this.accounts.remove(name, this.sessions.endings(isOwnedBy(name)));
    await this.sessions.endAllOf(isOwnedBy(name));
  }

  async revokeToken(id: string): Promise<string> {
    const { name } = await this.tokens.revoke(id);
    await this.sessions.endAllOf((owner) => owner.kind === 'token' && owner.id === id);
    return name;
  }

  /** A kill while a session was opened for an account that ended: the next account of the name shall not have it. */
  async #endOrphans(): Promise<void> {
    await this.sessions.endAllOf(
      (owner) => owner.kind === 'account' && this.accounts.find(owner.key) === undefined,
    );
  }

  #callerOfToken(id: string): (Caller & { readonly role: Role }) | undefined {
    const token = this.tokens.find(id);
    return token && { kind: 'token', name: token.name, role: token.role, scopes: token.scopes };
  }

  async #loadCookieKey(): Promise<void> {
    const { documents } = this.#deps;
    if (documents === undefined) return;
    const found = await documents.find(KEYS_COLLECTION, KEYS_KEY);
    const stored = storedKey.safeParse(found?.value);
    if (stored.success) {
      this.#cookieKey = Buffer.from(stored.data.key, 'base64url');
      return;
    }
    const value = { key: Buffer.from(this.#cookieKey).toString('base64url') };
    const ifVersion = found?.version ?? 0;
    try {
      await documents.write([{ kind: 'put', collection: KEYS_COLLECTION, key: KEYS_KEY, value, ifVersion }]);
    } catch (error) {
      if (!(error instanceof ConflictError)) throw error;
      // Another replica that starts at the same moment was faster: its key is everybody's.
      await this.#loadCookieKey();
    }
  }
}

const storedKey = z.object({ key: z.string() });

function callerOfAccount(account: StoredAccount | undefined, sessionId: string): Caller | undefined {
  if (account === undefined || account.isDisabled) return undefined;
  const kind = account.source === 'oidc' ? 'oidc' : 'account';
  return { kind, name: account.name, role: account.role, sessionId };
}

function isOwnedBy(name: string): (owner: SessionOwner) => boolean {
  const key = keyOf(name);
  return (owner) => owner.kind === 'account' && owner.key === key;
}
