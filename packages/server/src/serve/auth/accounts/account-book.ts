/**
 * The accounts of people.
 *
 * 1. An account is found by its name without regard to case and width (`keyOf`), so that no second `Ada` can pass for
 *    `ada`. Somebody who signs in at a provider is found by what the provider says never changes, not by the name.
 * 2. Changes are made one after the other: whether an administrator is the last one is asked when nothing else changes.
 * 3. There is always an administrator who can sign in, once there is an account at all: the first one is one, and the
 *    last one cannot be removed, disabled or made less. The provider's word goes before this: see `signInAt`.
 *
 * Between two replicas that change accounts in the same instant the last writer of a name wins; that they demote the last
 * two administrators together is possible and mended with `vedette account role`.
 */
import { ROLES, type Account, type Role } from '@vedette/api';
import { bug, type Clock } from '@vedette/model';
import { z } from 'zod';
import type { DocumentWrite } from '../../../store/state/port.ts';
import { AuthError } from '../auth-error.ts';
import { DocumentMirror, type MirrorDeps } from '../document-mirror.ts';

const COLLECTION = 'accounts';

// All are held in memory, some 500 B each; far more people than look after one server.
export const ACCOUNTS_MAX = 1000;

const storedAccount = z.object({
  name: z.string(),
  role: z.enum(ROLES),
  source: z.enum(['password', 'oidc']),
  /** `password`: its scrypt hash. */
  passwordHash: z.string().optional(),
  /** `oidc`: issuer and subject. */
  subject: z.string().optional(),
  isDisabled: z.boolean(),
  createdAtMs: z.number(),
  lastSignInAtMs: z.number().nullable(),
  revision: z.number(),
});
export type StoredAccount = z.infer<typeof storedAccount>;

/** What an administrator may change. */
export interface AccountChange {
  readonly role?: Role | undefined;
  readonly isDisabled?: boolean | undefined;
  readonly passwordHash?: string | undefined;
}

export class AccountBook {
  readonly #clock: Clock;
  readonly #mirror: DocumentMirror<StoredAccount>;
  #last: Promise<unknown> = Promise.resolve();

  constructor(deps: MirrorDeps) {
    this.#clock = deps.clock;
    this.#mirror = new DocumentMirror(deps, COLLECTION, storedAccount);
  }

  async load(): Promise<void> {
    await this.#mirror.load();
  }

  close(): void {
    this.#mirror.close();
  }

  /** An account was added, changed or removed, here or by another replica. */
  onChange(listener: (key: string, account: StoredAccount | undefined) => void): void {
    this.#mirror.onChange(listener);
  }

  get isEmpty(): boolean {
    return this.#mirror.size === 0;
  }

  /** Somebody can sign in who may change the accounts. */
  get hasAdministrator(): boolean {
    return [...this.#mirror.values()].some(canAdminister);
  }

  find(name: string): StoredAccount | undefined {
    return this.#mirror.get(keyOf(name));
  }

  /** Sorted by name. */
  list(): readonly Account[] {
    return [...this.#mirror.values()].map(accountOf).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws `AuthError`: the name is taken, the first one is no administrator, or there are too many. */
  async add(account: {
    readonly name: string;
    readonly role: Role;
    readonly passwordHash: string;
  }): Promise<Account> {
    return await this.#serially(async () => {
      if (this.isEmpty && account.role !== 'admin')
        throw new AuthError(409, 'cannot add the account: the first one must be an administrator');
      this.#assertFree(account.name);
      return await this.#put({ ...account, source: 'password' });
    });
  }

  /**
   * The first administrator, by the one-time link; people of the provider may have come before. Throws `AuthError` when
   * somebody else was faster, or the name is taken.
   */
  async addFirst(account: { readonly name: string; readonly passwordHash: string }): Promise<Account> {
    return await this.#serially(async () => {
      if (this.hasAdministrator)
        throw new AuthError(410, 'cannot set up: an administrator exists already; sign in');
      this.#assertFree(account.name);
      return await this.#put({ ...account, role: 'admin', source: 'password' });
    });
  }

  /**
   * `proven` is the account as it was when its owner proved to be it: what was changed since then is not overwritten.
   * `also`: what is written with it or not at all. Throws `AuthError`.
   */
  async change(
    name: string,
    change: AccountChange,
    { proven, also }: { readonly proven?: StoredAccount; readonly also?: readonly DocumentWrite[] } = {},
  ): Promise<Account> {
    return await this.#serially(async () => {
      // Of what is stored: another replica may have changed it, and this one has not heard of it yet.
      const changed = await this.#mirror.update(
        keyOf(name),
        (account) => {
          if (account === undefined) return undefined;
          if (proven !== undefined && !isStill(account, proven))
            throw new AuthError(409, `cannot change "${account.name}": it was changed a moment ago`);
          return this.#changed(account, change);
        },
        also,
      );
      if (changed === undefined) throw missingOf(name);
      return accountOf(changed);
    });
  }

  #changed(account: StoredAccount, change: AccountChange): StoredAccount {
    if (account.source === 'oidc' && change.passwordHash !== undefined)
      throw new AuthError(
        409,
        `cannot change the password of "${account.name}": it signs in at the provider`,
      );
    if (account.source === 'oidc' && change.role !== undefined && change.role !== account.role)
      throw new AuthError(
        409,
        `cannot change the role of "${account.name}": the provider says it at each sign-in`,
      );
    const changed = {
      ...account,
      role: change.role ?? account.role,
      isDisabled: change.isDisabled ?? account.isDisabled,
      passwordHash: change.passwordHash ?? account.passwordHash,
    };
    if (changed.role !== 'admin' || changed.isDisabled) this.#assertNotLast(account);
    return changed;
  }

  /** `also`: what is written with it or not at all. */
  async remove(name: string, also?: readonly DocumentWrite[]): Promise<void> {
    await this.#serially(async () => {
      this.#assertNotLast(this.#get(name));
      await this.#mirror.delete([keyOf(name)], also);
    });
  }

  /**
   * Notes a sign-in, with the hash anew where it was made with weaker parameters. `undefined`, and nothing is noted, when
   * `checked` is not what the account is any more: checking takes a while.
   */
  async noteSignIn(checked: StoredAccount, passwordHash?: string): Promise<StoredAccount | undefined> {
    const noted = (account: StoredAccount): StoredAccount => ({
      ...account,
      passwordHash: passwordHash ?? account.passwordHash,
      lastSignInAtMs: this.#clock.nowMs(),
    });
    return await this.#serially(() =>
      this.#mirror.update(keyOf(checked.name), (account) =>
        account !== undefined && isStill(account, checked) ? noted(account) : undefined,
      ),
    );
  }

  /**
   * Somebody whom the provider knows, with the role that it gives now. A new one gets an account under `name`, unless that
   * is another's already: who signs in by password is not taken over by who has the same name elsewhere.
   */
  async signInAt(person: {
    readonly subject: string;
    readonly name: string;
    readonly role: Role;
  }): Promise<{ readonly account: StoredAccount; readonly isRoleNew: boolean }> {
    return await this.#serially(async () => {
      const known = [...this.#mirror.values()].find(({ subject }) => subject === person.subject);
      if (known === undefined) {
        this.#assertFree(person.name);
        await this.#put({ ...person, source: 'oidc' });
      }
      const { name } = known ?? this.#get(person.name);
      const account = await this.#mirror.update(keyOf(name), (stored) => {
        if (stored?.isDisabled === true)
          throw new AuthError(403, `cannot sign in: the account "${name}" is disabled`);
        // Another replica may have given the name to somebody else, and this one has not heard of it yet.
        if (stored?.subject !== person.subject)
          throw new AuthError(
            409,
            `cannot sign in: the account "${name}" was changed a moment ago; begin again`,
          );
        return { ...stored, role: person.role, lastSignInAtMs: this.#clock.nowMs() };
      });
      return {
        account: account ?? bug('a sign-in writes'),
        isRoleNew: known !== undefined && known.role !== person.role,
      };
    });
  }

  #get(name: string): StoredAccount {
    const account = this.find(name);
    if (account === undefined) throw missingOf(name);
    return account;
  }

  #assertFree(name: string): void {
    if (this.find(name) !== undefined) throw takenOf(name);
    if (this.#mirror.size >= ACCOUNTS_MAX)
      throw new AuthError(
        409,
        `cannot add the account: there are ${ACCOUNTS_MAX} (ACCOUNTS_MAX); remove one`,
      );
  }

  #assertNotLast(account: StoredAccount): void {
    if (!canAdminister(account)) return;
    const others = [...this.#mirror.values()].filter((other) => other.name !== account.name);
    if (others.some(canAdminister)) return;
    throw new AuthError(
      409,
      `cannot change "${account.name}": it is the last administrator; make another one first`,
    );
  }

  async #put(
    account: Pick<StoredAccount, 'name' | 'role' | 'source' | 'passwordHash' | 'subject'>,
  ): Promise<Account> {
    const { name, role, source, passwordHash, subject } = account;
    const value = { name, role, source, passwordHash, subject, isDisabled: false, lastSignInAtMs: null };
    const added = await this.#mirror.update(keyOf(name), (stored) => {
      // Another replica may have one of that name that this one has not heard of.
      if (stored !== undefined) throw takenOf(name);
      return { ...value, createdAtMs: this.#clock.nowMs() };
    });
    return accountOf(added ?? this.#get(name));
  }

  async #serially<T>(task: () => Promise<T>): Promise<T> {
    const running = this.#last.then(task);
    this.#last = running.catch(() => undefined);
    return await running;
  }
}

function missingOf(name: string): AuthError {
  return new AuthError(404, `cannot find the account "${name}"`);
}

function takenOf(name: string): AuthError {
  return new AuthError(409, `cannot add the account: the name "${name}" is taken`);
}

/** Names that look alike are one account. */
export function keyOf(name: string): string {
  return name.normalize('NFKC').toLowerCase();
}

/** Whether who was let in as `checked` would be let in now. */
export function isStill(account: StoredAccount | undefined, checked: StoredAccount): boolean {
  return (
    account?.isDisabled === false &&
    account.passwordHash === checked.passwordHash &&
    account.createdAtMs === checked.createdAtMs
  );
}

function canAdminister({ role, isDisabled }: StoredAccount): boolean {
  return role === 'admin' && !isDisabled;
}

function accountOf({ name, role, source, isDisabled, createdAtMs, lastSignInAtMs }: StoredAccount): Account {
  return { name, role, source, isDisabled, createdAtMs, lastSignInAtMs };
}
