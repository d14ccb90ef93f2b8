/**
 * API tokens: 32 random bytes that a program shows. They are stored as SHA-256, which is enough for what nobody can
 * guess, and found by it, so that the time of a look-up tells nothing about a nearly right one.
 */
import { ROLES, TOKEN_SCOPES, type ApiToken, type CreatedToken, type Role } from '@vedette/api';
import type { Random } from '@vedette/model';
import { z } from 'zod';
import { AuthError } from '../auth-error.ts';
import type { Scope } from '../caller.ts';
import { digestOf } from '../credentials.ts';
import { DocumentMirror, type MirrorDeps } from '../document-mirror.ts';

const COLLECTION = 'api_tokens';

/** Scanners that look for secrets in repositories know tokens by such a beginning. */
export const TOKEN_PREFIX = 'vdt_';

const TOKEN_BYTES = 32;

// The prefix and four characters: 24 of 256 bits.
const HINT_CHARACTERS = TOKEN_PREFIX.length + 4;

// Some 400 B each in memory.
export const TOKENS_MAX = 1000;

// Exact to a minute is enough to see whether a token is still used, and one write a minute is no load.
export const TOKEN_USE_WRITE_MS = 60_000;

const DAY_MS = 86_400_000;

const storedToken = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  scopes: z.array(z.enum(TOKEN_SCOPES)),
  hint: z.string(),
  digest: z.string(),
  createdBy: z.string(),
  createdAtMs: z.number(),
  expiresAtMs: z.number().nullable(),
  lastUsedAtMs: z.number().nullable(),
  revision: z.number(),
});
type StoredToken = z.infer<typeof storedToken>;

export interface TokenRequest {
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  readonly expiresInDays: number | null;
  readonly createdBy: string;
}

export class TokenBook {
  readonly #deps: MirrorDeps & { readonly random: Random };
  readonly #mirror: DocumentMirror<StoredToken>;
  readonly #idByDigest = new Map<string, string>();
  /** When the use of a token was last sent to the store. */
  readonly #notedMs = new Map<string, number>();

  constructor(deps: MirrorDeps & { readonly random: Random }) {
    this.#deps = deps;
    this.#mirror = new DocumentMirror(deps, COLLECTION, storedToken);
    const digests = new Map<string, string>();
    this.#mirror.onChange((id, token) => {
      if (token !== undefined) {
        digests.set(id, token.digest);
        this.#idByDigest.set(token.digest, id);
        return;
      }
      this.#idByDigest.delete(digests.get(id) ?? '');
      digests.delete(id);
      this.#notedMs.delete(id);
    });
  }

  async load(): Promise<void> {
    await this.#mirror.load();
  }

  close(): void {
    this.#mirror.close();
  }

  /** With the token as it is now; `undefined`: it was revoked. */
  onChange(listener: (token: ApiToken | undefined) => void): void {
    this.#mirror.onChange((_, token) => listener(token && tokenOf(token)));
  }

  get isEmpty(): boolean {
    return this.#mirror.size === 0;
  }

  /** The newest first. */
  list(): readonly ApiToken[] {
    return [...this.#mirror.values()].map(tokenOf).toSorted((a, b) => b.createdAtMs - a.createdAtMs);
  }

  /** The token with this secret, unless it has expired; notes that it was used. */
  findBySecret(secret: string): ApiToken | undefined {
    const token = this.find(this.#idByDigest.get(digestOf(secret).toString('base64url')) ?? '');
    if (token !== undefined) this.#noteUse(token.id);
    return token;
  }

  /** `undefined` when it was revoked or has expired. */
  find(id: string): ApiToken | undefined {
    const token = this.#mirror.get(id);
    if (token === undefined) return undefined;
    const isOver = token.expiresAtMs !== null && token.expiresAtMs <= this.#deps.clock.nowMs();
    return isOver ? undefined : tokenOf(token);
  }

  async create({ expiresInDays, ...rest }: TokenRequest): Promise<CreatedToken> {
    if (this.#mirror.size >= TOKENS_MAX)
      throw new AuthError(409, `cannot make the token: there are ${TOKENS_MAX} (TOKENS_MAX); revoke one`);
    const { clock, random } = this.#deps;
    const secret = TOKEN_PREFIX + Buffer.from(random.fill(new Uint8Array(TOKEN_BYTES))).toString('base64url');
    const createdAtMs = clock.nowMs();
    const id = random.uuid();
    const token = await this.#mirror.put(id, {
      ...rest,
      id,
      scopes: TOKEN_SCOPES.filter((scope) => rest.scopes.includes(scope)),
      hint: secret.slice(0, HINT_CHARACTERS),
      digest: digestOf(secret).toString('base64url'),
      createdAtMs,
      expiresAtMs: expiresInDays === null ? null : createdAtMs + expiresInDays * DAY_MS,
      lastUsedAtMs: null,
    });
    return { ...tokenOf(token), secret };
  }

  /** It opens nothing from the moment this resolves. Resolves with what it was. */
  async revoke(id: string): Promise<ApiToken> {
    const token = this.#mirror.get(id);
    if (token === undefined) throw new AuthError(404, `cannot find the token "${id}"`);
    await this.#mirror.delete([id]);
    return tokenOf(token);
  }

  #noteUse(id: string): void {
    const nowMs = this.#deps.clock.nowMs();
    const notedMs = this.#notedMs.get(id);
    if (notedMs !== undefined && nowMs - notedMs < TOKEN_USE_WRITE_MS) return;
    this.#notedMs.set(id, nowMs);
    this.#mirror
      .update(id, (current) => current && { ...current, lastUsedAtMs: nowMs })
      .catch((error: unknown) => this.#deps.log.warn('cannot note that a token was used', { error }));
  }
}

function tokenOf(token: StoredToken): ApiToken {
  const { id, name, role, scopes, hint, createdBy, createdAtMs, expiresAtMs, lastUsedAtMs } = token;
  return { id, name, role, scopes, hint, createdBy, createdAtMs, expiresAtMs, lastUsedAtMs };
}
