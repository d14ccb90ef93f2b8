import type { AccessGuard } from '../auth/access-guard.ts';
import type { Access } from '../http/route.ts';
import type { LiveCaller } from './live-connection.ts';
import type { LiveAccessRequest } from './live-tickets.ts';

/** Asks again and again who calls: the head of the request stays, whether its session or token counts changes. */
export function liveRecheck(
  guard: AccessGuard,
  request: LiveAccessRequest,
  access: Access,
): () => LiveCaller {
  let known: LiveCaller = 'viewer';
  return () => {
    const verdict = guard.judge(request, access);
    // Somebody else at this address guesses tokens; it says nothing about this one.
    if (verdict.kind === 'refused' && verdict.status === 429) return known;
    if (verdict.kind === 'refused') return (known = verdict.status === 403 ? 'forbidden' : 'signed-out');
    return (known = verdict.role ?? 'viewer');
  };
}
