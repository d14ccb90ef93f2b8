/**
 * From the bytes of a body to actions on this server's clock. Two forms:
 *
 * 1. An `ActionBatch`, as the SDK sends it: words once, rows as positions in them, an instance and a number.
 * 2. `{"actions": [{"subject": "u1", "action": "search"}]}`, for scripts and other languages; the rest has defaults.
 *
 * Clocks differ: an action is as old as the sender says it was when it sent, counted back from now. What would lie in
 * the future is now; what is older than `ACTION_AGE_MS_MAX` is left out and counted, for no window reaches back to it.
 *
 * A fault refuses the whole body and names the row: a sender repeats it as it is, and half of it would count twice.
 */
import { InputError } from '@vedette/model';
import {
  ACTION_OUTCOMES,
  ACTION_ROWS_PER_BATCH_MAX,
  normalisedId,
  SUBJECT_ID_BYTES_MAX,
  SUBJECT_SCOPES,
  type ActionCount,
  type ActionOutcome,
  type SubjectScope,
} from '@vedette/sdk';
import { parseJson } from '../../lib/parse-json.ts';

/** An hour: the longest of the usual windows. A sender that was cut off for longer has nothing that would matter now. */
export const ACTION_AGE_MS_MAX = 3_600_000;

// What a template of a route or the name of a button takes; longer ones hold an id.
const ACTION_CHARS_MAX = 64;
const SOURCE_CHARS_MAX = 32;

// One process cannot do more within the second that a row stands for.
const COUNT_MAX = 1_000_000;

// Scope, action, source and outcome of every row at worst.
const WORDS_MAX = 4 * ACTION_ROWS_PER_BATCH_MAX;

export interface ActionBody {
  /** `undefined`: the sender numbers nothing, a repetition cannot be told. */
  readonly batch: { readonly instance: string; readonly seq: number } | undefined;
  readonly actions: readonly ActionCount[];
  /** Rows left out because they are too old. */
  readonly staleCount: number;
}

/** Throws `InputError` (VED_BODY_INVALID) that says where, what was got and what is wanted. */
export function parseActions(body: Uint8Array, nowMs: number): ActionBody {
  const value = jsonOf(body);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw wrong('the body', kindOf(value), 'an object');
  const fields = value as Readonly<Record<string, unknown>>;
  return 'rows' in fields ? batchOf(fields, nowMs) : plainOf(fields, nowMs);
}

function batchOf(fields: Readonly<Record<string, unknown>>, nowMs: number): ActionBody {
  const { version, instance, seq, sentAtMs, words, rows } = fields;
  if (version !== 1) throw wrong('version', JSON.stringify(version), '1');
  if (typeof instance !== 'string' || !/^[0-9a-zA-Z-]{1,64}$/.test(instance))
    throw wrong('instance', kindOf(instance), '1 to 64 letters, digits or "-"');
  if (!isCount(seq, Number.MAX_SAFE_INTEGER)) throw wrong('seq', shown(seq), 'an integer from 1');
  if (!isTime(sentAtMs)) throw wrong('sentAtMs', shown(sentAtMs), 'milliseconds since 1970');
  const list = listOf('words', words, WORDS_MAX);
  const wordAt = (position: unknown, place: string): unknown => {
    const word = typeof position === 'number' ? list[position] : undefined;
    if (word === undefined)
      throw wrong(place, shown(position), `a position in words (0 to ${list.length - 1})`);
    return word;
  };
  const reader = new ActionReader(sentAtMs, nowMs);
  for (const [i, row] of listOf('rows', rows, ACTION_ROWS_PER_BATCH_MAX).entries()) {
    const place = `rows[${i}]`;
    if (!Array.isArray(row) || row.length < 7) throw wrong(place, kindOf(row), 'a list of 7 values');
    const [scope, subject, action, source, outcome, count, atMs] = row as readonly unknown[];
    reader.add(place, {
      scope: wordAt(scope, `${place}[0]`),
      subject,
      action: wordAt(action, `${place}[2]`),
      source: wordAt(source, `${place}[3]`),
      outcome: wordAt(outcome, `${place}[4]`),
      count,
      atMs,
    });
  }
  return { batch: { instance, seq }, actions: reader.actions, staleCount: reader.staleCount };
}

function plainOf(fields: Readonly<Record<string, unknown>>, nowMs: number): ActionBody {
  const reader = new ActionReader(nowMs, nowMs);
  for (const [i, entry] of listOf('actions', fields['actions'], ACTION_ROWS_PER_BATCH_MAX).entries()) {
    const place = `actions[${i}]`;
    if (typeof entry !== 'object' || entry === null) throw wrong(place, kindOf(entry), 'an object');
    const { scope = 'user', source = 'api', outcome = 'ok', count = 1, atMs = nowMs, ...rest } = entry as Row;
    const subject = spelledSubject(rest.subject, scope);
    reader.add(place, { subject, action: rest.action, scope, source, outcome, count, atMs });
  }
  return { batch: undefined, actions: reader.actions, staleCount: reader.staleCount };
}

/** Rows come from an SDK, which spells ids as they are looked up; these may come from any program. */
function spelledSubject(subject: unknown, scope: unknown): unknown {
  if (typeof subject !== 'string' || subject.length > SUBJECT_ID_BYTES_MAX || !subject.isWellFormed())
    return subject;
  return isOneOf<SubjectScope>(scope, SUBJECT_SCOPES) ? (normalisedId(subject, scope) ?? '') : subject;
}

/** An action as somebody claims it. */
type Row = { readonly [K in keyof ActionCount]?: unknown };

class ActionReader {
  readonly actions: ActionCount[] = [];
  staleCount = 0;
  readonly #sentAtMs: number;
  readonly #nowMs: number;

  constructor(sentAtMs: number, nowMs: number) {
    this.#sentAtMs = sentAtMs;
    this.#nowMs = nowMs;
  }

  add(place: string, row: Row): void {
    const { scope, subject, action, source, outcome, count, atMs } = row;
    if (!isOneOf<SubjectScope>(scope, SUBJECT_SCOPES))
      throw wrong(`${place}: scope`, shown(scope), SUBJECT_SCOPES.join(', '));
    if (!isOneOf<ActionOutcome>(outcome, ACTION_OUTCOMES))
      throw wrong(`${place}: outcome`, shown(outcome), ACTION_OUTCOMES.join(', '));
    if (!isCount(count, COUNT_MAX))
      throw wrong(`${place}: count`, shown(count), `an integer from 1 to ${COUNT_MAX}`);
    if (!isTime(atMs)) throw wrong(`${place}: atMs`, shown(atMs), 'milliseconds since 1970');
    const read: ActionCount = {
      scope,
      subject: subjectOf(subject, place),
      action: wordOf(action, ACTION_CHARS_MAX, `${place}: action`),
      source: wordOf(source, SOURCE_CHARS_MAX, `${place}: source`),
      outcome,
      count,
      atMs: Math.floor(this.#nowMs - Math.max(0, this.#sentAtMs - atMs)),
    };
    if (this.#nowMs - read.atMs > ACTION_AGE_MS_MAX) this.staleCount++;
    else this.actions.push(read);
  }
}

function subjectOf(value: unknown, place: string): string {
  const want = `well-formed text of 1 to ${SUBJECT_ID_BYTES_MAX} bytes`;
  if (typeof value !== 'string' || !value.isWellFormed())
    throw wrong(`${place}: subject`, kindOf(value), want);
  // Characters first: counting the bytes of a megabyte takes longer than refusing it.
  const bytes = value.length > SUBJECT_ID_BYTES_MAX ? value.length : Buffer.byteLength(value);
  if (bytes < 1 || bytes > SUBJECT_ID_BYTES_MAX) throw wrong(`${place}: subject`, `${bytes} bytes`, want);
  return value;
}

function wordOf(value: unknown, charsMax: number, place: string): string {
  if (typeof value === 'string' && value.length >= 1 && value.length <= charsMax && value.isWellFormed())
    return value;
  const got = typeof value === 'string' ? `${value.length} characters` : kindOf(value);
  throw wrong(place, got, `well-formed text of 1 to ${charsMax} characters`);
}

function listOf(name: string, value: unknown, max: number): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(name, kindOf(value), 'a list');
  if (value.length > max) throw wrong(name, `${value.length} entries`, `at most ${max}; send several bodies`);
  return value as readonly unknown[];
}

function isOneOf<T extends string>(value: unknown, list: readonly T[]): value is T {
  return (list as readonly unknown[]).includes(value);
}

function isCount(value: unknown, max: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1 && (value as number) <= max;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

function shown(value: unknown): string {
  return typeof value === 'string'
    ? JSON.stringify(value.slice(0, 40))
    : typeof value === 'number'
      ? String(value)
      : kindOf(value);
}

function wrong(place: string, got: string, want: string): InputError {
  return new InputError('VED_BODY_INVALID', `cannot take the actions: ${place}: got ${got}, want ${want}`);
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(
      'VED_BODY_INVALID',
      `cannot take the actions: the body is not JSON in UTF-8: ${reason}`,
    );
  }
}
