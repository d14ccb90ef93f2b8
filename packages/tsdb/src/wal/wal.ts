import { UnavailableError, type Clock, type FileAppender, type Files, type Timer } from '@vedette/model';
import type { Journal } from '../commit-queue.ts';
import { unavailable } from '../disk-error.ts';
import type { Reporter } from '../report.ts';
import { linkRecord, segmentHeader, segmentName, segmentOfName } from './wal-segment.ts';

// Power loss takes at most this much of acknowledged samples. A sync per batch would cost 1 to 20 ms each.
const SYNC_DELAY_MS = 1000;

// Small enough that a segment is soon free to go, large enough that two hours are few files.
const SEGMENT_BYTES_MAX = 64 * 2 ** 20;

/**
 * The write-ahead log: what is acknowledged stands here until blocks have it.
 *
 * 1. `append` writes records with one call to the system. That survives a killed process at once; a sync
 *    in the background, at most a second later, makes it survive power loss.
 * 2. When a write fails, the segment is cut back to where it was, so that no half record is followed by
 *    a whole one. Until that succeeds nothing is accepted.
 * 3. `rotate` starts a new segment, which begins with how long the one before was; `removeBefore` deletes those
 *    whose samples are in blocks.
 * 4. What a failed sync gave up is not made durable by the next one, whatever that says (the system has marked the
 *    pages clean). Such a log is doubtful until blocks have what it holds: whoever can should write them soon.
 */
export class Wal implements Journal {
  readonly #deps: WalDeps;
  readonly #directory: string;
  /** Number and size of each segment file, oldest first; the last one is written to. */
  readonly #segments: { number: number; sizeBytes: number }[];
  #appender: FileAppender | undefined;
  #needsRepair = false;
  #isDirty = false;
  #hasUnsyncedRemovals = false;
  /** A sync of it failed. */
  #doubtfulSegment: number | undefined;
  #syncTimer: Timer | undefined;
  #syncing: Promise<void> = Promise.resolve();

  private constructor(deps: WalDeps, directory: string, segments: { number: number; sizeBytes: number }[]) {
    this.#deps = deps;
    this.#directory = directory;
    this.#segments = segments;
  }

  /** Opens the log behind what is there, in a segment of its own, at least number `first`. */
  static async open(deps: WalDeps, directory: string, first: number): Promise<Wal> {
    const segments: { number: number; sizeBytes: number }[] = [];
    let next = first;
    for (const { name, sizeBytes } of await deps.files.list(directory)) {
      const number = segmentOfName(name);
      if (number !== undefined) segments.push({ number, sizeBytes });
      // Damaged segments keep their number to themselves.
      const used = segmentOfName(name.replace(/\.damaged$/, ''));
      if (used !== undefined) next = Math.max(next, used + 1);
    }
    const wal = new Wal(deps, directory, segments);
    const last = segments.at(-1);
    if (last !== undefined) await wal.#syncFile(last.number);
    await wal.#openSegment(next);
    return wal;
  }

  get sizeBytes(): number {
    let sum = 0;
    for (const { sizeBytes } of this.#segments) sum += sizeBytes;
    return sum;
  }

  /** Whether a power loss could take what is older than a second. */
  get isDoubtful(): boolean {
    return this.#doubtfulSegment !== undefined;
  }

  /** A sentence for operators; `undefined` while syncs succeed. */
  get problem(): string | undefined {
    if (!this.isDoubtful) return undefined;
    return 'the disk failed to sync the log: a power loss could take samples that are not in a block yet, which is written soon; look at the disk';
  }

  /** One writer at a time. */
  async append(records: Uint8Array): Promise<void> {
    if (this.#needsRepair) await this.#repair();
    const segment = this.#segments.at(-1);
    if (segment === undefined || this.#appender === undefined) throw closed();
    try {
      await this.#appender.append(records);
    } catch (error) {
      this.#needsRepair = true;
      await this.#repair().catch((cause: unknown) =>
        this.#deps.report.warn('cannot cut a failed write off the log yet', { error: cause }),
      );
      throw unavailable('write to the log', error);
    }
    segment.sizeBytes += records.length;
    this.#isDirty = true;
    this.#syncTimer ??= this.#deps.clock.setTimer(SYNC_DELAY_MS, () => this.#syncInBackground());
    if (segment.sizeBytes < SEGMENT_BYTES_MAX) return;
    // The records are written: that the next segment cannot be opened is the next batch's trouble.
    await this.rotate().catch((error: unknown) =>
      this.#deps.report.warn('cannot open a new log segment yet', { error }),
    );
  }

  /** Starts a new segment and returns its number; all that was appended before stands in earlier ones. */
  async rotate(): Promise<number> {
    if (this.#needsRepair) await this.#repair();
    const number = (this.#segments.at(-1)?.number ?? 0) + 1;
    await this.sync();
    const before = this.#appender;
    try {
      await this.#openSegment(number);
    } catch (error) {
      throw unavailable('open a log segment', error);
    }
    await before?.close();
    return number;
  }

  async removeBefore(number: number): Promise<void> {
    for (let oldest = this.#segments[0]; oldest !== undefined && oldest.number < number;) {
      await this.#deps.files.remove(this.#pathOf(oldest.number));
      this.#segments.shift();
      this.#hasUnsyncedRemovals = true;
      oldest = this.#segments[0];
    }
    // A segment that a power loss brings back after its block is gone would bring back what was deleted.
    if (this.#hasUnsyncedRemovals) await this.#deps.files.syncDirectory(this.#directory);
    this.#hasUnsyncedRemovals = false;
    if (this.#doubtfulSegment !== undefined && this.#doubtfulSegment < number)
      this.#doubtfulSegment = undefined;
  }

  /** Makes everything appended so far durable. */
  async sync(): Promise<void> {
    this.#syncTimer?.cancel();
    this.#syncTimer = undefined;
    await this.#syncing;
    if (!this.#isDirty || this.#appender === undefined) return;
    this.#isDirty = false;
    try {
      await this.#appender.sync();
    } catch (error) {
      this.#isDirty = true;
      this.#doubtfulSegment = this.#segments.at(-1)?.number;
      throw unavailable('sync the log', error);
    }
  }

  async close(): Promise<void> {
    const appender = this.#appender;
    try {
      await this.sync();
    } finally {
      this.#appender = undefined;
      await appender?.close();
    }
  }

  #syncInBackground(): void {
    this.#syncing = this.sync().catch((error: unknown) => {
      this.#deps.report.warn(
        'cannot sync the log; samples of the last seconds would not survive power loss',
        {
          error,
        },
      );
      this.#syncTimer ??= this.#deps.clock.setTimer(SYNC_DELAY_MS, () => this.#syncInBackground());
    });
  }

  /** Cuts the segment back to its last whole record. */
  async #repair(): Promise<void> {
    const segment = this.#segments.at(-1);
    if (segment === undefined) throw closed();
    try {
      await this.#appender?.close();
      await this.#deps.files.truncate(this.#pathOf(segment.number), segment.sizeBytes);
      this.#appender = await this.#deps.files.openAppender(this.#pathOf(segment.number));
    } catch (error) {
      throw unavailable('repair the log', error);
    }
    this.#needsRepair = false;
  }

  async #openSegment(number: number): Promise<void> {
    const { files } = this.#deps;
    const path = this.#pathOf(number);
    // What a failed attempt left of this number holds no record.
    await files.remove(path);
    const appender = await files.openAppender(path);
    const last = this.#segments.at(-1);
    const header =
      last === undefined ? segmentHeader(number) : Buffer.concat([segmentHeader(number), linkRecord(last)]);
    try {
      await appender.append(header);
      await appender.sync();
      await files.syncDirectory(this.#directory);
    } catch (error) {
      await appender.close();
      throw error;
    }
    this.#appender = appender;
    this.#segments.push({ number, sizeBytes: header.length });
  }

  async #syncFile(number: number): Promise<void> {
    const appender = await this.#deps.files.openAppender(this.#pathOf(number));
    try {
      await appender.sync();
    } finally {
      await appender.close();
    }
  }

  #pathOf(number: number): string {
    return `${this.#directory}/${segmentName(number)}`;
  }
}

export interface WalDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly report: Reporter;
}

function closed(): UnavailableError {
  return new UnavailableError('VED_STORAGE_FAILED', 'cannot append samples: the log is closed');
}
