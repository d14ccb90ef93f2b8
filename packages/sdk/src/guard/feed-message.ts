import { SUBJECT_SCOPES, type SubjectScope } from './subject.ts';
import type { FeedMessage, FeedSettings, LiveDecision, PolicySummary, SubjectKey } from './wire.ts';

/**
 * Reads one message of the feed. `undefined`: of a type that only a newer server knows. Throws when it is not what it
 * should be, naming the field; unknown fields are passed over, and what is handed out holds none of them.
 */
export function parseFeedMessage(text: string): FeedMessage | undefined {
  return feedMessageOf(parseJson(text));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`cannot read a message of the feed: no JSON; got ${quote(text)}`, { cause: error });
  }
}

function feedMessageOf(value: unknown): FeedMessage | undefined {
  const fields = recordOf(value, 'message');
  const type = textOf(fields, 'type');
  switch (type) {
    case 'hello':
      return {
        type,
        epoch: textOf(fields, 'epoch'),
        seq: countOf(fields, 'seq'),
        settings: settingsOf(fields['settings']),
      };
    case 'snapshot':
      return {
        type,
        epoch: textOf(fields, 'epoch'),
        seq: countOf(fields, 'seq'),
        isFirst: flagOf(fields, 'isFirst'),
        isLast: flagOf(fields, 'isLast'),
        decisions: listOf(fields, 'decisions').map(decisionOf),
      };
    case 'delta':
      return {
        type,
        seq: countOf(fields, 'seq'),
        put: listOf(fields, 'put').map(decisionOf),
        drop: listOf(fields, 'drop').map(subjectKeyOf),
      };
    case 'digest':
      return {
        type,
        seq: countOf(fields, 'seq'),
        count: countOf(fields, 'count'),
        digest: countOf(fields, 'digest'),
      };
    case 'settings':
      return { type, settings: settingsOf(fields['settings']) };
    default:
      return undefined;
  }
}

function decisionOf(value: unknown): LiveDecision {
  const fields = recordOf(value, 'decision');
  return {
    id: textOf(fields, 'id'),
    scope: scopeOf(fields),
    subject: textOf(fields, 'subject'),
    kind: oneOf(fields, 'kind', ['slow', 'challenge', 'refuse'] as const),
    grade: oneOf(fields, 'grade', ['temporary', 'extended', 'review_required', 'permanent'] as const),
    level: countOf(fields, 'level'),
    madeAtMs: numberOf(fields, 'madeAtMs'),
    untilMs: fields['untilMs'] === null ? null : numberOf(fields, 'untilMs'),
    reason: textOf(fields, 'reason'),
    policy: textOf(fields, 'policy'),
  };
}

function subjectKeyOf(value: unknown): SubjectKey {
  const fields = recordOf(value, 'drop');
  return { scope: scopeOf(fields), subject: textOf(fields, 'subject') };
}

function settingsOf(value: unknown): FeedSettings {
  const fields = recordOf(value, 'settings');
  return {
    ids: oneOf(fields, 'ids', ['pseudonym', 'plain'] as const),
    policies: listOf(fields, 'policies').map(policyOf),
    allow: listOf(fields, 'allow').map((text) => checkedText(text, 'allow')),
    ...(fields['processes'] === undefined ? {} : { processes: numberOf(fields, 'processes') }),
  };
}

function policyOf(value: unknown): PolicySummary {
  const fields = recordOf(value, 'policy');
  const isThere = (name: string): boolean => fields[name] !== undefined && fields[name] !== null;
  const textsOf = (name: 'actions' | 'sources') =>
    isThere(name) ? { [name]: listOf(fields, name).map((text) => checkedText(text, name)) } : {};
  return {
    name: textOf(fields, 'name'),
    windowMs: numberOf(fields, 'windowMs'),
    threshold: numberOf(fields, 'threshold'),
    whenUnavailable: oneOf(fields, 'whenUnavailable', ['open', 'limit', 'closed'] as const),
    ...(isThere('scope') ? { scope: scopeOf(fields) } : {}),
    ...(isThere('measure') ? { measure: oneOf(fields, 'measure', ['actions', 'errors'] as const) } : {}),
    ...textsOf('actions'),
    ...textsOf('sources'),
  };
}

function scopeOf(fields: Fields): SubjectScope {
  return oneOf(fields, 'scope', SUBJECT_SCOPES);
}

type Fields = Readonly<Record<string, unknown>>;

function recordOf(value: unknown, what: string): Fields {
  if (isRecord(value)) return value;
  throw wrong(what, 'an object', value);
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(fields: Fields, name: string): readonly unknown[] {
  const value = fields[name];
  if (Array.isArray(value)) return value;
  throw wrong(name, 'a list', value);
}

function textOf(fields: Fields, name: string): string {
  return checkedText(fields[name], name);
}

function checkedText(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  throw wrong(name, 'text', value);
}

function numberOf(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw wrong(name, 'a number', value);
}

function countOf(fields: Fields, name: string): number {
  const value = numberOf(fields, name);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(name, 'a whole number from 0', value);
}

function flagOf(fields: Fields, name: string): boolean {
  const value = fields[name];
  if (typeof value === 'boolean') return value;
  throw wrong(name, 'true or false', value);
}

function oneOf<T extends string>(fields: Fields, name: string, known: readonly T[]): T {
  const value = known.find((one) => one === fields[name]);
  if (value !== undefined) return value;
  throw wrong(name, `one of ${known.join(', ')}`, fields[name]);
}

function wrong(name: string, want: string, got: unknown): Error {
  return new Error(
    `cannot read a message of the feed: ${name}: want ${want}; got ${quote(JSON.stringify(got) ?? 'nothing')}`,
  );
}

function quote(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
