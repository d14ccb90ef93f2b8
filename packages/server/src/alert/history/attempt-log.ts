/**
 * Every attempt to send a notification, with what came back: the paper trail behind "why was I not told?".
 *
 * 1. An attempt is handed to the state store when it ends, and nobody waits for that. The store keeps the
 *    order of its calls, so that what the notification log says was delivered has its attempt before it.
 * 2. On a disk that hangs the attempts pile up in memory to a limit; what comes on top is counted and let
 *    go. Notifications go out all the same.
 * 3. A search reads from the newest to the oldest, a bounded number of records, and hands back a cursor
 *    when there may be more: no question holds the process for long, whatever it looks for.
 *
 * Rejected: an index per field. A search over all of it is a tenth of a second or two, and rare.
 */
import type { Clock } from '@vedette/model';
import { z } from 'zod';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import type { LogRecord } from '../../store/state/port.ts';
import { receiverKeyOf } from '../notification-log.ts';
import { FAILURE_CATEGORIES, type Receiver, type SendResult } from '../notify/receiver.ts';
import type { Delivery, DeliveryPlan } from '../stages.ts';
import { BoundedLog, type BoundedLogDeps } from './bounded-log.ts';

/** Alertmanager's --data.retention, as for the notification log. */
const RETENTION_MS = 120 * 3_600_000;

/** At about 800 bytes each 80 MB, of the gigabyte that the state file may have. */
const ATTEMPTS_MAX = 100_000;

/** Attempts on their way to the disk: as many as a hundred receivers make in a minute of trouble. */
const PENDING_MAX = 1000;

/** Alerts named in one record, firing ones first: more than one message shows; their number is told apart. */
export const FINGERPRINTS_MAX = 100;

/** What is kept of an error, an answer and a group key: enough to recognise it by. */
const TEXT_CHARS_MAX = 500;
const GROUP_KEY_CHARS_MAX = 4096;

/** Read at once: a slice of some 3 ms. */
const PAGE_RECORDS = 200;

/** Records that one search looks at; then its caller is asked to go on. About 150 ms, in slices. */
export const SEARCHED_MAX = 10_000;

/** Records in which the last failures of a few groups are looked for: those of the last hour or so, where people look. */
const RECENT_MAX = 2000;

const attemptDocument = z.object({
  atMs: z.number(),
  tookMs: z.number(),
  receiver: z.string(),
  integration: z.string(),
  index: z.number(),
  groupKey: z.string(),
  notificationId: z.string(),
  reason: z.string(),
  attempt: z.number(),
  outcome: z.enum(['delivered', 'failed']),
  isRetriable: z.boolean(),
  category: z.enum(FAILURE_CATEGORIES).nullable(),
  error: z.string().nullable(),
  answer: z.object({ status: z.number(), text: z.string() }).nullable(),
  firingCount: z.number(),
  resolvedCount: z.number(),
  fingerprints: z.array(z.string()),
});

/** One attempt as it is stored; the API's `NotificationAttempt`. `attempt` counts from 1. */
export type Attempt = Readonly<z.infer<typeof attemptDocument>>;

/** What a search wants; an absent field takes everything. */
export interface AttemptQuery {
  readonly receiver?: string | undefined;
  readonly integration?: string | undefined;
  readonly outcome?: Attempt['outcome'] | undefined;
  /** Of an alert that the notification was about. */
  readonly fingerprint?: string | undefined;
  /** In the group key, the error or the answer; upper and lower case are the same. */
  readonly text?: string | undefined;
  /** Both inclusive. */
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
  /** Where the page before ended. */
  readonly cursor?: number | undefined;
  readonly limit: number;
}

export interface AttemptPage {
  /** The newest first. */
  readonly attempts: readonly Attempt[];
  /** Where to go on; `undefined`: nothing older is left. A page may be empty and have one. */
  readonly nextCursor: number | undefined;
}

/** What the retry stage knows when an attempt has ended. */
export interface EndedAttempt {
  readonly delivery: Delivery;
  readonly plan: DeliveryPlan;
  /** Of this notification, from 1. */
  readonly attempt: number;
  readonly result: SendResult;
  readonly tookMs: number;
}

export interface AttemptLogDeps extends BoundedLogDeps {
  readonly clock: Clock;
  /** An attempt was let go, since too many wait for the disk. */
  readonly onDropped: () => void;
}

export class AttemptLog {
  readonly #deps: AttemptLogDeps;
  readonly #records: BoundedLog;
  readonly #pending = new Set<Promise<void>>();

  constructor(deps: AttemptLogDeps, options: { readonly recordsMax: number } = { recordsMax: ATTEMPTS_MAX }) {
    this.#deps = deps;
    this.#records = new BoundedLog(deps, {
      name: 'notification_attempts',
      retentionMs: RETENTION_MS,
      recordsMax: options.recordsMax,
      complaint: 'an attempt to notify cannot be stored; the history will lack it',
    });
  }

  note(ended: EndedAttempt): void {
    if (this.#pending.size >= PENDING_MAX) {
      this.#deps.onDropped();
      return;
    }
    const value = attemptOf(ended, this.#deps.clock.nowMs());
    const write = this.#records
      .append([{ atMs: value.atMs, value }])
      .finally(() => void this.#pending.delete(write));
    this.#pending.add(write);
  }

  /** Resolves when everything noted is stored or given up. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async search(query: AttemptQuery): Promise<AttemptPage> {
    const accepts = acceptorOf(query);
    const found: Attempt[] = [];
    let last: LogRecord | undefined;
    for await (const record of this.#newestFirst(query)) {
      last = record;
      const attempt = attemptDocument.parse(record.value);
      if (accepts(attempt)) found.push(attempt);
      if (found.length >= query.limit) break;
    }
    const isMore = last !== undefined && last.seq > 1 && (await this.#hasBefore(last.seq));
    const isTooOld = last !== undefined && query.fromMs !== undefined && last.atMs < query.fromMs;
    return { attempts: found, nextCursor: isMore && !isTooOld ? last?.seq : undefined };
  }

  /**
   * The newest failed attempt of each group and integration, under `failureKeyOf`. Looks at the newest 2,000
   * attempts: an error that lies further back is found by a search.
   */
  async lastFailures(groupKeys: ReadonlySet<string>): Promise<ReadonlyMap<string, Attempt>> {
    const bounded = new Set([...groupKeys].map(boundedGroupKey));
    const found = new Map<string, Attempt>();
    for await (const { value } of this.#newestFirst({}, RECENT_MAX)) {
      const attempt = attemptDocument.parse(value);
      const key = failureKeyOf(attempt.groupKey, { ...attempt, name: attempt.receiver });
      if (attempt.outcome === 'failed' && bounded.has(attempt.groupKey) && !found.has(key))
        found.set(key, attempt);
    }
    return found;
  }

  /** In slices, at most `recordsMax`; ends after a page that lies before `fromMs` as a whole. */
  async *#newestFirst(
    { cursor, fromMs = -Infinity }: Partial<AttemptQuery>,
    recordsMax = SEARCHED_MAX,
  ): AsyncIterable<LogRecord> {
    const slicer = new TimeSlicer(this.#deps.clock);
    let beforeSeq = cursor;
    for (let seen = 0; seen < recordsMax; seen += PAGE_RECORDS) {
      const position = beforeSeq === undefined ? {} : { beforeSeq };
      const page = await this.#records.read({ direction: 'backward', limit: PAGE_RECORDS, ...position });
      yield* page;
      beforeSeq = page.at(-1)?.seq;
      // The clock may have been set between two records: one old one among others ends nothing.
      if (beforeSeq === undefined || page.every(({ atMs }) => atMs < fromMs)) return;
      await slicer.yield();
    }
  }

  async #hasBefore(seq: number): Promise<boolean> {
    const request = { direction: 'backward', beforeSeq: seq, limit: 1 } as const;
    return (await this.#records.read(request)).length > 0;
  }
}

/** Where `lastFailures` keeps what it found. */
export function failureKeyOf(
  groupKey: string,
  receiver: Pick<Receiver, 'name' | 'integration' | 'index'>,
): string {
  return `${receiverKeyOf(receiver)}\n${boundedGroupKey(groupKey)}`;
}

function boundedGroupKey(groupKey: string): string {
  return boundedText(groupKey, GROUP_KEY_CHARS_MAX);
}

function attemptOf({ delivery, plan, attempt, result, tookMs }: EndedAttempt, nowMs: number): Attempt {
  const { flush, receiver } = delivery;
  const failure = result.kind === 'failed' ? result : undefined;
  const { answer } = result;
  return {
    atMs: nowMs,
    tookMs: Math.round(tookMs * 1000) / 1000,
    receiver: receiver.name,
    integration: receiver.integration,
    index: receiver.index,
    groupKey: boundedGroupKey(flush.groupKey),
    notificationId: plan.id,
    reason: plan.reason,
    attempt,
    outcome: result.kind,
    isRetriable: failure?.isRetriable ?? false,
    category: failure?.category ?? null,
    error: failure === undefined ? null : boundedText(withoutCredentials(failure.error), TEXT_CHARS_MAX),
    answer:
      answer === undefined
        ? null
        : { status: answer.status, text: boundedText(withoutCredentials(answer.text), TEXT_CHARS_MAX) },
    firingCount: plan.firing.length,
    resolvedCount: plan.resolved.length,
    fingerprints: [...plan.firing, ...plan.resolved].slice(0, FINGERPRINTS_MAX),
  };
}

/** What others say may hold what we sent them: headers, in what a proxy or an echo gives back. */
function withoutCredentials(text: string): string {
  return text.replaceAll(CREDENTIALS, '$1 <secret>');
}

const CREDENTIALS = /\b(bearer|basic|apikey|genie_?key|token)["']?[ =:]+["']?[\w.~+/=-]{6,}/gi;

/** The store takes well-formed text alone, and a cut may fall between two halves of a character. */
function boundedText(text: string, charsMax: number): string {
  return text.slice(0, charsMax).toWellFormed();
}

function acceptorOf(query: AttemptQuery): (attempt: Attempt) => boolean {
  const { receiver, integration, outcome, fingerprint, fromMs = -Infinity, untilMs = Infinity } = query;
  const text = query.text?.toLowerCase() ?? '';
  return (attempt) =>
    (receiver === undefined || attempt.receiver === receiver) &&
    (integration === undefined || attempt.integration === integration) &&
    (outcome === undefined || attempt.outcome === outcome) &&
    (fingerprint === undefined || attempt.fingerprints.includes(fingerprint)) &&
    attempt.atMs >= fromMs &&
    attempt.atMs <= untilMs &&
    (text === '' || hasText(attempt, text));
}

function hasText({ groupKey, error, answer }: Attempt, text: string): boolean {
  return [groupKey, error ?? '', answer?.text ?? ''].some((part) => part.toLowerCase().includes(text));
}
