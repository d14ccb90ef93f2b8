import { createHmac, timingSafeEqual } from 'node:crypto';
import { ROLES, type Role } from '@vedette/api';
import type { Clock, Random } from '@vedette/model';

// A working day and a half: sign in once in the morning. Sessions also end with the process, since
// the key is made anew each time.
export const SESSION_MS = 12 * 3_600_000;

export const SESSION_COOKIE = 'vedette_session';

/** Signed-out sessions remembered until they expire; beyond it the oldest is forgotten. */
const REVOKED_MAX = 10_000;

export interface Session {
  readonly id: string;
  readonly role: Role;
  readonly expiresAtMs: number;
}

/**
 * Sessions without a table: the cookie carries `id.role.expiry.signature`, signed with a key that
 * lives as long as the process. Only signing out needs memory: the ids that no longer count.
 */
export class Sessions {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #key: Uint8Array;
  readonly #revoked = new Map<string, number>();

  constructor(deps: { readonly clock: Clock; readonly random: Random }) {
    this.#clock = deps.clock;
    this.#random = deps.random;
    this.#key = deps.random.fill(new Uint8Array(32));
  }

  /** The cookie's value. */
  open(role: Role): string {
    const id = this.#random.uuid();
    const claim = `${id}.${role}.${this.#clock.nowMs() + SESSION_MS}`;
    return `${claim}.${this.#sign(claim)}`;
  }

  /** `undefined` when the value was not made here, has expired, or was signed out. */
  find(cookieValue: string): Session | undefined {
    const cut = cookieValue.lastIndexOf('.');
    const claim = cookieValue.slice(0, cut);
    const signature = Buffer.from(cookieValue.slice(cut + 1));
    const wanted = Buffer.from(this.#sign(claim));
    if (signature.length !== wanted.length || !timingSafeEqual(signature, wanted)) return undefined;
    const [id = '', roleText, expiryText] = claim.split('.');
    const role = ROLES.find((known) => known === roleText);
    const expiresAtMs = Number(expiryText);
    if (role === undefined || expiresAtMs <= this.#clock.nowMs() || this.#revoked.has(id)) return undefined;
    return { id, role, expiresAtMs };
  }

  close(session: Session): void {
    const nowMs = this.#clock.nowMs();
    for (const [id, expiresAtMs] of this.#revoked) {
      if (expiresAtMs > nowMs && this.#revoked.size < REVOKED_MAX) break;
      this.#revoked.delete(id);
    }
    this.#revoked.set(session.id, session.expiresAtMs);
  }

  #sign(claim: string): string {
    return createHmac('sha256', this.#key).update(claim).digest('base64url');
  }
}

/** The value of one cookie of a `Cookie` header. */
export function findCookie(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? '').split(';')) {
    const cut = part.indexOf('=');
    if (cut > 0 && part.slice(0, cut).trim() === name) return part.slice(cut + 1).trim();
  }
  return undefined;
}
