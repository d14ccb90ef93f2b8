import type { HttpRequest } from '../http/route.ts';

/** Who asks, for records of changes: the role of a session, `local` for who needs none. */
export function actorOf({ role, sessionId }: Pick<HttpRequest, 'role' | 'sessionId'>): string {
  return sessionId === undefined ? 'local' : (role ?? 'nobody');
}
