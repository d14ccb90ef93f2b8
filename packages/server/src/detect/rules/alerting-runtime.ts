/**
 * One alerting rule in a running group. An evaluation goes in this order, so that a kill between any
 * two steps loses nothing:
 *
 * 1. Ask the expression; expand labels and annotations of each result. Any error leaves all as it was.
 * 2. Step the state machine (pure).
 * 3. Save what changed, then show it: what somebody has seen is still there after a kill. A full disk is
 *    reported and does not stop the alert: the message that the disk is full must go out.
 * 4. Hand alerts that are due to the sink. A crash before this repeats the post; the sink expects that.
 * 5. Return the samples of ALERTS and ALERTS_FOR_STATE.
 */
import {
  labelsFromPairs,
  labelsKeyOf,
  METRIC_NAME,
  withLabel,
  withoutLabels,
  type Clock,
  type Labels,
} from '@vedette/model';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import type { PromQuery } from '../../query/metrics/port.ts';
import type { StateStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AlertSink, PostedAlert } from '../alert-sink.ts';
import {
  needsSending,
  notAhead,
  resolveAll,
  shiftWaiting,
  stepAlerts,
  type Alert,
  type PresentAlert,
} from './alert-state.ts';
import { printedGraphPathOf } from './graph-path.ts';
import { mayRestore, restoreActiveAt, type RestoreOptions } from './restore-from-series.ts';
import {
  duplicateErrorOf,
  limitErrorOf,
  queryVector,
  type Evaluation,
  type OutputSample,
  type RuleRuntime,
} from './rule-runtime.ts';
import { SavedAlerts } from './rule-state.ts';
import type { AlertingRule, RuleLabel } from './rule.ts';
import type { TemplateExpander } from './template-expander.ts';

/** Firing and resolved alerts are posted again this often; Prometheus' default of the same name. */
export const RESEND_DELAY_MS = 60_000;

/**
 * After the clock was set, and after a machine slept, a rule looks at a stretch without samples until they come again:
 * so long what it does not find says nothing. The default lookback; most ranges in alerts are no longer. Not longer than
 * the hole itself: a range of five minutes sees past one of two.
 */
const CLOCK_HOLE_MS_MAX = 5 * 60_000;

/** By `labelsKeyOf` their labels. */
type Alerts = ReadonlyMap<string, Alert>;

const ALERT_NAME = 'alertname';
const METRIC_NAME_ONLY: ReadonlySet<string> = new Set([METRIC_NAME]);

export interface AlertingRuntimeDeps {
  readonly clock: Clock;
  readonly query: PromQuery;
  readonly state: StateStore;
  readonly sink: AlertSink;
  readonly templates: TemplateExpander;
  readonly log: Log;
  /** The base of links in alerts, without a slash at the end. */
  readonly externalUrl: string;
}

export class AlertingRuntime implements RuleRuntime {
  readonly id: string;
  readonly kind = 'alerting';
  readonly #deps: AlertingRuntimeDeps;
  readonly #saved: SavedAlerts;
  #rule: AlertingRule;
  /** The page that shows its expression; made when it is first needed. */
  #graphPath: string | undefined;
  #isUnsaved = false;
  #alerts: Alerts;
  /** On the monotonic clock: until then alerts without a series stay as they are. */
  #absenceIgnoredUntilMs = -Infinity;
  /** Evaluations until the past is asked of ALERTS_FOR_STATE; `undefined` when the state is known. */
  #restoreCountdown: number | undefined;

  /** `restored` is what the state store held; `undefined` when it knows nothing and the samples must be asked. */
  constructor(deps: AlertingRuntimeDeps, id: string, rule: AlertingRule, restored: Alerts | undefined) {
    this.#deps = deps;
    this.id = id;
    this.#rule = rule;
    this.#alerts = restored ?? new Map();
    this.#saved = new SavedAlerts(deps.state, id, this.#alerts);
    // As upstream: after the second evaluation, when targets have been scraped once.
    this.#restoreCountdown = restored === undefined && mayRestore(rule) ? 2 : undefined;
  }

  get alerts(): readonly Alert[] {
    return [...this.#alerts.values()];
  }

  /** After a reload that changed its expression, `for` or annotations. */
  adopt(rule: AlertingRule): void {
    this.#rule = rule;
    this.#graphPath = undefined;
  }

  lastWritten(): readonly Labels[] {
    return this.#samples().map(({ labels }) => labels);
  }

  async evaluate(evaluation: Evaluation): Promise<readonly OutputSample[]> {
    const vector = await queryVector(this.#deps.query, this.#rule.expr, evaluation);
    const present = await this.#expandAll(vector, evaluation);
    const active = mapValues(this.#alerts, (alert) => notAhead(alert, evaluation.atMs));
    const isAbsenceIgnored = this.#deps.clock.monotonicMs() < this.#absenceIgnoredUntilMs;
    const next = stepAlerts({ ...this.#rule, isAbsenceIgnored }, active, present, evaluation.atMs);
    const activeCount = [...next.values()].filter(({ state }) => state.kind !== 'resolved').length;
    const isOverLimit = evaluation.limit > 0 && activeCount > evaluation.limit;
    const limited = isOverLimit ? resolveAll(this.#alerts, evaluation.atMs) : next;
    const alerts = await this.#restoreWhenDue(limited, evaluation);
    await this.#save(alerts);
    this.#alerts = alerts;
    await this.#send(evaluation);
    if (isOverLimit) throw limitErrorOf(evaluation.limit, activeCount, 'alerts');
    return this.#restoreCountdown === undefined ? this.#samples() : [];
  }

  /** The wall clock was set: neither does a wait end because of it, nor an alert for lack of samples at the new time. */
  shiftWaiting(byMs: number): void {
    const holeMs = Math.min(Math.abs(byMs), CLOCK_HOLE_MS_MAX);
    this.#absenceIgnoredUntilMs = Math.max(
      this.#absenceIgnoredUntilMs,
      this.#deps.clock.monotonicMs() + holeMs,
    );
    this.#alerts = mapValues(this.#alerts, (alert) => shiftWaiting(alert, byMs));
  }

  /** The rule is removed: its firing alerts resolve now, and nothing of it stays on disk. */
  async retire(atMs: number): Promise<void> {
    this.#alerts = resolveAll(this.#alerts, atMs);
    const resolved = this.alerts.map((alert) => this.#postOf(alert, atMs));
    if (resolved.length > 0) await this.#deps.sink.post(resolved);
    await this.#saved.save(new Map());
    this.#alerts = new Map();
  }

  /** Lets go of alerts that speak of somebody, on disk, too; the sink hears nothing of it. */
  async forget(speaks: (value: unknown) => boolean): Promise<void> {
    const isKept = ({ labels, annotations }: Alert): boolean => !speaks([labels, annotations]);
    this.#alerts = new Map([...this.#alerts].filter(([, alert]) => isKept(alert)));
    await this.#save(this.#alerts);
  }

  /** Ends its firing alerts at the sink and keeps them here; the next evaluation posts them as new. */
  async withdraw(atMs: number): Promise<void> {
    const ended = resolveAll(this.#alerts, atMs);
    this.#alerts = mapValues(this.#alerts, (alert) => ({ ...alert, lastSentMs: undefined }));
    const posts = [...ended.values()].map((alert) => this.#postOf(alert, atMs));
    if (posts.length > 0) await this.#deps.sink.post(posts);
  }

  async #expandAll(
    vector: readonly OutputSample[],
    evaluation: Evaluation,
  ): Promise<Map<string, PresentAlert>> {
    const present = new Map<string, PresentAlert>();
    const slicer = new TimeSlicer(this.#deps.clock);
    for (const sample of vector) {
      if (slicer.shouldYield()) await slicer.yield();
      const { value } = sample;
      const expand = (kind: string, pairs: readonly RuleLabel[]): Promise<[string, string][]> =>
        this.#expandPairs(kind, pairs, sample, evaluation);
      const own = await expand('label', this.#rule.labels);
      const base = withoutLabels(sample.labels, METRIC_NAME_ONLY);
      const labels = labelsFromPairs([...pairsOf(base), ...own, [ALERT_NAME, this.#rule.name]]);
      const annotations = labelsFromPairs(await expand('annotation', this.#rule.annotations));
      const key = labelsKeyOf(labels);
      if (present.has(key)) throw duplicateErrorOf('alert');
      present.set(key, { labels, annotations, value });
    }
    return present;
  }

  async #expandPairs(
    kind: string,
    pairs: readonly RuleLabel[],
    sample: OutputSample,
    evaluation: Evaluation,
  ): Promise<[string, string][]> {
    const expanded: [string, string][] = [];
    for (const [name, text] of pairs) {
      // Most labels are plain words; they need no interpreter.
      const isPlain = !text.includes('{{');
      expanded.push([name, isPlain ? text : await this.#expandOne(kind, name, text, sample, evaluation)]);
    }
    return expanded;
  }

  async #expandOne(
    kind: string,
    name: string,
    text: string,
    sample: OutputSample,
    evaluation: Evaluation,
  ): Promise<string> {
    const where = `alert "${this.#rule.name}", ${kind} "${name}"`;
    const { labels, value } = sample;
    try {
      const request = { text, alertName: this.#rule.name, labels, value, atMs: evaluation.queryAtMs };
      return await this.#deps.templates.expand(request, evaluation.signal);
    } catch (error) {
      evaluation.signal.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      this.#deps.log.debug('a template of a rule cannot be expanded', { where, reason });
      return `<error expanding template: ${reason}>`;
    }
  }

  async #restoreWhenDue(alerts: Alerts, evaluation: Evaluation): Promise<Alerts> {
    if (this.#restoreCountdown === undefined || --this.#restoreCountdown > 0) return alerts;
    this.#restoreCountdown = undefined;
    const options: RestoreOptions = { rule: this.#rule, atMs: evaluation.atMs, signal: evaluation.signal };
    return await restoreActiveAt(this.#deps, alerts, options);
  }

  async #save(alerts: Alerts): Promise<void> {
    try {
      await this.#saved.save(alerts);
      this.#isUnsaved = false;
    } catch (error) {
      // Tried again at every evaluation, told once.
      if (this.#isUnsaved) return;
      this.#isUnsaved = true;
      this.#deps.log.error('the state of a rule cannot be saved; a restart would lose it', {
        rule: this.#rule.name,
        error,
      });
    }
  }

  async #send(evaluation: Evaluation): Promise<void> {
    const due = [...this.#alerts].filter(([, alert]) =>
      needsSending(alert, evaluation.atMs, RESEND_DELAY_MS),
    );
    if (due.length === 0) return;
    const validUntilMs = evaluation.atMs + 4 * Math.max(evaluation.intervalMs, RESEND_DELAY_MS);
    try {
      await this.#deps.sink.post(due.map(([, alert]) => this.#postOf(alert, validUntilMs)));
    } catch (error) {
      this.#deps.log.error('alerts cannot be handed on; the next evaluation tries again', {
        rule: this.#rule.name,
        error,
      });
      return;
    }
    const sent = new Map(this.#alerts);
    for (const [key, alert] of due) sent.set(key, { ...alert, lastSentMs: evaluation.atMs });
    this.#alerts = sent;
  }

  #postOf(alert: Alert, validUntilMs: number): PostedAlert {
    const { state, labels, annotations } = alert;
    this.#graphPath ??= printedGraphPathOf(this.#rule.expr);
    const generatorUrl = `${this.#deps.externalUrl}${this.#graphPath}`;
    const startsAtMs = state.kind === 'pending' ? alert.activeAtMs : state.sinceMs;
    const common = { labels, annotations, startsAtMs, generatorUrl };
    return state.kind === 'resolved'
      ? { ...common, status: 'resolved', endsAtMs: state.atMs }
      : { ...common, status: 'firing', endsAtMs: validUntilMs };
  }

  #samples(): OutputSample[] {
    const samples: OutputSample[] = [];
    for (const { labels, state, activeAtMs } of this.#alerts.values()) {
      if (state.kind === 'resolved') continue;
      const named = withLabel(labels, METRIC_NAME, 'ALERTS');
      samples.push({ labels: withLabel(named, 'alertstate', state.kind), value: 1 });
      const forState = withLabel(labels, METRIC_NAME, 'ALERTS_FOR_STATE');
      samples.push({ labels: forState, value: Math.floor(activeAtMs / 1000) });
    }
    return samples;
  }
}

function pairsOf(labels: Labels): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i < labels.length; i += 2) pairs.push([labels[i] ?? '', labels[i + 1] ?? '']);
  return pairs;
}

function mapValues(alerts: Alerts, change: (alert: Alert) => Alert): Alerts {
  return new Map([...alerts].map(([key, alert]) => [key, change(alert)]));
}
