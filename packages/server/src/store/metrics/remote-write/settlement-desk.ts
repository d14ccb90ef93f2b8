import { formatLabels, UnavailableError, type RefusalReason } from '@vedette/model';
import type { BatchOutcome, BatchSender, DropReason } from './batch-sender.ts';
import type { FaultLog } from './fault-log.ts';
import { refusalReasonOf } from './refusal-reason.ts';
import { countersOf, type SenderMetrics } from './sender-metrics.ts';
import { EXEMPLAR, HISTOGRAM } from './row-kind.ts';
import { emptyRow, SampleRows, type SampleRow } from './sample-rows.ts';
import type { WrittenCounts } from './write-client.ts';

export interface SettlementDeskDeps {
  readonly metrics: SenderMetrics;
  readonly faults: FaultLog;
}

// Of 2,000 samples one bad one is alone after 22 requests, five after some 90. Who sends more bad ones than
// that has another trouble, and the requests cost the remote.
const SPLIT_REQUESTS_MAX = 100;

/** Where rows end: each is counted once, and whoever waits for it is told. */
export class SettlementDesk {
  readonly #metrics: SenderMetrics;
  readonly #faults: FaultLog;
  readonly #name: string;
  #highestSentMs = 0;

  constructor({ metrics, faults }: SettlementDeskDeps, name: string) {
    this.#metrics = metrics;
    this.#faults = faults;
    this.#name = name;
  }

  /** Newest timestamp that was acknowledged, in milliseconds. */
  get highestSentMs(): number {
    return this.#highestSentMs;
  }

  /** Samples and exemplars of series that the rules for what leaves drop. */
  leaveOut(sampleCount: number, exemplarCount: number): void {
    this.#metrics.samples.dropped.inc(sampleCount, this.#name, 'dropped_series');
    if (exemplarCount > 0) this.#metrics.exemplars.dropped.inc(exemplarCount, this.#name, 'dropped_series');
  }

  drop(row: SampleRow, reason: DropReason): void {
    countersOf(this.#metrics, row.kind).dropped.inc(1, this.#name, reason);
    const { ticket, series } = row;
    if (ticket === undefined) return;
    if (reason === 'too_old') ticket.refuse('too-old', () => formatLabels(series.labels));
    else if (reason === 'nhcb_in_rw1_not_supported')
      ticket.refuse('unsupported-histogram', () => formatLabels(series.labels));
    else
      ticket.fail(
        new UnavailableError(
          'VED_STORAGE_FAILED',
          `cannot write to remote "${this.#name}": the sender stopped before there was an answer`,
        ),
      );
  }

  retry(rows: SampleRows, reason: string): void {
    this.#faults.tellUnreachable(reason);
    const row = emptyRow();
    for (let i = 0; rows.read(i, row); i++) countersOf(this.#metrics, row.kind).retried.inc(1, this.#name);
  }

  /** Sends the rows and books their fate. Rejects with the reason of `signal`, when the rows are booked as dropped. */
  async settle(rows: SampleRows, sender: BatchSender, signal: AbortSignal): Promise<void> {
    const waiting = [{ rows }];
    for (let requests = 1; ; requests++) {
      const next = waiting.shift();
      if (next === undefined) return;
      try {
        const outcome = await sender.send(next, signal);
        const halves = requests < SPLIT_REQUESTS_MAX ? halvesOf(outcome) : undefined;
        // In front of what waits: samples of a series go in their order.
        if (halves !== undefined) waiting.unshift(...halves.map((half) => ({ rows: half })));
        else this.#book(outcome);
      } catch (error) {
        for (const left of [next, ...waiting]) this.#dropAll(left.rows);
        throw error;
      }
    }
  }

  #dropAll(rows: SampleRows): void {
    const row = emptyRow();
    for (let i = 0; rows.read(i, row); i++) this.drop(row, 'shutdown');
  }

  #book(outcome: BatchOutcome): void {
    const { rows, written } = outcome;
    const left = outcome.kind === 'written' ? (written ?? ALL) : (written ?? NOTHING);
    const remaining = [left.samples, left.histograms, left.exemplars];
    let refusedCount = 0;
    const row = emptyRow();
    const reason = outcome.kind === 'refused' ? refusalReasonOf(outcome.reason) : 'remote';
    // Which of several samples were refused is not said: the numbers are right, the places may not be.
    const text = outcome.kind === 'refused' && written !== undefined ? outcome.reason : undefined;
    for (let i = 0; rows.read(i, row); i++) {
      const place = row.kind === HISTOGRAM ? 1 : row.kind === EXEMPLAR ? 2 : 0;
      const room = remaining[place] ?? 0;
      remaining[place] = room - 1;
      if (room > 0) this.#accept(row);
      else {
        this.#refuse(row, reason, text);
        refusedCount++;
      }
    }
    if (outcome.kind === 'refused') this.#faults.tellRefused(outcome.status, outcome.reason);
    else if (refusedCount > 0)
      this.#faults.tellRefused(200, `it says that it wrote ${refusedCount} fewer than were sent`);
    else if (rows.length > 0) this.#faults.tellWritten();
  }

  #accept(row: SampleRow): void {
    countersOf(this.#metrics, row.kind).sent.inc(1, this.#name);
    if (row.kind !== EXEMPLAR) this.#highestSentMs = Math.max(this.#highestSentMs, row.timestampMs);
    row.ticket?.accept(row.kind);
  }

  #refuse({ kind, series, ticket }: SampleRow, reason: RefusalReason, text: string | undefined): void {
    countersOf(this.#metrics, kind).failed.inc(1, this.#name);
    ticket?.refuse(reason, () => text ?? formatLabels(series.labels));
  }
}

const ALL: WrittenCounts = { samples: Infinity, histograms: Infinity, exemplars: Infinity };
const NOTHING: WrittenCounts = { samples: 0, histograms: 0, exemplars: 0 };

/** Of a request that was refused as a whole although somebody waits for its single samples: two to try again. */
function halvesOf(outcome: BatchOutcome): readonly [SampleRows, SampleRows] | undefined {
  const { rows } = outcome;
  const isWhole = outcome.kind === 'refused' && outcome.status === 400 && outcome.written === undefined;
  const row = emptyRow();
  if (!isWhole || rows.length < 2 || !rows.read(0, row) || row.ticket === undefined) return undefined;
  const halves = [new SampleRows(), new SampleRows()] as const;
  for (let i = 0; rows.read(i, row); i++) halves[i < rows.length / 2 ? 0 : 1].push(row);
  return halves;
}
