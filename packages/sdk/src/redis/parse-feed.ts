/** What is in Redis may have been written by anybody: what does not have the form of the wire is `undefined`. */
import { SUBJECT_ID_BYTES_MAX, SUBJECT_SCOPES, type SubjectScope } from '../guard/subject.ts';
import type {
  DecisionGrade,
  DecisionKind,
  FeedMessage,
  FeedSettings,
  LiveDecision,
  SubjectKey,
} from '../guard/wire.ts';

/** A message of the feed with the epoch that it belongs to. */
export interface ChannelMessage {
  readonly epoch: string;
  readonly message: FeedMessage;
}

const KINDS: readonly DecisionKind[] = ['slow', 'challenge', 'refuse'];
const GRADES: readonly DecisionGrade[] = ['temporary', 'extended', 'review_required', 'permanent'];

type Fields = Readonly<Record<string, unknown>>;

export function parseChannelMessage(text: string): ChannelMessage | undefined {
  const { epoch, message } = fieldsOf(parseJson(text)) ?? {};
  const fields = fieldsOf(message);
  if (typeof epoch !== 'string' || fields === undefined) return undefined;
  const parsed = messageOf(fields, epoch);
  return parsed && { epoch, message: parsed };
}

function messageOf(fields: Fields, epoch: string): FeedMessage | undefined {
  const { type, seq, count, digest } = fields;
  const settings = settingsOf(fields['settings']);
  if (type === 'settings') return settings && { type, settings };
  if (!isWhole(seq)) return undefined;
  if (type === 'hello') return settings && { type, epoch, seq, settings };
  if (type === 'digest') return isWhole(count) && isWhole(digest) ? { type, seq, count, digest } : undefined;
  if (type !== 'delta' || !Array.isArray(fields['put']) || !Array.isArray(fields['drop'])) return undefined;
  const put = fields['put'].map(decisionOf);
  const drop = fields['drop'].map(keyOf);
  if (!put.every((one) => one !== undefined) || !drop.every((one) => one !== undefined)) return undefined;
  return { type, seq, put, drop };
}

/** One value of the snapshot. */
export function parseLiveDecision(text: unknown): LiveDecision | undefined {
  return typeof text === 'string' ? decisionOf(parseJson(text)) : undefined;
}

export function parseSettings(text: unknown): FeedSettings | undefined {
  return typeof text === 'string' ? settingsOf(parseJson(text)) : undefined;
}

/** Which words the classic hash may have for a grade. */
export function gradeOf(value: unknown): DecisionGrade | undefined {
  return GRADES.find((grade) => grade === value);
}

function decisionOf(value: unknown): LiveDecision | undefined {
  const fields = fieldsOf(value);
  const key = keyOf(value);
  if (fields === undefined || key === undefined) return undefined;
  const kind = KINDS.find((one) => one === fields['kind']);
  const grade = gradeOf(fields['grade']);
  const { id, level, madeAtMs, untilMs, reason, policy } = fields;
  if (kind === undefined || grade === undefined) return undefined;
  if (typeof id !== 'string' || typeof reason !== 'string' || typeof policy !== 'string') return undefined;
  if (typeof level !== 'number' || typeof madeAtMs !== 'number') return undefined;
  if (untilMs !== null && typeof untilMs !== 'number') return undefined;
  return { id, ...key, kind, grade, level, madeAtMs, untilMs, reason, policy };
}

function keyOf(value: unknown): SubjectKey | undefined {
  const { scope, subject } = fieldsOf(value) ?? {};
  const known: SubjectScope | undefined = SUBJECT_SCOPES.find((one) => one === scope);
  return known !== undefined && isSubject(subject) ? { scope: known, subject } : undefined;
}

export function isSubject(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= SUBJECT_ID_BYTES_MAX;
}

/** Policies and allow list are the guard's to judge; here they have to be lists. */
function settingsOf(value: unknown): FeedSettings | undefined {
  const { ids, policies, allow } = fieldsOf(value) ?? {};
  if ((ids !== 'plain' && ids !== 'pseudonym') || !Array.isArray(policies) || !Array.isArray(allow))
    return undefined;
  return {
    ids,
    policies: policies as FeedSettings['policies'],
    allow: allow.filter((one) => typeof one === 'string'),
  };
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
