/**
 * What the collectors of one analysis work with and write into: questions to the engine within limits, evidence with
 * numbers, gaps. Collectors run one after the other, so that evidence is numbered alike whenever the same is found; each
 * has a deadline, and what it does not find becomes a gap of the report.
 */
import type { AnalysisGap, Evidence } from '@vedette/api';
import {
  bug,
  ExpectedError,
  TimeoutError,
  type Clock,
  type QueryResult,
  type ResultSeries,
  type Slicer,
} from '@vedette/model';
import { startDeadline } from '../../lib/deadline.ts';
import type { PromQuery } from '../../query/metrics/port.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AnalysedSubject } from './subject.ts';
import { explorePath } from './links.ts';
import { clip } from './words.ts';

export interface CaseDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly query: PromQuery;
  readonly slicer: Slicer;
}

// A collector asks a few questions of some 100 ms each; who waits at three in the morning has a report after 10 s,
// however slow the engine is (see ENGINE_TIMEOUTS_MAX).
export const COLLECTOR_MS_MAX = 5000;

// An engine that let two collectors wait to their end lets the others wait as well: they are left out.
const ENGINE_TIMEOUTS_MAX = 2;

/** A query of the agent may hold a tenth of what one of a person may (`query.max_samples`). */
export const AGENT_SAMPLES_MAX = 5_000_000;

// All collectors at their limits write about 100: beyond twice that one of them has no limit.
const EVIDENCE_MAX = 200;

// A sentence of a report; whole lists stand behind its link.
const TEXT_CHARS_MAX = 500;

// What a link in an address may carry; a longer expression is read in its rule.
const QUERY_CHARS_MAX = 8000;

export interface NewEvidence {
  readonly kind: Evidence['kind'];
  readonly text: string;
  readonly query?: string | undefined;
  readonly value?: number | undefined;
  readonly baseline?: number | undefined;
  /** Absent: where the query is shown, when there is one. */
  readonly link?: string | undefined;
}

export class CaseFile {
  readonly subject: AnalysedSubject;
  /** The time of the whole analysis. */
  readonly atMs: number;
  readonly evidence: Evidence[] = [];
  readonly gaps: AnalysisGap[] = [];
  readonly #deps: CaseDeps;
  #timeouts = 0;

  constructor(deps: CaseDeps, subject: AnalysedSubject, atMs: number) {
    this.#deps = deps;
    this.subject = subject;
    this.atMs = atMs;
  }

  get slicer(): Slicer {
    return this.#deps.slicer;
  }

  get query(): PromQuery {
    return this.#deps.query;
  }

  gap(what: string, why: string): void {
    this.gaps.push({ what, why: clip(why, TEXT_CHARS_MAX) });
  }

  /** The id to point to. */
  add({ kind, text, query, value, baseline, link }: NewEvidence): string {
    if (this.evidence.length >= EVIDENCE_MAX)
      bug(`a report must rest on at most ${EVIDENCE_MAX} pieces of evidence; got one more: ${kind}`);
    const id = `e${this.evidence.length + 1}`;
    this.evidence.push({
      id,
      kind,
      text: clip(text, TEXT_CHARS_MAX),
      query: query === undefined || query.length > QUERY_CHARS_MAX ? null : query,
      value: numberOrNull(value),
      baseline: numberOrNull(baseline),
      link: link ?? (query === undefined ? null : explorePath(query, this.subject.window)),
    });
    return id;
  }

  /**
   * Runs a collector that asks the engine; what goes wrong in it is a gap, and so is an engine that let others wait in
   * vain. Rejects only when `signal` aborts.
   */
  async collect<T>(
    what: string,
    { signal, otherwise }: { readonly signal: AbortSignal; readonly otherwise: T },
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (this.#timeouts >= ENGINE_TIMEOUTS_MAX) {
      this.gap(what, 'not looked at, since the metrics engine did not answer the questions before in time');
      return otherwise;
    }
    const error = (): Error => new TimeoutError('VED_QUERY_TIMEOUT', LATE);
    using deadline = startDeadline(this.#deps, { afterMs: COLLECTOR_MS_MAX, error, signal });
    try {
      return await work(deadline.signal);
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.signal.aborted) this.#timeouts++;
      this.gap(what, deadline.signal.aborted ? LATE : this.#reasonOf(error, what));
      return otherwise;
    }
  }

  /** The same for one that asks nothing but this process: it finds what it finds whatever the engine does. */
  async collectHere<T>(
    what: string,
    { signal, otherwise }: { readonly signal: AbortSignal; readonly otherwise: T },
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      this.gap(what, this.#reasonOf(error, what));
      return otherwise;
    }
  }

  async instant(expr: string, signal: AbortSignal, atMs = this.atMs): Promise<readonly ResultSeries[]> {
    const options = { samplesMax: AGENT_SAMPLES_MAX, timeoutMs: COLLECTOR_MS_MAX };
    return seriesOf(await this.query.instant({ expr, atMs, options }, signal));
  }

  async range(
    expr: string,
    {
      fromMs,
      untilMs,
      stepMs,
    }: { readonly fromMs: number; readonly untilMs: number; readonly stepMs: number },
    signal: AbortSignal,
  ): Promise<readonly ResultSeries[]> {
    const options = { samplesMax: AGENT_SAMPLES_MAX, timeoutMs: COLLECTOR_MS_MAX };
    const request = { expr, startMs: fromMs, endMs: untilMs, stepMs, options };
    return seriesOf(await this.query.range(request, signal));
  }

  #reasonOf(error: unknown, what: string): string {
    if (error instanceof ExpectedError) return error.message;
    // A mistake of ours in one collector leaves the findings of the others as they are.
    this.#deps.log.error('a collector of the monitor agent failed', { error, collector: what });
    return 'the server made a mistake here; its log tells more';
  }
}

const LATE = `the metrics engine did not answer within ${COLLECTOR_MS_MAX / 1000} s`;

function seriesOf(result: QueryResult): readonly ResultSeries[] {
  return result.kind === 'series' ? result.series : [];
}

export function numberOrNull(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value;
}
