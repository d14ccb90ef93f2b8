/**
 * The desk of the monitor agent: who asks is served in turn, one analysis at a time, and so are the alerts that begin to
 * fire by themselves. Whoever asks goes before what nobody asked for.
 *
 * An analysis goes on when the one who asked for it has gone: its report is kept, and the next one to ask has it. After a
 * report is kept and told of, a narrator may put it into words, beside the next analyses.
 */
import type { AnalysisReport, AnalysisSummary } from '@vedette/api';
import {
  labelsToRecord,
  labelValueOf,
  UnavailableError,
  type Clock,
  type Random,
  type Timer,
} from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { untilAborted } from '../../lib/until-aborted.ts';
import type { PromQuery } from '../../query/metrics/port.ts';
import type { StateStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import type { SubjectMemory } from '../privacy/privacy-office.ts';
import type { RunbookLibrary } from '../runbook/runbook.ts';
import { createAgentMetrics, type AgentMetrics } from './agent-metrics.ts';
import {
  isResolved,
  relatingAlertsOf,
  type AgentAlert,
  type AgentAlerts,
  type AgentRuleGroup,
  type SubjectCounter,
} from './agent-world.ts';
import { analyse } from './analyse.ts';
import { FiringWatch, WATCH_MS } from './firing-watch.ts';
import { NarrationQueue } from './narration-queue.ts';
import type { AnalyseOptions, AnalysisDesk, AnalysisNarrator, AnalysisTarget, ReportNews } from './port.ts';
import { ReportStore, type IndexEntry } from './report-store.ts';
import { fingerprintsOf, longestFiringFirst, subjectOf } from './subject.ts';

export interface AnalysisDeskDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
  readonly state: Pick<StateStore, 'documents'>;
  readonly query: PromQuery;
  readonly alerts: AgentAlerts;
  readonly rules: { groups(): readonly AgentRuleGroup[] };
  readonly library: () => Promise<RunbookLibrary>;
  /** Absent: nothing counts users. */
  readonly subjects?: SubjectCounter | undefined;
  /** Absent: reports have no narrative. */
  readonly narrator?: AnalysisNarrator | undefined;
}

export interface AnalysisDeskSetup {
  /** Whether alerts are analysed when they begin to fire. */
  readonly isAutomatic: boolean;
  /** So long a report is handed out again. */
  readonly keepMs: number;
  /** Names of labels that this server adds to all alerts. */
  readonly externalLabels: ReadonlySet<string>;
}

export interface RunningAnalysisDesk extends AnalysisDesk, SubjectMemory {
  apply(setup: AnalysisDeskSetup): void;
  /** Gives up what is under way. */
  stop(): Promise<void>;
}

// Each takes up to half a second of the one core that everything runs on: who comes later waits four seconds at most.
export const ANALYSES_WAITING_MAX = 8;

// The event loop belongs to others for as long as an analysis takes, at least.
const PAUSE_MS = 500;

export async function openAnalysisDesk(
  deps: AnalysisDeskDeps,
  setup: AnalysisDeskSetup,
): Promise<RunningAnalysisDesk> {
  const log = deps.log.child('agent');
  return new Desk({ ...deps, log }, setup, await ReportStore.open(deps));
}

interface Job {
  readonly cause: ReportNews['cause'];
  readonly alerts: readonly AgentAlert[];
  readonly group: readonly AgentAlert[];
  readonly kind: 'alert' | 'group';
  readonly done: PromiseWithResolvers<AnalysisReport>;
}

interface FoundAlerts {
  readonly kind: 'alert' | 'group';
  readonly own: readonly AgentAlert[];
  readonly group: readonly AgentAlert[];
}

class Desk implements RunningAnalysisDesk {
  readonly #deps: AnalysisDeskDeps;
  readonly #metrics: AgentMetrics;
  readonly #reports: ReportStore;
  readonly #watch: FiringWatch;
  readonly #narrations: NarrationQueue;
  readonly #listeners = new Set<(news: ReportNews) => void>();
  readonly #stopping = new AbortController();
  #setup: AnalysisDeskSetup;
  /** By what is asked for: who asks for the same shares the answer. */
  readonly #asked = new Map<string, Job>();
  #working: Promise<void> | undefined;
  /** The analysis under way. */
  #running: Promise<void> | undefined;
  #looking: Timer | undefined;
  /** Privacy requests under way: no report on these people is kept or handed on. */
  #forgotten: ((value: unknown) => boolean)[] = [];

  constructor(deps: AnalysisDeskDeps, setup: AnalysisDeskSetup, reports: ReportStore) {
    this.#deps = deps;
    this.#setup = setup;
    this.#reports = reports;
    this.#metrics = createAgentMetrics(deps.metrics, () => ({
      waiting: this.#asked.size + this.#watch.waitingCount,
      reports: reports.size,
    }));
    this.#watch = new FiringWatch({
      ...deps,
      slicer: new TimeSlicer(deps.clock),
      isAnalysed: (alert) => {
        const entry = reports.newest(alert.fingerprint);
        return isOfFiring(entry, alert, deps.clock.nowMs());
      },
      onDropped: () => this.#metrics.dropped('analysis'),
    });
    this.#narrations = new NarrationQueue({
      ...deps,
      metrics: this.#metrics,
      stopping: this.#stopping.signal,
      onTold: (report, cause) => this.#tellOfNarrative(report, cause),
    });
    this.#arm();
  }

  apply(setup: AnalysisDeskSetup): void {
    this.#setup = setup;
  }

  async analyse(
    target: AnalysisTarget,
    signal: AbortSignal,
    { isFresh = false }: AnalyseOptions = {},
  ): Promise<AnalysisReport | undefined> {
    signal.throwIfAborted();
    const found = this.#alertsOf(target);
    const [first] = found.own;
    if (first === undefined) return undefined;
    const kept = isFresh ? undefined : await this.#findKept(found);
    if (kept !== undefined) return kept;
    const key = keyOf(target);
    const job = this.#asked.get(key) ?? this.#enqueue(key, found);
    return await untilAborted(job.done.promise, signal);
  }

  async find(fingerprint: string): Promise<AnalysisReport | undefined> {
    const entry = this.#reports.newest(fingerprint);
    return entry === undefined ? undefined : await this.#reports.find(entry.id);
  }

  async report(id: string): Promise<AnalysisReport | undefined> {
    return await this.#reports.find(id);
  }

  recent(limit: number): Promise<readonly AnalysisSummary[]> {
    return Promise.resolve(this.#reports.recent(limit));
  }

  onReport(listener: (news: ReportNews) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async forget(speaks: (value: unknown) => boolean): Promise<void> {
    this.#forgotten.push(speaks);
    this.#watch.forget(speaks);
    this.#narrations.clear();
    try {
      await this.#running;
      await this.#reports.forget(speaks);
      // One that began meanwhile may have read what was only then removed elsewhere.
      await this.#running;
    } finally {
      this.#forgotten = this.#forgotten.filter((one) => one !== speaks);
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new UnavailableError('VED_AGENT_BUSY', 'cannot analyse: the server stops'));
    this.#looking?.cancel();
    await this.#working;
    await this.#narrations.settle();
    this.#reports.close();
  }

  #alertsOf(target: AnalysisTarget): FoundAlerts {
    const all = this.#deps.alerts.alerts();
    if (target.kind === 'alert') {
      const own = all.filter(({ fingerprint }) => fingerprint === target.fingerprint);
      const group = this.#deps.alerts
        .groups()
        .find(({ alerts }) => alerts.some(({ fingerprint }) => fingerprint === target.fingerprint));
      return { kind: 'alert', own, group: relatingAlertsOf(group) };
    }
    const nowMs = this.#deps.clock.nowMs();
    const wanted = Object.entries(labelsToRecord(target.labels));
    const own = all.filter(
      (alert) =>
        !isResolved(alert, nowMs) &&
        wanted.every(([name, value]) => labelValueOf(alert.labels, name) === value),
    );
    return { kind: 'group', own, group: own };
  }

  /** A young report on the same firing of the same alerts; of an alert that has ended the last one, however old. */
  async #findKept({ kind, own }: FoundAlerts): Promise<AnalysisReport | undefined> {
    const alerts = longestFiringFirst(own);
    const [first] = alerts;
    if (first === undefined) return undefined;
    const entry = this.#reports.newest(first.fingerprint);
    const nowMs = this.#deps.clock.nowMs();
    if (entry?.kind !== kind || !isOfFiring(entry, first, nowMs)) return undefined;
    // One alert may be of several groups: a report on some of these alerts, or on more, says something else.
    const fingerprints = new Set(fingerprintsOf(alerts));
    if (entry.fingerprints.length !== fingerprints.size) return undefined;
    if (!entry.fingerprints.every((one) => fingerprints.has(one))) return undefined;
    const isYoung = nowMs - entry.createdAtMs <= this.#setup.keepMs;
    return isYoung || isResolved(first, nowMs) ? await this.#reports.find(entry.id) : undefined;
  }

  #enqueue(key: string, { kind, own, group }: FoundAlerts): Job {
    if (this.#stopping.signal.aborted || this.#asked.size >= ANALYSES_WAITING_MAX)
      throw new UnavailableError(
        'VED_AGENT_BUSY',
        `cannot analyse the alert: ${this.#asked.size} analyses wait, the limit is ${ANALYSES_WAITING_MAX}; ask again in some seconds`,
      );
    const done = Promise.withResolvers<AnalysisReport>();
    // Whoever asked may have gone; then nobody hears of the failure but the log.
    done.promise.catch(() => undefined);
    const job: Job = { cause: 'asked', alerts: own, group, kind, done };
    this.#asked.set(key, job);
    this.#work();
    return job;
  }

  /** Works until nothing is left whose time has come. */
  #work(): void {
    if (this.#working !== undefined) return;
    this.#working = this.#workOff().finally(() => {
      this.#working = undefined;
      // What came while the last step ended.
      if (this.#asked.size > 0 && !this.#stopping.signal.aborted) this.#work();
    });
  }

  async #workOff(): Promise<void> {
    const { signal } = this.#stopping;
    const { clock } = this.#deps;
    while (!signal.aborted) {
      const [asked] = this.#asked;
      const job = asked?.[1] ?? this.#nextCase();
      if (job === undefined) return;
      this.#running = this.#run(job);
      await this.#running;
      this.#running = undefined;
      if (asked !== undefined) this.#asked.delete(asked[0]);
      else await clock.sleep(PAUSE_MS, signal).catch(() => undefined);
    }
    for (const { done } of this.#asked.values()) done.reject(signal.reason);
    this.#asked.clear();
  }

  #nextCase(): Job | undefined {
    for (let key = this.#watch.take(); key !== undefined; key = this.#watch.take()) {
      const { own, group } = this.#watch.alertsOf(key);
      // It may have ended while it waited.
      if (own.length === 0) continue;
      const kind = own.length > 1 ? 'group' : 'alert';
      return { cause: 'automatic', alerts: own, group, kind, done: Promise.withResolvers() };
    }
    return undefined;
  }

  /** Never rejects: the outcome goes to whoever asked. */
  async #run(job: Job): Promise<void> {
    const { clock, log } = this.#deps;
    const startedMs = clock.monotonicMs();
    job.done.promise.catch(() => undefined);
    try {
      const report = await this.#make(job);
      this.#metrics.analysed(job.cause, 'made', clock.monotonicMs() - startedMs);
      const isKept = await this.#keep(report);
      job.done.resolve(report);
      if (!isKept) return;
      this.#tell({ report, cause: job.cause, isUpdate: false });
      this.#narrations.add(report, job.cause);
    } catch (error) {
      job.done.reject(error);
      if (this.#stopping.signal.aborted) return;
      this.#metrics.analysed(job.cause, 'failed', clock.monotonicMs() - startedMs);
      log.error('cannot analyse an alert', { error });
    }
  }

  async #make({ kind, alerts, group }: Job): Promise<AnalysisReport> {
    const { clock, rules } = this.#deps;
    const atMs = clock.nowMs();
    const { externalLabels } = this.#setup;
    const subject = subjectOf({ kind, alerts, rules: rules.groups(), externalLabels, nowMs: atMs });
    if (subject === undefined)
      throw new UnavailableError('VED_AGENT_BUSY', 'cannot analyse the alert: it is gone');
    const id = `${subject.first.fingerprint}-${kind === 'group' ? 'g' : 'a'}${atMs}`;
    const request = { id, atMs, subject, alerts: this.#deps.alerts.alerts(), group };
    const slicer = new TimeSlicer(clock).forTask();
    return await analyse({ ...this.#deps, slicer }, request, this.#stopping.signal);
  }

  /**
   * A store that cannot write must not keep the report from people. `false`: it speaks of somebody who is forgotten, and
   * goes to nobody but the one who waits for it.
   */
  async #keep(report: AnalysisReport): Promise<boolean> {
    if (this.#forgotten.some((speaks) => speaks(report))) return false;
    try {
      await this.#reports.save(report);
    } catch (error) {
      this.#deps.log.error('a report cannot be saved; it is told of, but nobody will find it later', {
        error,
      });
    }
    return true;
  }

  async #tellOfNarrative(report: AnalysisReport, cause: ReportNews['cause']): Promise<void> {
    if (this.#forgotten.some((speaks) => speaks(report))) return;
    if (await this.#reports.replace(report)) this.#tell({ report, cause, isUpdate: true });
  }

  #tell(news: ReportNews): void {
    for (const listener of this.#listeners)
      try {
        listener(news);
      } catch (error) {
        this.#deps.log.error('a listener of reports failed', { error });
      }
  }

  #arm(): void {
    this.#looking = this.#deps.clock.setTimer(WATCH_MS, () => {
      void this.#look().finally(() => {
        if (!this.#stopping.signal.aborted) this.#arm();
      });
    });
  }

  async #look(): Promise<void> {
    if (!this.#setup.isAutomatic) return;
    try {
      await this.#watch.look(this.#setup.keepMs);
    } catch (error) {
      this.#deps.log.error('cannot look for alerts that began to fire', { error });
    }
    if (this.#watch.waitingCount > 0) this.#work();
  }
}

/** Whether the report is on this firing; one of the future, from a clock that was set back, is on none. */
function isOfFiring(
  entry: IndexEntry | undefined,
  { startsAt }: AgentAlert,
  nowMs: number,
): entry is IndexEntry {
  return entry !== undefined && entry.createdAtMs >= startsAt.ms && entry.createdAtMs <= nowMs;
}

function keyOf(target: AnalysisTarget): string {
  return target.kind === 'alert' ? target.fingerprint : JSON.stringify(target.labels);
}
