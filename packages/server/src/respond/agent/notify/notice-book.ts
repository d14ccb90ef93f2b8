/**
 * All notices that count: those under way, and those sent so lately that their groups are not to be told again. In memory
 * for questions, in the state store for the next start. What is not durable is not sent: a notice that a crash forgets
 * would come twice.
 */
import type { Clock } from '@vedette/model';
import type { StateStore } from '../../../store/state/port.ts';
import type { Log } from '../../../telemetry/log.ts';
import { noticeDocument, type Notice } from './notice.ts';

const COLLECTION = 'agent_notices';

// What the brake looks back on.
export const HOUR_MS = 3_600_000;

export interface NoticeBookDeps {
  readonly clock: Clock;
  readonly state: Pick<StateStore, 'documents'>;
  readonly log: Log;
}

export class NoticeBook {
  readonly #deps: NoticeBookDeps;
  readonly #notices = new Map<string, Notice>();

  constructor(deps: NoticeBookDeps) {
    this.#deps = deps;
  }

  /** Reads what was there; a document that cannot be read (of another version) is passed over. */
  async load(): Promise<void> {
    for (const { value } of await this.#deps.state.documents.list(COLLECTION)) {
      const { data } = noticeDocument.safeParse(value);
      if (data !== undefined) this.#notices.set(data.key, data);
      else this.#deps.log.warn('a stored notice of a report cannot be read; it is passed over');
    }
  }

  all(): readonly Notice[] {
    return [...this.#notices.values()];
  }

  find(key: string): Notice | undefined {
    return this.#notices.get(key);
  }

  /** What this receiver was told, or will be, about one of the groups, within the time of its tier. */
  recent(receiver: string, groupKeys: readonly string[]): readonly Notice[] {
    const nowMs = this.#deps.clock.nowMs();
    const keys = new Set(groupKeys);
    return this.all().filter(
      (notice) =>
        notice.receiver === receiver &&
        notice.groupKeys.some((key) => keys.has(key)) &&
        (notice.sentAtMs === null || notice.sentAtMs + notice.repeatMs > nowMs),
    );
  }

  /** Notices whose first attempt was begun within the last hour. */
  countSentLately(): number {
    const sinceMs = this.#deps.clock.nowMs() - HOUR_MS;
    return this.all().filter(({ sentAtMs }) => sentAtMs !== null && sentAtMs > sinceMs).length;
  }

  /** True when it is durable; otherwise it is as if it was not put. */
  async put(notice: Notice): Promise<boolean> {
    const isWritten = await this.#write([
      { kind: 'put', collection: COLLECTION, key: notice.key, value: notice },
    ]);
    if (isWritten) this.#notices.set(notice.key, notice);
    return isWritten;
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#notices.delete(key);
    await this.#write(keys.map((key) => ({ kind: 'delete', collection: COLLECTION, key })));
  }

  /** Removes what is over and counts for nothing any more. */
  async collect(): Promise<void> {
    const nowMs = this.#deps.clock.nowMs();
    const gone = this.all().filter(
      ({ state, sentAtMs, repeatMs }) =>
        (state === 'told' || state === 'failed') && (sentAtMs ?? 0) + Math.max(repeatMs, HOUR_MS) <= nowMs,
    );
    if (gone.length > 0) await this.remove(gone.map(({ key }) => key));
  }

  /** Lets go of what speaks of somebody. */
  async forget(speaks: (value: unknown) => boolean): Promise<void> {
    const gone = this.all().filter(speaks);
    await this.remove(gone.map(({ key }) => key));
  }

  async #write(writes: Parameters<StateStore['documents']['write']>[0]): Promise<boolean> {
    const { state, log } = this.#deps;
    try {
      // Far below the 500 that one call may have: what is removed at once was sent within an hour.
      for (let i = 0; i < writes.length; i += WRITES_MAX)
        await state.documents.write(writes.slice(i, i + WRITES_MAX));
      return true;
    } catch (error) {
      log.error('a notice of a report cannot be stored; it is not sent', { error });
      return false;
    }
  }
}

// What the state store takes in one call.
const WRITES_MAX = 500;
