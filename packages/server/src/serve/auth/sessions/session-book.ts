/**
 * Sessions of browsers.
 *
 * 1. The cookie is `ID.SECRET`: 32 random bytes, stored as their SHA-256. Sessions are in the state store, so that they
 *    survive a restart, and a copy of the store signs nobody in.
 * 2. A session says whose it is and no more: role and standing are looked up at each request. A role that falls, an account
 *    that is disabled and a sign-out therefore count at once.
 * 3. It ends after `SESSION_IDLE_MS` without a request, at the latest after `SESSION_MS_MAX`.
 * 4. Every `SESSION_ROTATE_MS`, and after a change of the role, the next request gets a new secret. The old one counts
 *    until the new one has been seen, and `ROTATION_GRACE_MS` on: an answer may be lost, and requests overlap.
 * 5. Requests of one browser come to several servers in turn. Each learns from the store what the others saw, within
 *    `SEEN_WRITE_MS`; of two that would give a new secret one does.
 *
 * Rejected: claims signed into the cookie. They need a list of what no longer counts, which is a table after all.
 */
import { timingSafeEqual } from 'node:crypto';
import type { Random } from '@vedette/model';
import { z } from 'zod';
import type { DocumentWrite } from '../../../store/state/port.ts';
import { digestOf } from '../credentials.ts';
import { DocumentMirror, type MirrorDeps } from '../document-mirror.ts';

const COLLECTION = 'sessions';

export const SESSION_COOKIE = 'vedette_session';

// A working day and a half: sign in once in the morning.
export const SESSION_IDLE_MS = 12 * 3_600_000;

// Once a week everybody shows again who they are, however busy the page was.
export const SESSION_MS_MAX = 7 * 86_400_000;

// A secret that leaked is worth an hour.
export const SESSION_ROTATE_MS = 3_600_000;
export const ROTATION_GRACE_MS = 60_000;

// After a restart a session may seem this much older than it is.
const SEEN_WRITE_MS = 5 * 60_000;

// Browsers, phones and private windows of one person; the one that was used longest ago goes.
export const SESSIONS_PER_OWNER_MAX = 20;

// Some 500 B each; twenty of each of 500 people.
export const SESSIONS_MAX = 10_000;

const SECRET_BYTES = 32;

const sessionOwner = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('account'), key: z.string() }),
  z.object({ kind: z.literal('token'), id: z.string() }),
  /** Of `server.token_file`: another token ends what the former one opened. */
  z.object({ kind: z.literal('server-token'), mark: z.string() }),
]);
export type SessionOwner = z.infer<typeof sessionOwner>;

const storedSession = z.object({
  owner: sessionOwner,
  digest: z.string(),
  /** Of the secret before. */
  formerDigest: z.string().optional(),
  createdAtMs: z.number(),
  rotatedAtMs: z.number(),
  /** When the newest secret was first shown; absent: not yet. Kept, or a restart would let the former one in again. */
  confirmedAtMs: z.number().optional(),
  seenAtMs: z.number(),
  /** The next request gets a new secret. */
  isRotationDue: z.boolean(),
  revision: z.number(),
});
type StoredSession = z.infer<typeof storedSession>;

export interface Session {
  readonly id: string;
  readonly owner: SessionOwner;
  readonly isRotationDue: boolean;
}

/** What need not be stored at once. */
interface Use {
  /** Of the newest secret: what is known of another one says nothing of this. */
  digest: string;
  seenMs: number;
  writtenMs: number;
  /** When the newest secret was first shown. */
  confirmedMs: number | undefined;
  isRotating: boolean;
}

type SessionDeps = MirrorDeps & { readonly random: Random };

export class SessionBook {
  readonly #deps: SessionDeps;
  readonly #mirror: DocumentMirror<StoredSession>;
  readonly #uses = new Map<string, Use>();

  constructor(deps: SessionDeps) {
    this.#deps = deps;
    this.#mirror = new DocumentMirror(deps, COLLECTION, storedSession);
    this.#mirror.onChange((id, session) => {
      if (session === undefined) this.#uses.delete(id);
      else this.#learn(id, session);
    });
  }

  async load(): Promise<void> {
    await this.#mirror.load();
    await this.#removeEnded();
  }

  close(): void {
    this.#mirror.close();
  }

  onChange(listener: (id: string, isOpen: boolean) => void): void {
    this.#mirror.onChange((id, session) => listener(id, session !== undefined));
  }

  /** The value for the cookie. */
  async open(owner: SessionOwner): Promise<string> {
    await this.#makeRoom(owner);
    const { clock, random } = this.#deps;
    const nowMs = clock.nowMs();
    const [id, secret] = [random.uuid(), this.#newSecret()];
    await this.#mirror.put(id, {
      owner,
      digest: printedDigest(secret),
      createdAtMs: nowMs,
      rotatedAtMs: nowMs,
      seenAtMs: nowMs,
      isRotationDue: false,
    });
    return `${id}.${secret}`;
  }

  /** `undefined` when the value was not made here, was replaced, or the session has ended. Counts as a use. */
  find(cookieValue: string): Session | undefined {
    const cut = cookieValue.indexOf('.');
    const id = cookieValue.slice(0, cut);
    const session = this.#mirror.get(id);
    if (cut < 0 || session === undefined) return undefined;
    const shown = digestOf(cookieValue.slice(cut + 1));
    const use = this.#useOf(id, session);
    const isNewest = matches(shown, session.digest);
    const isFormer = session.formerDigest !== undefined && matches(shown, session.formerDigest);
    if (!isNewest && !(isFormer && this.#isGraceful(use))) return undefined;
    if (this.#hasEnded(id, session)) return undefined;
    const nowMs = this.#deps.clock.nowMs();
    use.seenMs = nowMs;
    if (isNewest) this.#confirm(id, session, use);
    this.#writeUse(id, use);
    const isOld = nowMs - session.rotatedAtMs >= SESSION_ROTATE_MS || session.isRotationDue;
    // Who still shows the former one did not get the new one: it gets another.
    const isLost = !isNewest && use.confirmedMs === undefined;
    const isRotationDue =
      (isOld || (isLost && nowMs - session.rotatedAtMs >= ROTATION_GRACE_MS)) && !use.isRotating;
    return { id, owner: session.owner, isRotationDue };
  }

  /** A session by its id, for sockets that were opened with it. Is no use of it. */
  findById(id: string): Session | undefined {
    const session = this.#mirror.get(id);
    if (session === undefined || this.#hasEnded(id, session)) return undefined;
    return { id, owner: session.owner, isRotationDue: false };
  }

  /** The new value for the cookie; `undefined` when it is being replaced already or has ended. */
  async rotate(id: string): Promise<string | undefined> {
    const session = this.#mirror.get(id);
    if (session === undefined) return undefined;
    const use = this.#useOf(id, session);
    if (use.isRotating) return undefined;
    use.isRotating = true;
    try {
      const secret = this.#newSecret();
      const changed = await this.#mirror.update(id, (current) =>
        // Another server may have been faster, with a request that overlaps this one: the browser keeps one of two.
        current?.digest !== session.digest
          ? undefined
          : {
              ...current,
              digest: printedDigest(secret),
              // Without a sign that the newest one arrived, the one before is the one that the browser has.
              formerDigest:
                use.confirmedMs === undefined ? (current.formerDigest ?? current.digest) : current.digest,
              rotatedAtMs: this.#deps.clock.nowMs(),
              seenAtMs: use.seenMs,
              confirmedAtMs: undefined,
              isRotationDue: false,
            },
      );
      return changed && `${id}.${secret}`;
    } finally {
      use.isRotating = false;
    }
  }

  /** The next request of each of the owner's sessions gets a new secret: its rights have changed. */
  async rotateAllOf(isOwner: (owner: SessionOwner) => boolean): Promise<void> {
    for (const [id] of this.#of(isOwner))
      await this.#mirror.update(id, (current) => current && { ...current, isRotationDue: true });
  }

  /** Ends one. */
  async end(id: string): Promise<void> {
    if (this.#mirror.get(id) !== undefined) await this.#mirror.delete([id]);
  }

  /** The writes that end all of an owner but perhaps the one that asks, for those who write them with something else. */
  endings(isOwner: (owner: SessionOwner) => boolean, exceptId?: string): readonly DocumentWrite[] {
    return this.#of(isOwner)
      .filter(([id]) => id !== exceptId)
      .map(([id]) => ({ kind: 'delete', collection: COLLECTION, key: id }));
  }

  /** Ends all of an owner but perhaps the one that asks. */
  async endAllOf(isOwner: (owner: SessionOwner) => boolean, exceptId?: string): Promise<void> {
    const ids = this.#of(isOwner).map(([id]) => id);
    await this.#deleteAll(ids.filter((id) => id !== exceptId));
  }

  #of(isOwner: (owner: SessionOwner) => boolean): readonly (readonly [string, StoredSession])[] {
    return [...this.#mirror.entries()].filter(([, { owner }]) => isOwner(owner));
  }

  #hasEnded(id: string, session: StoredSession): boolean {
    const nowMs = this.#deps.clock.nowMs();
    const seenMs = this.#useOf(id, session).seenMs;
    return nowMs - seenMs >= SESSION_IDLE_MS || nowMs - session.createdAtMs >= SESSION_MS_MAX;
  }

  #isGraceful({ confirmedMs }: Use): boolean {
    return confirmedMs === undefined || this.#deps.clock.nowMs() - confirmedMs < ROTATION_GRACE_MS;
  }

  #useOf(id: string, session: StoredSession): Use {
    const known = this.#uses.get(id);
    if (known !== undefined) return known;
    const { digest, seenAtMs, confirmedAtMs } = session;
    const times = { seenMs: seenAtMs, writtenMs: seenAtMs, confirmedMs: confirmedAtMs };
    const use = { digest, ...times, isRotating: false };
    this.#uses.set(id, use);
    return use;
  }

  /** Of what is stored now: another server may have seen the session used, or given it a new secret. */
  #learn(id: string, { digest, seenAtMs, confirmedAtMs }: StoredSession): void {
    const use = this.#uses.get(id);
    if (use === undefined) return;
    use.seenMs = Math.max(use.seenMs, seenAtMs);
    use.writtenMs = Math.max(use.writtenMs, seenAtMs);
    if (use.digest !== digest) use.confirmedMs = undefined;
    use.confirmedMs ??= confirmedAtMs;
    use.digest = digest;
  }

  /** The newest secret has arrived: the former one is on its way out. Written down when there is one. */
  #confirm(id: string, { digest, formerDigest }: StoredSession, use: Use): void {
    if (use.confirmedMs !== undefined) return;
    const confirmedAtMs = this.#deps.clock.nowMs();
    use.confirmedMs = confirmedAtMs;
    if (formerDigest === undefined) return;
    this.#mirror
      .update(id, (current) => (current?.digest === digest ? { ...current, confirmedAtMs } : undefined))
      .catch((error: unknown) => this.#deps.log.warn('cannot note that a session has its secret', { error }));
  }

  #writeUse(id: string, use: Use): void {
    if (use.seenMs - use.writtenMs < SEEN_WRITE_MS) return;
    use.writtenMs = use.seenMs;
    this.#mirror
      .update(id, (current) => current && { ...current, seenAtMs: use.seenMs })
      .catch((error: unknown) => this.#deps.log.warn('cannot note that a session was used', { error }));
  }

  async #makeRoom(owner: SessionOwner): Promise<void> {
    await this.#removeEnded();
    const mine = this.#of((other) => isSameOwner(other, owner));
    const surplus = mine.length >= SESSIONS_PER_OWNER_MAX ? mine : [];
    const crowd = this.#mirror.size >= SESSIONS_MAX ? [...this.#mirror.entries()] : [];
    for (const sessions of [surplus, crowd]) {
      const seenMs = ([id, session]: readonly [string, StoredSession]): number =>
        this.#useOf(id, session).seenMs;
      const [oldest] = [...sessions].toSorted((a, b) => seenMs(a) - seenMs(b));
      if (oldest !== undefined) await this.end(oldest[0]);
    }
  }

  async #removeEnded(): Promise<void> {
    await this.#deleteAll(
      [...this.#mirror.entries()].filter(([id, session]) => this.#hasEnded(id, session)).map(([id]) => id),
    );
  }

  async #deleteAll(ids: readonly string[]): Promise<void> {
    for (let i = 0; i < ids.length; i += DELETES_MAX)
      await this.#mirror.delete(ids.slice(i, i + DELETES_MAX));
  }

  #newSecret(): string {
    return Buffer.from(this.#deps.random.fill(new Uint8Array(SECRET_BYTES))).toString('base64url');
  }
}

// What one call to the state store takes.
const DELETES_MAX = 500;

/** The value of one cookie of a `Cookie` header. */
export function findCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const cut = part.indexOf('=');
    if (cut > 0 && part.slice(0, cut).trim() === name) return part.slice(cut + 1).trim();
  }
  return undefined;
}

function isSameOwner(a: SessionOwner, b: SessionOwner): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function printedDigest(secret: string): string {
  return digestOf(secret).toString('base64url');
}

function matches(shown: Buffer, digest: string): boolean {
  const wanted = Buffer.from(digest, 'base64url');
  return wanted.length === shown.length && timingSafeEqual(shown, wanted);
}
