import type { AccessGuard, Verdict } from '../auth/access-guard.ts';
import type { LiveCaller } from './live-connection.ts';
import type { LiveAccessRequest } from './live-tickets.ts';

export type Granted = Verdict & { readonly kind: 'granted' };

/** Asks again and again whether what was granted for a request still is: its session, token or role may have changed. */
export function liveRecheck(
  guard: AccessGuard,
  request: LiveAccessRequest,
  granted: Granted,
): () => LiveCaller {
  return () => {
    const verdict = guard.recheck(request, granted, 'viewer');
    if (verdict.kind === 'refused') return verdict.status === 403 ? 'forbidden' : 'signed-out';
    return verdict.role ?? 'viewer';
  };
}
