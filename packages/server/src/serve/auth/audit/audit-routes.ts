import { jsonAnswer, type Route } from '../../http/route.ts';
import { invalidParameter } from '../../prometheus-api/api-error.ts';
import type { AuditLog } from './audit-log.ts';

// Two screens of a page.
const LIMIT_DEFAULT = 100;

// 400 kB, two reads of the log.
export const AUDIT_LIMIT_MAX = 1000;

/** `GET /api/vedette/audit?before=SEQ&limit=N&actor=…&action=…`: the newest first. */
export function auditRoute(log: Pick<AuditLog, 'read'>): Route {
  return {
    surface: 'vedette-api',
    methods: ['GET'],
    path: '/api/vedette/audit',
    access: 'admin',
    errors: 'json',
    handle: async ({ query }) => {
      const limit = numberOf(query, 'limit') ?? LIMIT_DEFAULT;
      if (limit < 1 || limit > AUDIT_LIMIT_MAX)
        throw invalidParameter('limit', `want 1 to ${AUDIT_LIMIT_MAX}; got ${limit}`);
      const entries = await log.read({
        beforeSeq: numberOf(query, 'before'),
        limit,
        actor: query.get('actor') ?? undefined,
        action: query.get('action') ?? undefined,
      });
      return jsonAnswer(200, entries);
    },
  };
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw invalidParameter(name, `want a whole number; got ${JSON.stringify(text)}`);
  return Number(text);
}
