/**
 * The monitor agent's contract. It answers about one firing alert or group at a time, from measurements alone: the
 * same stored samples and alerts give the same report. What a language model adds stands beside it.
 */
import type { AnalysisNarrative, AnalysisReport, AnalysisSummary } from '@vedette/api';
import type { Labels } from '@vedette/model';

/** What to look at: an alert by fingerprint, or all that fire with these labels. */
export type AnalysisTarget =
  | { readonly kind: 'alert'; readonly fingerprint: string }
  | { readonly kind: 'group'; readonly labels: Labels };

export interface AnalysisDesk {
  /**
   * The report on a target: one made within the last `agent.keep` seconds, else a new one. `undefined`: no such
   * alert is known. Rejects with `UnavailableError` (VED_AGENT_BUSY) when too many wait, with `CanceledError` when
   * `signal` aborts. Collectors that fail or run out of time are gaps of the report, not errors.
   */
  analyse(
    target: AnalysisTarget,
    signal: AbortSignal,
    options?: AnalyseOptions,
  ): Promise<AnalysisReport | undefined>;
  /** The last report on an alert, or on a group that it was of. Survives restarts. */
  find(fingerprint: string): Promise<AnalysisReport | undefined>;
  /** A report by its own id. `undefined`: there is none, or it is too old to be kept. */
  report(id: string): Promise<AnalysisReport | undefined>;
  /** The newest first. */
  recent(limit: number): Promise<readonly AnalysisSummary[]>;
  /**
   * Tells of every report when it is stored, and once more when a narrative was added to it; in the order in which they
   * came about. Returns the way to stop. A throwing listener is logged and kept; nobody waits for what it begins.
   */
  onReport(listener: (news: ReportNews) => void): () => void;
}

export interface AnalyseOptions {
  /** Makes a new report, however young the last one is. */
  readonly isFresh?: boolean | undefined;
}

export interface ReportNews {
  readonly report: AnalysisReport;
  /** `automatic`: the alerts just began to fire, and nobody asked. */
  readonly cause: 'automatic' | 'asked';
  /** The report was told of before, without its narrative. */
  readonly isUpdate: boolean;
}

/**
 * Tells in words what a report found. It is called for one report at a time, after that is stored and told of, and
 * takes its time, within a limit of its own. What it gives is stored beside the findings. `undefined`: it has nothing to say (off, over budget). A
 * rejection is logged; the report stands.
 */
export interface AnalysisNarrator {
  narrate(report: AnalysisReport, signal: AbortSignal): Promise<AnalysisNarrative | undefined>;
}

/**
 * A tool that a language model may call while it writes. Whoever composes hands in those that only read; the agent has no
 * way to get another one.
 */
export interface ReadOnlyTool {
  readonly name: string;
  readonly description: string;
  /** JSON schema of the arguments, strict. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
  /** Text within the budget of the tool. Faults are told in the text; rejects only when `signal` aborts. */
  call(args: unknown, signal: AbortSignal): Promise<string>;
}
