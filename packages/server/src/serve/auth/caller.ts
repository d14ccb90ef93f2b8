import type { Role, TOKEN_SCOPES } from '@vedette/api';
import type { HttpRequest } from '../http/route.ts';

/** What a token opens; everybody else has all of them. */
export type Scope = (typeof TOKEN_SCOPES)[number];

/**
 * Who asks, proven. `local`: somebody at this machine, where nobody has to sign in; `server-token`: whoever has
 * `server.token_file`; `account` and `oidc`: a person; `token`: a program with an API token; `bouncer`: a key of
 * `guard.bouncers`.
 */
export interface Caller {
  readonly kind: 'local' | 'server-token' | 'account' | 'oidc' | 'token' | 'bouncer';
  /** Of the account, the token or the bouncer; the kind for those that have none. */
  readonly name: string;
  /** `undefined` for bouncers, which have no rights but those of their routes. */
  readonly role: Role | undefined;
  /** Absent: no limit besides the role. */
  readonly scopes?: readonly Scope[];
  /** Of the session that was shown. */
  readonly sessionId?: string;
}

/** The caller as records name it: `account:ada`, `oidc:ada@example.org`, `token:deploy`, `server-token`, `local`, `nobody`. */
export function actorOf({ caller }: Pick<HttpRequest, 'caller'>): string {
  if (caller === undefined) return 'nobody';
  return caller.kind === 'local' || caller.kind === 'server-token'
    ? caller.kind
    : `${caller.kind}:${caller.name}`;
}
