/**
 * Rules that another server evaluates (`storage.metrics.rules: there`): shown here as they stand there, and its alerts
 * handed on to our alert stage as if that server had us among its Alertmanagers.
 *
 * 1. `/api/v1/rules` is asked once per evaluation interval. A question that fails changes nothing: alerts do not
 *    resolve because nobody answers.
 * 2. Its firing alerts are posted when they appear and every minute while they fire. One that an answer no longer
 *    lists is resolved, and posted so for 15 minutes.
 * 3. What was posted stands in the state store, so that after a restart an alert that is gone can still be resolved.
 *
 * The API tells when an alert became active, not when it began to fire: that is taken as `for` later, at most now.
 * An alert that fires and ends between two questions is not seen; a shorter evaluation interval asks more often.
 */
import { ExpectedError, labelsKeyOf, TimeoutError, type Clock, type Timer } from '@vedette/model';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import type { JsonCursor } from '../../lib/json-cursor.ts';
import type { PrometheusApi } from '../../store/metrics/port.ts';
import type { StateStore } from '../../store/state/port.ts';
import type { Log } from '../../telemetry/log.ts';
import type { AlertSink, PostedAlert } from '../alert-sink.ts';
import { RESEND_DELAY_MS } from './alerting-runtime.ts';
import { forgetAlerts, loadEngineAlerts, saveAlerts } from './engine-alert-state.ts';
import { ruleGroupOf } from './engine-rules-json.ts';
import { graphPathOf } from './graph-path.ts';
import type { RuleGroupStatus } from './group-status.ts';

export interface EngineRulesDeps {
  readonly clock: Clock;
  readonly api: PrometheusApi;
  readonly sink: AlertSink;
  readonly state: StateStore;
  readonly log: Log;
  /** The base of links in alerts, without a slash at the end. */
  readonly externalUrl: string;
}

export interface EngineRules {
  /** Begins to ask; resolves when the alerts of the last run are known again. */
  start(intervalMs: number): Promise<void>;
  stop(): Promise<void>;
  /** As of the last answer. */
  groups(): readonly RuleGroupStatus[];
  /** Why there is no newer answer, in sentences for operators; empty when the last question was answered. */
  problems(): readonly string[];
  /** Posts what fires as resolved, and lets the next answer post it anew: for a change of what the sink adds to labels. */
  withdraw(): Promise<void>;
}

/** Longer than any server should need for a list it holds in memory. */
const ASK_MS_MAX = 10_000;

/** Resolved alerts are posted so long, as by our own rules: one lost post does no harm. */
const RESOLVED_RETENTION_MS = 15 * 60_000;

export function createEngineRules(deps: EngineRulesDeps): EngineRules {
  return new PolledRules({ ...deps, log: deps.log.child('rules') });
}

/** Resolves what a run with `rules: there` left firing, when the rules are evaluated here again. */
export async function retireEngineAlerts(
  deps: Pick<EngineRulesDeps, 'clock' | 'sink' | 'state'>,
): Promise<void> {
  const left = [...(await loadEngineAlerts(deps.state)).values()];
  if (left.length === 0) return;
  const endsAtMs = deps.clock.nowMs();
  await deps.sink.post(left.map((alert) => ({ ...alert, status: 'resolved', endsAtMs })));
  await forgetAlerts(deps.state, left);
}

/** A posted alert, and when it was posted last. */
interface Relayed {
  readonly alert: PostedAlert;
  sentMs: number | undefined;
}

class PolledRules implements EngineRules {
  readonly #deps: EngineRulesDeps;
  readonly #stopped = new AbortController();
  readonly #firing = new Map<string, Relayed>();
  readonly #resolved = new Map<string, Relayed>();
  #groups: readonly RuleGroupStatus[] = [];
  #problem: string | undefined;
  #timer: Timer | undefined;
  #asking: Promise<void> = Promise.resolve();
  #intervalMs = 0;

  constructor(deps: EngineRulesDeps) {
    this.#deps = deps;
  }

  async start(intervalMs: number): Promise<void> {
    this.#intervalMs = intervalMs;
    for (const [key, alert] of await loadEngineAlerts(this.#deps.state))
      this.#firing.set(key, { alert, sentMs: undefined });
    this.#next();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#timer?.cancel();
    await this.#asking;
  }

  groups(): readonly RuleGroupStatus[] {
    return this.#groups;
  }

  problems(): readonly string[] {
    return this.#problem === undefined ? [] : [this.#problem];
  }

  async withdraw(): Promise<void> {
    const endsAtMs = this.#deps.clock.nowMs();
    const firing = [...this.#firing.values()];
    if (firing.length === 0) return;
    await this.#deps.sink.post(firing.map(({ alert }) => ({ ...alert, status: 'resolved', endsAtMs })));
    for (const relayed of firing) relayed.sentMs = undefined;
  }

  #next(): void {
    this.#asking = this.#poll().then(() => {
      if (this.#stopped.signal.aborted) return;
      this.#timer = this.#deps.clock.setTimer(this.#intervalMs, () => this.#next());
    });
  }

  async #poll(): Promise<void> {
    const { log } = this.#deps;
    try {
      this.#groups = await this.#ask();
      this.#problem = undefined;
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      const reason = error instanceof ExpectedError ? error.message : String(error);
      if (this.#problem === undefined) log.warn('the rules of the metrics engine cannot be read', { reason });
      this.#problem = `the rules of the metrics engine cannot be read: ${reason}`;
      return;
    }
    try {
      await this.#relay();
    } catch (error) {
      log.error('alerts of the metrics engine cannot be handed on; the next evaluation tries again', {
        error,
      });
    }
  }

  async #ask(): Promise<readonly RuleGroupStatus[]> {
    const { clock, api } = this.#deps;
    const stop = new AbortController();
    const onStop = (): void => stop.abort(this.#stopped.signal.reason);
    this.#stopped.signal.addEventListener('abort', onStop, { once: true });
    const late = new TimeoutError('VED_QUERY_TIMEOUT', `no answer within ${ASK_MS_MAX} ms`);
    const timer = clock.setTimer(ASK_MS_MAX, () => stop.abort(late));
    try {
      const request = { path: '/api/v1/rules', method: 'GET' } as const;
      const answer = await api.call(request, (data) => readGroups(clock, data), stop.signal);
      return answer.data ?? [];
    } finally {
      timer.cancel();
      this.#stopped.signal.removeEventListener('abort', onStop);
    }
  }

  /** Posts what is due; what cannot be posted stays due. */
  async #relay(): Promise<void> {
    const { clock, sink, state } = this.#deps;
    const nowMs = clock.nowMs();
    const present = this.#presentAt(nowMs);
    const gone = [...this.#firing].filter(([key]) => !present.has(key));
    const added = [...present].filter(([key]) => !this.#firing.has(key));
    await saveAlerts(
      state,
      added.map(([, alert]) => alert),
    );
    for (const [key, alert] of present) {
      const known = this.#firing.get(key);
      const startsAtMs = known?.alert.startsAtMs ?? alert.startsAtMs;
      this.#firing.set(key, { alert: { ...alert, startsAtMs }, sentMs: known?.sentMs });
      this.#resolved.delete(key);
    }
    for (const [key, { alert }] of gone) {
      this.#firing.delete(key);
      this.#resolved.set(key, {
        alert: { ...alert, status: 'resolved', endsAtMs: nowMs },
        sentMs: undefined,
      });
    }
    const due = [...this.#firing.values(), ...this.#resolved.values()].filter(
      ({ sentMs }) => sentMs === undefined || nowMs - sentMs >= RESEND_DELAY_MS,
    );
    if (due.length > 0) await sink.post(due.map(({ alert }) => alert));
    const ended = due.filter(({ alert, sentMs }) => alert.status === 'resolved' && sentMs === undefined);
    for (const relayed of due) relayed.sentMs = nowMs;
    await forgetAlerts(
      state,
      ended.map(({ alert }) => alert),
    );
    for (const [key, { alert }] of this.#resolved)
      if (nowMs - alert.endsAtMs >= RESOLVED_RETENTION_MS) this.#resolved.delete(key);
  }

  #presentAt(nowMs: number): ReadonlyMap<string, PostedAlert> {
    const endsAtMs = nowMs + 4 * Math.max(this.#intervalMs, RESEND_DELAY_MS);
    const present = new Map<string, PostedAlert>();
    for (const group of this.#groups)
      for (const view of group.rules) {
        if (view.kind !== 'alerting') continue;
        const generatorUrl = `${this.#deps.externalUrl}${graphPathOf(view.rule.expr)}`;
        for (const { state, labels, annotations, activeAtMs } of view.alerts) {
          if (state !== 'firing') continue;
          const startsAtMs = Math.min(activeAtMs + view.rule.forMs, nowMs);
          const posted = {
            status: 'firing',
            labels,
            annotations,
            startsAtMs,
            endsAtMs,
            generatorUrl,
          } as const;
          present.set(labelsKeyOf(labels), posted);
        }
      }
    return present;
  }
}

/** `{"groups": […]}`, group by group: some have thousands of alerts. */
async function readGroups(clock: Clock, data: JsonCursor): Promise<readonly RuleGroupStatus[]> {
  const slicer = new TimeSlicer(clock);
  const groups: RuleGroupStatus[] = [];
  data.enterObject();
  for (let key = data.nextKey(); key !== undefined; key = data.nextKey()) {
    if (key !== 'groups') {
      data.skip();
      continue;
    }
    data.enterArray();
    while (data.nextElement()) {
      groups.push(ruleGroupOf(data.readValue()));
      if (slicer.shouldYield()) await slicer.yield();
    }
  }
  return groups;
}
