/**
 * Who changed what: every request that would change something, done or refused, and every sign-in.
 *
 * 1. Entries wait in memory and are written together, within `WRITE_DELAY_MS`; no answer waits for the disk. What is
 *    lost when the process is killed is that last half second. Changes of accounts and tokens wait (`recordDurably`):
 *    they are rare, and who made an administrator must not get lost.
 * 2. Beyond `AUDIT_QUEUE_MAX` waiting entries the newest are dropped and counted.
 * 3. What nobody does (failed sign-ins, requests without proof) is sampled: `NOBODY_PER_MINUTE_MAX` a minute, so that
 *    a guesser fills neither the disk nor the page. So are refusals of one account or token, at
 *    `REFUSED_PER_MINUTE_MAX`. How many were left out stands in the next entry.
 * 4. Entries are kept for `AUDIT_RETENTION_MS`.
 */
import { auditEntry, type AuditEntry } from '@vedette/api';
import type { Clock, Timer } from '@vedette/model';
import type { LogStore } from '../../../store/state/port.ts';
import type { Log } from '../../../telemetry/log.ts';

const LOG = 'audit';

// A year, and a month for those who look back at it.
export const AUDIT_RETENTION_MS = 400 * 86_400_000;

// What one call to the state store takes is 500.
const BATCH_MAX = 500;

const WRITE_DELAY_MS = 500;

// At 400 B each 4 MB: some minutes of a store that does not answer.
export const AUDIT_QUEUE_MAX = 10_000;

// 86,400 entries a day at the most, some 35 MB.
export const NOBODY_PER_MINUTE_MAX = 60;

// More than anybody comes to by hand; without it whoever may only look could fill the disk by trying what he may not.
export const REFUSED_PER_MINUTE_MAX = 120;

const TRIM_MS = 86_400_000;

/** A page of the log, as the state store reads it. */
const PAGE = 500;

// Half a second of reading; whoever filters for what is rarer pages on.
export const AUDIT_SCAN_MAX = 50_000;

// An action is made of words of ours; targets and details of names that people gave.
const TEXT_CHARS_MAX = 500;

export type NewAuditEntry = Omit<AuditEntry, 'seq' | 'atMs'>;

export interface AuditQuery {
  /** Entries before this one. */
  readonly beforeSeq?: number | undefined;
  readonly limit: number;
  readonly actor?: string | undefined;
  /** The action, or what it begins with before a dot: `guard` finds `guard.lift`. */
  readonly action?: string | undefined;
}

const storedEntry = auditEntry.omit({ seq: true, atMs: true });

export class AuditLog {
  readonly #deps: { readonly clock: Clock; readonly log: Log; readonly logs: LogStore | undefined };
  #waiting: { readonly atMs: number; readonly value: NewAuditEntry }[] = [];
  #writing: Promise<void> | undefined;
  #timer: Timer | undefined;
  #trimTimer: Timer | undefined;
  #minuteStartMs = -Infinity;
  #counts = new Map<string, number>();
  #leftOut = 0;
  #dropped = 0;

  constructor(deps: { readonly clock: Clock; readonly log: Log; readonly logs: LogStore | undefined }) {
    this.#deps = deps;
  }

  /** Trims, now and daily. */
  start(): void {
    this.#trim();
  }

  /** Writes what waits. Twice is safe. */
  async close(): Promise<void> {
    this.#trimTimer?.cancel();
    await this.#flush();
  }

  /** Takes an entry, to be written within `WRITE_DELAY_MS`; a full queue drops it, with a count. */
  async record(entry: NewAuditEntry): Promise<void> {
    if (this.#deps.logs === undefined || !this.#isWanted(entry)) return;
    if (this.#waiting.length >= AUDIT_QUEUE_MAX) {
      this.#dropped++;
      this.#deps.log.error('the audit log cannot keep up; entries are dropped', { dropped: this.#dropped });
      return;
    }
    this.#waiting.push({ atMs: this.#deps.clock.nowMs(), value: this.#finish(entry) });
  }

  /** `record`, and the write at once. */
  async recordDurably(entry: NewAuditEntry): Promise<void> {
    await this.record(entry);
    await this.#flush();
  }

  /** The newest first. At most `AUDIT_SCAN_MAX` entries are looked at. */
  async read({ beforeSeq, limit, actor, action }: AuditQuery): Promise<readonly AuditEntry[]> {
    await this.#flush();
    const found: AuditEntry[] = [];
    let before = beforeSeq;
    for (let seen = 0; seen < AUDIT_SCAN_MAX && found.length < limit; seen += PAGE) {
      const records = await this.#page(before);
      for (const { seq, atMs, value } of records) {
        const read = storedEntry.safeParse(value);
        if (!read.success || found.length >= limit) continue;
        const isWanted =
          (actor === undefined || read.data.actor === actor) &&
          (action === undefined || read.data.action === action || read.data.action.startsWith(`${action}.`));
        if (isWanted) found.push({ seq, atMs, ...read.data });
      }
      before = records.at(-1)?.seq;
      if (records.length < PAGE) break;
    }
    return found;
  }

  async #page(beforeSeq: number | undefined) {
    const request = { direction: 'backward', limit: PAGE } as const;
    return (
      (await this.#deps.logs?.read(LOG, beforeSeq === undefined ? request : { ...request, beforeSeq })) ?? []
    );
  }

  #isWanted({ actor, status }: NewAuditEntry): boolean {
    const isNobody = actor === 'nobody';
    if (!isNobody && status < 400) return true;
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs - this.#minuteStartMs >= 60_000) {
      this.#minuteStartMs = nowMs;
      this.#counts.clear();
    }
    const count = (this.#counts.get(actor) ?? 0) + 1;
    this.#counts.set(actor, count);
    if (count <= (isNobody ? NOBODY_PER_MINUTE_MAX : REFUSED_PER_MINUTE_MAX)) return true;
    this.#leftOut++;
    return false;
  }

  #finish(entry: NewAuditEntry): NewAuditEntry {
    const { target, detail } = entry;
    const leftOut = this.#leftOut;
    this.#leftOut = 0;
    const more = leftOut === 0 ? '' : `${detail === '' ? '' : '; '}${leftOut} refused ones left out`;
    if (this.#timer === undefined)
      this.#timer = this.#deps.clock.setTimer(WRITE_DELAY_MS, () => {
        this.#flush().catch((error: unknown) =>
          this.#deps.log.error('cannot write the audit log', { error }),
        );
      });
    return { ...entry, target: clipped(target), detail: clipped(detail) + more };
  }

  async #flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#writing = (this.#writing ?? Promise.resolve()).then(() => this.#write());
    await this.#writing;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, BATCH_MAX);
      try {
        await this.#deps.logs?.append(LOG, batch);
        this.#waiting.splice(0, batch.length);
      } catch (error) {
        // What waits is tried again with the next entry.
        this.#deps.log.error('cannot write the audit log', { error });
        return;
      }
    }
  }

  #trim(): void {
    const { clock, log, logs } = this.#deps;
    logs
      ?.trim(LOG, clock.nowMs() - AUDIT_RETENTION_MS)
      .catch((error: unknown) => log.warn('cannot trim the audit log', { error }));
    this.#trimTimer = clock.setTimer(TRIM_MS, () => this.#trim());
  }
}

function clipped(text: string): string {
  return text.length <= TEXT_CHARS_MAX ? text : `${text.slice(0, TEXT_CHARS_MAX)}…`;
}
