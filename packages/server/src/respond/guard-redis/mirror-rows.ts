import { SUBJECT_ID_BYTES_MAX, type LiveDecision, type SubjectKey } from '@vedette/sdk';

/** One row of the script `APPLY`. */
export interface MirrorRow {
  readonly banKey: string | undefined;
  readonly texts: readonly string[];
}

/**
 * What `banned_until` says of a permanent ban: a time that every reader can compare with its own, and that `new Date`,
 * Python's `fromisoformat` (3.11) and Go's `time.Parse(time.RFC3339, …)` read.
 */
const PERMANENT_UNTIL = '9999-12-31T23:59:59.999Z';

/** The classic design knows severities of alerts; here the grade decides, as its rule file has it. */
const SEVERITY_BY_GRADE = {
  temporary: 'warning',
  extended: 'critical',
  review_required: 'critical',
  permanent: 'critical',
} as const satisfies Record<LiveDecision['grade'], string>;

// A line for people; what is longer is in the log of decisions.
const REASON_CHARS_MAX = 256;

/** Scope and subject in one text; a scope has no NUL in it. */
export function fieldOf({ scope, subject }: SubjectKey): string {
  return `${scope}\0${subject}`;
}

/** The way back. */
export function subjectOf(field: string): { readonly scope: string; readonly subject: string } {
  const end = field.indexOf('\0');
  return { scope: field.slice(0, end), subject: field.slice(end + 1) };
}

/** Whether the mirror takes it: an id that came past the limits elsewhere does not become a key. */
export function isMirrored({ subject }: SubjectKey): boolean {
  return subject !== '' && Buffer.byteLength(subject) <= SUBJECT_ID_BYTES_MAX;
}

export function putRowOf(decision: LiveDecision, bannedPrefix: string): MirrorRow {
  const { kind, untilMs, reason, grade, madeAtMs, id } = decision;
  const banKey = banKeyOf(decision, bannedPrefix);
  // Slowing down is no ban: one that stood there before goes.
  const action = banKey === undefined ? 'none' : kind === 'refuse' ? 'ban' : 'unban';
  return {
    banKey,
    texts: [
      'put',
      fieldOf(decision),
      JSON.stringify(decision),
      action,
      untilMs === null ? '-1' : String(wholeMs(untilMs)),
      untilMs === null ? PERMANENT_UNTIL : isoOf(untilMs),
      reason.slice(0, REASON_CHARS_MAX),
      grade,
      SEVERITY_BY_GRADE[grade],
      isoOf(madeAtMs),
      id,
    ],
  };
}

export function dropRowOf(
  key: { readonly scope: string; readonly subject: string },
  bannedPrefix: string,
): MirrorRow {
  const banKey = banKeyOf(key, bannedPrefix);
  const field = `${key.scope}\0${key.subject}`;
  return {
    banKey,
    texts: ['drop', field, '', banKey === undefined ? 'none' : 'unban', '0', '', '', '', '', '', ''],
  };
}

/** The classic design bans users; other scopes are in the snapshot alone. */
function banKeyOf(
  key: { readonly scope: string; readonly subject: string },
  bannedPrefix: string,
): string | undefined {
  return key.scope === 'user' ? `${bannedPrefix}${key.subject}` : undefined;
}

// The last millisecond of the year 9999: what ISO 8601 writes with four digits.
const TIME_MS_MAX = 253_402_300_799_999;

/** What PEXPIREAT takes: a script must not fail half-way. */
function wholeMs(timestampMs: number): number {
  return Math.min(TIME_MS_MAX, Math.max(0, Math.ceil(timestampMs)));
}

function isoOf(timestampMs: number): string {
  return new Date(wholeMs(timestampMs)).toISOString();
}
