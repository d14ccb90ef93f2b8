import { accountName, ROLES, type Role } from '@vedette/api';
import type { OidcConfig } from './config.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** The highest role that the claims give; `undefined`: none, and there is no default. */
export function roleOf(
  claims: Claims,
  config: Pick<OidcConfig, 'role_claim' | 'roles' | 'default_role'>,
): Role | undefined {
  const groups = new Set(textsOf(claimOf(claims, config.role_claim)));
  const found = ROLES.toReversed().find((role) => config.roles[role].some((group) => groups.has(group)));
  return found ?? (config.default_role === 'none' ? undefined : config.default_role);
}

/** The name of the account: of the configured claim, else `email`, else `sub`; `undefined` when none can be a name. */
export function nameOf(claims: Claims, claim: string): string | undefined {
  return [claim, 'email', 'sub']
    .map((name) => claimOf(claims, name))
    .find((value): value is string => accountName.safeParse(value).success);
}

/** A claim by its name, or by a path of names: some are called `https://example.org/groups`, which is no path. */
export function claimOf(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = new Map<string, unknown>(Object.entries(value)).get(name);
  }
  return value;
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}
