import type { Role, SessionState } from '@vedette/api';

/**
 * What became of the reader's access while the page was open. Pure, so that its cases can be told apart in
 * tests; `use-access.ts` feeds it.
 */
export type AccessChange =
  | { readonly kind: 'none' }
  /** Never signed in here: the dialog comes by itself. */
  | { readonly kind: 'stranger' }
  /** Was signed in and is not any more: nothing is shown but a way back in. */
  | { readonly kind: 'lost' }
  /** May less than before. */
  | { readonly kind: 'lowered'; readonly role: Role };

const RANKS: Readonly<Record<Role, number>> = { viewer: 0, operator: 1, admin: 2 };

/** `before`: the highest role that this page has had; `undefined`: none so far. */
export function accessChangeOf(session: SessionState | undefined, before: Role | undefined): AccessChange {
  if (session === undefined) return { kind: 'none' };
  const { role, isTokenRequired } = session;
  if (role === null) {
    if (!isTokenRequired) return { kind: 'none' };
    return before === undefined ? { kind: 'stranger' } : { kind: 'lost' };
  }
  return before !== undefined && RANKS[role] < RANKS[before] ? { kind: 'lowered', role } : { kind: 'none' };
}

/** Whether a role may do what asks for another. */
export function isRoleEnough(role: Role | null | undefined, needed: Role): boolean {
  return role !== null && role !== undefined && RANKS[role] >= RANKS[needed];
}
