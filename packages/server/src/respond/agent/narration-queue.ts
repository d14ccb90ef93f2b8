/** Reports on their way to the narrator, one at a time, beside the analyses. */
import type { AnalysisReport } from '@vedette/api';
import type { Log } from '../../telemetry/log.ts';
import type { AgentMetrics } from './agent-metrics.ts';
import type { AnalysisNarrator, ReportNews } from './port.ts';

// A minute each: who is tenth in line is told of what was ten minutes ago, and the report says it already.
export const NARRATIONS_WAITING_MAX = 10;

export interface NarrationQueueDeps {
  readonly log: Log;
  readonly metrics: AgentMetrics;
  readonly narrator?: AnalysisNarrator | undefined;
  readonly stopping: AbortSignal;
  readonly onTold: (report: AnalysisReport, cause: ReportNews['cause']) => Promise<void>;
}

export class NarrationQueue {
  readonly #deps: NarrationQueueDeps;
  readonly #waiting: { readonly report: AnalysisReport; readonly cause: ReportNews['cause'] }[] = [];
  #working: Promise<void> | undefined;

  constructor(deps: NarrationQueueDeps) {
    this.#deps = deps;
  }

  /** The oldest one is dropped when too many wait. */
  add(report: AnalysisReport, cause: ReportNews['cause']): void {
    const { narrator, metrics } = this.#deps;
    if (narrator === undefined) return;
    this.#waiting.push({ report, cause });
    if (this.#waiting.length > NARRATIONS_WAITING_MAX) {
      this.#waiting.shift();
      metrics.dropped('narration');
    }
    this.#working ??= this.#workOff(narrator);
  }

  /** Nothing of what waits is handed on. */
  clear(): void {
    this.#waiting.length = 0;
  }

  /** Resolves when the one under way has ended. */
  async settle(): Promise<void> {
    this.clear();
    await this.#working;
  }

  async #workOff(narrator: AnalysisNarrator): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      if (this.#deps.stopping.aborted) break;
      await this.#narrate(narrator, next.report, next.cause);
    }
    // In the same step in which nothing was left: what comes later begins anew.
    this.#working = undefined;
  }

  async #narrate(
    narrator: AnalysisNarrator,
    report: AnalysisReport,
    cause: ReportNews['cause'],
  ): Promise<void> {
    const { log, stopping, onTold } = this.#deps;
    try {
      const narrative = await narrator.narrate(report, stopping);
      if (narrative !== undefined) await onTold({ ...report, narrative }, cause);
    } catch (error) {
      if (stopping.aborted) return;
      log.warn('a report has no narrative', { error });
    }
  }
}
