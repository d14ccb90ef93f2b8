import { z } from 'zod';
import { ROLES } from './summary.ts';

/**
 * Accounts, tokens and the audit log. None is needed on localhost: without a token and without accounts
 * the plainly local caller is the administrator. The first account is made with a one-time link that
 * the server prints (`http://…/setup#k=KEY`, ten minutes); from then on everybody signs in.
 *
 * - `POST /api/vedette/setup` (sign-in): `setupRequest`; makes the first administrator and signs in.
 * - `POST /api/vedette/session` (sign-in): `{token}` or `{name, password}`; `GET`, `DELETE` as before.
 * - `GET /api/vedette/oidc/start?return=/path`, `GET /api/vedette/oidc/callback`: sign in at a provider.
 * - `GET|POST /api/vedette/accounts`, `PUT|DELETE /api/vedette/accounts/NAME` (admin).
 * - `POST /api/vedette/account/password` (viewer): one's own.
 * - `GET|POST /api/vedette/tokens`, `DELETE /api/vedette/tokens/ID` (admin).
 * - `GET /api/vedette/audit?before=SEQ&limit=N&actor=…&action=…` (admin): `AuditEntry[]`, the newest first.
 */
// One that is written on a page, and long enough for an address of mail. Letters that look alike come from scripts that
// nobody mixes in a name: a Cyrillic "а" among Latin letters would make a second "ada" in every list; letters that are
// not drawn at all (Hangul fillers) would make a third.
const MIXED =
  /^(?=.*\p{Script=Latin})(?=.*[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}])/u;

function isAccountName(text: string): boolean {
  const isDrawn = /^[\p{L}\p{N}._@+-]{1,100}$/u.test(text) && !/\p{Default_Ignorable_Code_Point}/u.test(text);
  return isDrawn && !MIXED.test(text.normalize('NFKC'));
}

export const accountName = z
  .string()
  .refine(isAccountName, 'want 1 to 100 letters of one alphabet, digits, and . _ @ + -');
export const password = z.string().min(12).max(256);

export const setupRequest = z.strictObject({ key: z.string().max(256), name: accountName, password });
export type SetupRequest = z.infer<typeof setupRequest>;

export const passwordSignIn = z.strictObject({ name: z.string().max(256), password: z.string().max(256) });

export const account = z.strictObject({
  name: z.string(),
  role: z.enum(ROLES),
  /** `oidc`: the provider says the role at each sign-in. */
  source: z.enum(['password', 'oidc']),
  isDisabled: z.boolean(),
  createdAtMs: z.number(),
  lastSignInAtMs: z.number().nullable(),
});
export type Account = z.infer<typeof account>;

export const accountCreate = z.strictObject({ name: accountName, role: z.enum(ROLES), password });
export type AccountCreate = z.infer<typeof accountCreate>;
export const accountChange = z.strictObject({
  role: z.enum(ROLES).optional(),
  isDisabled: z.boolean().optional(),
  password: password.optional(),
});
export type AccountChange = z.infer<typeof accountChange>;
export const passwordChange = z.strictObject({ current: z.string().max(256), next: password });
export type PasswordChange = z.infer<typeof passwordChange>;

/** What a token opens besides its role: `read` and `write` of every API, `ingest` of what programs send, `guard` of decisions. */
export const TOKEN_SCOPES = ['read', 'write', 'ingest', 'guard'] as const;

export const tokenCreate = z.strictObject({
  name: z.string().min(1).max(100),
  role: z.enum(ROLES),
  scopes: z.array(z.enum(TOKEN_SCOPES)).min(1),
  /** Days until it expires; `null`: never. */
  expiresInDays: z.number().int().min(1).max(3650).nullable(),
});
export type TokenCreate = z.infer<typeof tokenCreate>;
export const apiToken = z.strictObject({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  scopes: z.array(z.enum(TOKEN_SCOPES)),
  /** The first characters, to tell tokens apart. */
  hint: z.string(),
  createdBy: z.string(),
  createdAtMs: z.number(),
  expiresAtMs: z.number().nullable(),
  lastUsedAtMs: z.number().nullable(),
});
export type ApiToken = z.infer<typeof apiToken>;
/** The answer to making one: the only time that the secret is seen. */
export const createdToken = apiToken.extend({ secret: z.string() });
export type CreatedToken = z.infer<typeof createdToken>;

/** A change that somebody asked for, also a refused one. */
export const auditEntry = z.strictObject({
  seq: z.number(),
  atMs: z.number(),
  /** `account:ada`, `oidc:ada@example.org`, `token:deploy`, `server-token`, `local`, or `nobody` for failed sign-ins. */
  actor: z.string(),
  address: z.string(),
  /** What was done, in the words of the API: `silence.create`, `guard.lift`, `dashboard.update`. */
  action: z.string(),
  /** On what: an id, a name; empty where there is none. */
  target: z.string(),
  /** HTTP status of the answer. */
  status: z.number(),
  /** What changed, short, without secrets. */
  detail: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntry>;
