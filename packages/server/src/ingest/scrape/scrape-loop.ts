import {
  CanceledError,
  ExpectedError,
  InputError,
  seriesKeyOf,
  TimeoutError,
  type AppendResult,
  type Clock,
  type MetricMetadata,
  type MetricsWriter,
  type SampleBatch,
  type Slicer,
  type Timer,
} from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import { hashBytes } from './byte-table.ts';
import { formatOfContentType } from './content-type.ts';
import type { HttpClient } from '../../lib/http-client.ts';
import { sampleFingerprintOf, type ScrapeJob } from './job.ts';
import type { BatchBuilders } from './batch-builders.ts';
import { PageIngest } from './page-ingest.ts';
import { BodyTooLargeError, fetchPage, type PageResponse } from './page-request.ts';
import { createSampleLabels, type SampleLabels } from './sample-labels.ts';
import type { ScrapeMetrics } from './scrape-metrics.ts';
import { TargetCache } from './target-cache.ts';
import { TargetMetadata } from './target-metadata.ts';
import type { Target } from './target.ts';

export interface ScrapeLoopDeps {
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly writer: MetricsWriter;
  readonly log: Log;
  readonly metrics: ScrapeMetrics;
  /** Shared by the loops of a process. */
  readonly builders: BatchBuilders;
}

/** What a loop works with; replaced as a whole by a reload. */
export interface ScrapeLoopPlan {
  readonly job: ScrapeJob;
  readonly target: Target;
  readonly client: HttpClient;
  readonly userAgent: string;
  /** Set when the job has too many targets: every scrape then fails with it. */
  readonly forcedError: string | undefined;
}

export interface ScrapeStatus {
  readonly health: 'up' | 'down' | 'unknown';
  /** Empty when the last scrape went well. */
  readonly lastError: string;
  readonly lastScrapeMs: number | undefined;
  readonly lastScrapeDurationMs: number;
}

/**
 * Scrapes one target at a steady pace.
 *
 * 1. The first scrape waits until the target's own place within the interval, a hash of its labels, so
 *    that targets spread out and keep their place over restarts.
 * 2. Then one scrape per interval. A timer a little late (`ALIGN_TOLERANCE_MS`) still stamps the planned
 *    time: even distances compress to nothing. A scrape never overlaps the one before; a missed one is
 *    counted, not caught up with.
 * 3. A scrape is one batch: the page or nothing of it, staleness markers, `up` and its companions. When
 *    the store refuses the batch nothing is remembered as written, and the next scrape makes good.
 * 4. A retired target gets its staleness markers after two intervals and a bit, stamped as of the first
 *    scrape it missed. Should it come back before that, its loop is simply resumed. When the process
 *    stops no markers are written: it will go on where it was.
 */
export class ScrapeLoop {
  readonly #deps: ScrapeLoopDeps;
  #plan: ScrapeLoopPlan;
  /** How samples become series. Changes between two scrapes only: what a page taught the cache must be of one mind. */
  #labels: SampleLabels;
  #mappedJob: ScrapeJob;
  readonly #reportKeys: ReadonlyMap<ReportName, Uint8Array>;
  #cache = new TargetCache();
  readonly #metadata = new TargetMetadata();
  #status: ScrapeStatus = {
    health: 'unknown',
    lastError: '',
    lastScrapeMs: undefined,
    lastScrapeDurationMs: 0,
  };
  #timer: Timer | undefined;
  /** When the next scrape is due on the monotonic clock, and the wall time that it stamps. */
  #dueMs = 0;
  #dueWallMs = 0;
  #running: Promise<void> | undefined;
  #abort = new AbortController();

  constructor(deps: ScrapeLoopDeps, plan: ScrapeLoopPlan) {
    this.#deps = deps;
    this.#plan = plan;
    this.#labels = sampleLabelsOf(plan);
    this.#mappedJob = plan.job;
    this.#reportKeys = reportKeysOf(this.#labels);
  }

  get plan(): ScrapeLoopPlan {
    return this.#plan;
  }

  get status(): ScrapeStatus {
    return this.#status;
  }

  metadata(): readonly MetricMetadata[] {
    return this.#metadata.families();
  }

  /** Begins, or resumes after `retire`. */
  start(): void {
    this.#timer?.cancel();
    const { clock } = this.#deps;
    const delayMs = offsetOf(this.#plan.target, clock.nowMs());
    this.#dueMs = clock.monotonicMs() + delayMs;
    this.#dueWallMs = clock.nowMs() + delayMs;
    this.#arm();
  }

  /** Goes on with another configuration for the same target; the next scrape uses it. */
  replan(plan: ScrapeLoopPlan): void {
    const isSamePace = plan.target.intervalMs === this.#plan.target.intervalMs;
    this.#plan = plan;
    if (!isSamePace && this.#timer !== undefined) this.start();
  }

  /** The target is gone: stops scraping, and writes staleness markers if it does not come back. `onEnd` runs after that. */
  retire(onEnd: () => void): void {
    this.#timer?.cancel();
    const { clock } = this.#deps;
    const { intervalMs } = this.#plan.target;
    if (this.#status.lastScrapeMs === undefined && this.#running === undefined) return onEnd();
    const staleMs = Math.round(this.#dueWallMs);
    const waitMs = Math.max(0, this.#dueMs - clock.monotonicMs()) + intervalMs * RETIRE_INTERVALS;
    this.#timer = clock.setTimer(waitMs, () => {
      this.#timer = undefined;
      void this.#writeEnd(staleMs).finally(onEnd);
    });
  }

  /** Stops at once, without staleness markers; a scrape under way is given up. Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#abort.abort(new CanceledError('VED_SCRAPE_FAILED', 'scraping stops'));
    await this.#running;
  }

  #arm(): void {
    const delayMs = this.#dueMs - this.#deps.clock.monotonicMs();
    this.#timer = this.#deps.clock.setTimer(Math.max(0, delayMs), () => this.#tick());
  }

  #tick(): void {
    const { clock, metrics } = this.#deps;
    const { intervalMs } = this.#plan.target;
    const lateMs = clock.monotonicMs() - this.#dueMs;
    const wallMs = clock.nowMs();
    const toleranceMs = Math.min(intervalMs / 100, ALIGN_TOLERANCE_MS);
    // The wall clock may have been set: then the planned time means nothing.
    if (Math.abs(wallMs - lateMs - this.#dueWallMs) > toleranceMs) this.#dueWallMs = wallMs - lateMs;
    const timestampMs = Math.round(lateMs > toleranceMs ? wallMs : this.#dueWallMs);
    // Node's timers may fire a fraction of a millisecond early; that must not repeat the tick.
    const missedCount = Math.max(0, Math.floor(lateMs / intervalMs));
    if (missedCount > 0) metrics.skipped.inc(missedCount);
    this.#dueMs += intervalMs * (missedCount + 1);
    this.#dueWallMs += intervalMs * (missedCount + 1);
    this.#arm();
    if (this.#running !== undefined) {
      metrics.skipped.inc();
      return;
    }
    this.#running = this.#scrape(timestampMs)
      .catch((error: unknown) =>
        this.#deps.log.error('scrape ended unexpectedly', { error, url: this.#plan.target.url }),
      )
      .finally(() => {
        this.#running = undefined;
      });
  }

  async #scrape(timestampMs: number): Promise<void> {
    const { clock, metrics } = this.#deps;
    const startMs = clock.monotonicMs();
    this.#adoptMapping();
    const outcome = await this.#attempt(timestampMs);
    if (this.#abort.signal.aborted) return;
    const durationMs = clock.monotonicMs() - startMs;
    this.#report(outcome, { timestampMs, durationMs });
    let lastError = outcome.error?.message ?? '';
    try {
      const result = await this.#deps.writer.append(outcome.ingest.finish());
      lastError ||= limitErrorOf(result);
      this.#noteRefusals(result, outcome);
      this.#cache.commit();
      this.#metadata.commit();
    } catch (error) {
      if (!(error instanceof ExpectedError)) throw error;
      lastError = error.message;
      metrics.failed.inc(1, 'store');
      this.#deps.log.warn('scrape could not be stored', { error, url: this.#plan.target.url });
    } finally {
      outcome.ingest.release();
    }
    this.#status = {
      health: outcome.error === undefined ? 'up' : 'down',
      lastError,
      lastScrapeMs: timestampMs,
      lastScrapeDurationMs: durationMs,
    };
    // A page that failed half-way may have filled the cache with lines that never come again.
    if (this.#cache.isWasteful() && (outcome.error === undefined || outcome.bodyBytes > 0))
      this.#cache = await this.#cache.compacted(this.#deps.slicer);
  }

  /** Lines that were remembered under another mapping are worthless; what is tracked goes stale by itself. */
  #adoptMapping(): void {
    const { job } = this.#plan;
    if (job === this.#mappedJob) return;
    const isSame = sampleFingerprintOf(job) === sampleFingerprintOf(this.#mappedJob);
    this.#mappedJob = job;
    if (isSame) return;
    this.#labels = sampleLabelsOf(this.#plan);
    this.#cache.forgetLines();
  }

  /** One scrape up to the batch, whatever happens on the way. */
  async #attempt(timestampMs: number): Promise<Attempt> {
    let ingest = this.#newIngest();
    let error: ExpectedError | undefined;
    let bodyBytes = 0;
    let counts = ingest.counts;
    try {
      if (this.#plan.forcedError !== undefined)
        throw new InputError('VED_SCRAPE_FAILED', this.#plan.forcedError);
      const page = await this.#fetch();
      bodyBytes = page.body.length;
      await this.#readPage(ingest, page, timestampMs);
    } catch (caught) {
      if (!(caught instanceof ExpectedError)) throw caught;
      error = caught;
      counts = ingest.counts;
      if (caught instanceof BodyTooLargeError) bodyBytes = -1;
      // Nothing of a broken page is kept; an empty one in its place makes everything stale.
      ingest.release();
      ingest = this.#newIngest();
    }
    await ingest.addStaleMarkers(timestampMs);
    return { ingest, counts, error, bodyBytes };
  }

  async #readPage(ingest: PageIngest, page: PageResponse, timestampMs: number): Promise<void> {
    const { job } = this.#plan;
    // An empty page is a valid one without series, whatever its type.
    if (page.body.length === 0) return;
    await ingest.readPage(page.body, {
      format: formatOfContentType(page.contentType, job.fallbackFormat),
      timestampMs,
      labels: this.#labels,
      honorTimestamps: job.honorTimestamps,
      trackTimestampsStaleness: job.trackTimestampsStaleness,
      sampleCountMax: job.limits.sampleCountMax,
      histograms: job.histograms,
    });
  }

  /** The deadline covers everything from reading the credentials to the last byte. */
  async #fetch(): Promise<PageResponse> {
    const { job, target, client, userAgent } = this.#plan;
    const deadline = new AbortController();
    const timer = this.#deps.clock.setTimer(target.timeoutMs, () =>
      deadline.abort(new TimeoutError('VED_SCRAPE_FAILED', `Get "${target.url}": context deadline exceeded`)),
    );
    const signal = AbortSignal.any([deadline.signal, this.#abort.signal]);
    try {
      const [agents, secretHeaders] = await Promise.all([client.agents(), client.secretHeaders()]);
      return await fetchPage(
        {
          url: target.url,
          headers: {
            accept: job.acceptHeader,
            'accept-encoding': job.isCompressionEnabled ? 'gzip' : 'identity',
            'user-agent': userAgent,
            'x-prometheus-scrape-timeout-seconds': String(target.timeoutMs / 1000),
          },
          secretHeaders,
          agents,
          bodyBytesMax: job.limits.bodyBytesMax,
          followsRedirects: job.http.follow_redirects,
        },
        signal,
      );
    } finally {
      timer.cancel();
    }
  }

  #newIngest(): PageIngest {
    return new PageIngest(this.#deps, { cache: this.#cache, metadata: this.#metadata });
  }

  #report(outcome: Attempt, times: { timestampMs: number; durationMs: number }): void {
    const { job, target } = this.#plan;
    const { counts } = outcome;
    const add = (name: ReportName, value: number): void => {
      const key = this.#reportKeys.get(name);
      if (key !== undefined) outcome.ingest.addReport(key, times.timestampMs, value);
    };
    add('up', outcome.error === undefined ? 1 : 0);
    add('scrape_duration_seconds', times.durationMs / 1000);
    add('scrape_samples_scraped', counts.scrapedCount);
    add('scrape_samples_post_metric_relabeling', counts.keptCount);
    add('scrape_series_added', counts.addedCount);
    if (!job.hasExtraMetrics) return;
    add('scrape_timeout_seconds', target.timeoutMs / 1000);
    add('scrape_sample_limit', job.limits.sampleLimitConfigured);
    add('scrape_body_size_bytes', outcome.bodyBytes);
  }

  #noteRefusals(result: AppendResult, outcome: Attempt): void {
    const { metrics, log } = this.#deps;
    const { url } = this.#plan.target;
    metrics.scrapes.inc();
    metrics.samples.inc(result.acceptedCount);
    if (outcome.error !== undefined) {
      metrics.failed.inc(1, outcome.error instanceof TimeoutError ? 'timeout' : 'target');
      log.debug('scrape failed', { error: outcome.error, url });
    }
    for (const refusal of result.refusals) {
      metrics.refused.inc(refusal.count, refusal.reason);
      // A page repeats the older exemplars of a native histogram with each scrape: nothing is wrong.
      if (refusal.reason === 'invalid-exemplar') log.debug('exemplars of a scrape were refused', { url });
      else log.warn('samples of a scrape were refused', { url, ...refusal });
    }
    if (outcome.counts.duplicateCount > 0) {
      metrics.refused.inc(outcome.counts.duplicateCount, 'duplicate');
      log.warn('a page repeats series', { url, count: outcome.counts.duplicateCount });
    }
    this.#noteLeftOut(outcome.counts);
  }

  #noteLeftOut({ unconvertedCount: count, surplusExemplarCount }: PageIngest['counts']): void {
    const { metrics, log } = this.#deps;
    if (surplusExemplarCount > 0) metrics.refused.inc(surplusExemplarCount, 'exemplar-limit');
    if (count === 0) return;
    metrics.refused.inc(count, 'invalid-histogram');
    log.warn('classic histograms contradict themselves and were not converted', {
      url: this.#plan.target.url,
      count,
    });
  }

  async #writeEnd(timestampMs: number): Promise<void> {
    try {
      await this.#running;
      await this.#deps.writer.append(await this.#endBatch(timestampMs));
    } catch (error) {
      this.#deps.log.warn('staleness markers of a removed target were not stored', {
        error,
        url: this.#plan.target.url,
      });
    }
  }

  async #endBatch(timestampMs: number): Promise<SampleBatch> {
    const ingest = this.#newIngest();
    await ingest.addStaleMarkers(timestampMs);
    for (const [name, key] of this.#reportKeys)
      if (this.#plan.job.hasExtraMetrics || !EXTRA_REPORTS.has(name))
        ingest.addReport(key, timestampMs, 'stale');
    return ingest.finish();
  }
}

interface Attempt {
  readonly ingest: PageIngest;
  readonly counts: PageIngest['counts'];
  readonly error: ExpectedError | undefined;
  /** Uncompressed size of the page, 0 without one, -1 when it was too large. */
  readonly bodyBytes: number;
}

const REPORTS = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
  'scrape_timeout_seconds',
  'scrape_sample_limit',
  'scrape_body_size_bytes',
] as const;

type ReportName = (typeof REPORTS)[number];

/** Reported on demand only. */
const EXTRA_REPORTS: ReadonlySet<ReportName> = new Set([
  'scrape_timeout_seconds',
  'scrape_sample_limit',
  'scrape_body_size_bytes',
]);

/** Node's timers are late by a slice of work or two (5 ms each); at most 1 % of the interval is smoothed. */
const ALIGN_TOLERANCE_MS = 10;

/** After the first missed scrape: one whole interval in which a recreated target would have been scraped, and a tenth. */
const RETIRE_INTERVALS = 1.1;

/** A target may be up and yet not be stored whole: operators look here first. Empty when no limit was met. */
function limitErrorOf({ refusals }: AppendResult): string {
  return refusals
    .filter(({ detail }) => detail !== undefined)
    .map(({ count, example, detail }) => `cannot store ${count} samples such as ${example}: ${detail}`)
    .join('; ');
}

/** Time until the target's place within its interval, which is fixed to absolute time. */
function offsetOf(target: Target, nowMs: number): number {
  const key = Buffer.from(target.key);
  const placeMs = hashBytes(key, 0, key.length) % target.intervalMs;
  return (((placeMs - nowMs) % target.intervalMs) + target.intervalMs) % target.intervalMs;
}

function sampleLabelsOf(plan: ScrapeLoopPlan): SampleLabels {
  return createSampleLabels({
    targetLabels: plan.target.labels,
    honorLabels: plan.job.honorLabels,
    metricRelabelRules: plan.job.metricRelabelRules,
    limits: plan.job.limits.labels,
    isLegacyNames: plan.job.isLegacyNames,
  });
}

function reportKeysOf(labels: SampleLabels): ReadonlyMap<ReportName, Uint8Array> {
  return new Map(REPORTS.map((name) => [name, seriesKeyOf(labels.ofReport(name))]));
}
