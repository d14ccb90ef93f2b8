/**
 * Requests as entries of the audit log.
 *
 * What is written down: every request whose scope is `write`, done or refused, and what people ask of the guard; not what
 * programs send by the thousand. The action is named after the path: `/api/vedette/guard/decisions/:id/lift` by POST is
 * `guard.lift`, `/api/v2/silences` is `silence.create`, `/api/vedette/privacy/erase` is `privacy.erase`: a plural is what
 * something is done to, a last word in the singular is what is done. Names that would mislead are in a table.
 */
import type { HttpAnswer, HttpRequest, Route } from '../../http/route.ts';
import { headerOf } from '../../http/route.ts';
import { actorOf } from '../caller.ts';
import { scopeOf } from '../route-scope.ts';
import type { AuditLog, NewAuditEntry } from './audit-log.ts';

const ACTIONS: Readonly<Record<string, string>> = {
  'POST /api/vedette/session': 'session.sign_in',
  'DELETE /api/vedette/session': 'session.sign_out',
  'GET /api/vedette/oidc/callback': 'session.sign_in',
  'POST /api/vedette/setup': 'account.setup',
  'POST /api/vedette/account/password': 'account.password',
  'POST /-/reload': 'config.reload',
  'PUT /-/reload': 'config.reload',
  'POST /api/vedette/guard/decisions': 'guard.ban',
  'POST /api/v1/admin/tsdb/delete_series': 'tsdb.delete_series',
  'PUT /api/v1/admin/tsdb/delete_series': 'tsdb.delete_series',
  'POST /api/v1/admin/tsdb/clean_tombstones': 'tsdb.clean_tombstones',
  'PUT /api/v1/admin/tsdb/clean_tombstones': 'tsdb.clean_tombstones',
};

/** Of these the answer waits for the entry. */
const DURABLE = /^(?:account|token)\./;

const VERBS: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', DELETE: 'delete' };

/** Words that say nothing beside those before them. */
const IMPLIED: ReadonlySet<string> = new Set(['admin', 'decisions']);

/** What a path of ours begins with and an action does not say. */
const PREFIX = /^\/(?:api\/(?:vedette|v1|v2)\/)?/;

/** The action of a request; `undefined`: nothing that is written down. */
export function actionOf(
  route: Pick<Route, 'surface' | 'path' | 'access'>,
  method: string,
): string | undefined {
  const named = ACTIONS[`${method} ${route.path}`];
  if (named !== undefined) return named;
  if (method === 'GET' || method === 'HEAD' || scopeOf(route, method) !== 'write') return undefined;
  const words = route.path.replace(PREFIX, '').split('/');
  const last = words.at(-1) ?? '';
  const nouns = words.filter((word) => !/^(?::.*|\*|)$/.test(word) && !IMPLIED.has(word));
  const isVerb = method !== 'DELETE' && nouns.length > 1 && /^[a-z_-]*[a-rt-z]$/.test(last);
  const verb = isVerb ? nouns.pop() : (VERBS[method] ?? method.toLowerCase());
  return [...nouns.map(singular), verb].join('.');
}

/** Writes a request down, if it is to be. Resolves at once, but for what must be durable. */
export async function audit(
  log: AuditLog,
  route: Route,
  request: HttpRequest,
  answer: HttpAnswer,
): Promise<void> {
  const action = actionOf(route, request.method);
  if (action === undefined) return;
  const { caller, target, detail } = answer.audit ?? {};
  const entry: NewAuditEntry = {
    actor: actorOf({ caller: caller ?? request.caller }),
    address: addressOf(request),
    action,
    target: target ?? Object.values(request.params).map(decoded).join(' '),
    status: answer.status,
    detail: detail ?? '',
  };
  if (DURABLE.test(action)) await log.recordDurably(entry);
  else await log.record(entry);
}

// Some hops of addresses.
const FORWARDED_CHARS_MAX = 100;

/** Of the connection, with what a proxy says of who stands behind it: anybody can say that, so both are shown. */
function addressOf({ remoteAddress, headers }: HttpRequest): string {
  const forwarded = headerOf(headers, 'x-forwarded-for');
  return forwarded === undefined
    ? remoteAddress
    : `${remoteAddress} (for ${forwarded.slice(0, FORWARDED_CHARS_MAX)})`;
}

function singular(noun: string): string {
  return noun.endsWith('ies') ? `${noun.slice(0, -3)}y` : noun.replace(/s$/, '');
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
