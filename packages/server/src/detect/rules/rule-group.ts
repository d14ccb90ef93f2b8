/**
 * A rule group at work.
 *
 * 1. Groups share the seconds: each evaluates at slots `offset + n · interval`, where the offset is a
 *    hash of file and name, so that a hundred groups do not ask at the same moment, and a restart
 *    keeps the slots.
 * 2. In a slot the rules run one after the other; what rule n wrote, rule n + 1 sees.
 * 3. A series that a rule wrote in its last evaluation and not in this one is ended by a staleness
 *    marker. A rule that failed ends nothing: not to know is not to know that it is gone.
 * 4. An evaluation that takes longer than the interval lets slots pass; they are counted, not caught up.
 * 5. Timers run on monotonic time. When the wall clock was set meanwhile (by more than adjusting
 *    daemons do), or the machine slept, the spans that alerts wait for are shifted with it, and none ends
 *    because there are no samples yet at the new time.
 */
import {
  labelsKeyOf,
  SampleBatchBuilder,
  type Clock,
  type Labels,
  type MetricsWriter,
  type NativeHistogram,
  type SampleBatch,
} from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import { AlertingRuntime } from './alerting-runtime.ts';
import type { RuleMetrics } from './rule-metrics.ts';
import type { Evaluation, OutputSample, RuleRuntime } from './rule-runtime.ts';
import type { Rule, RuleGroup } from './rule.ts';

/** Clock daemons slew by at most 500 ppm, 30 ms a minute; a second within an interval was a jump. */
const CLOCK_JUMP_MS_MIN = 1000;

export interface RuleGroupDeps {
  readonly clock: Clock;
  readonly writer: MetricsWriter;
  readonly log: Log;
  readonly metrics: RuleMetrics;
}

/** A rule with its runtime and what its last evaluation came to. */
export interface RunningRule {
  readonly rule: Rule;
  readonly runtime: RuleRuntime;
  readonly last: LastEvaluation;
  /** Series of the last evaluation by key, for staleness. */
  readonly written: ReadonlyMap<string, Labels>;
}

export interface LastEvaluation {
  readonly health: 'unknown' | 'ok' | 'err';
  readonly error: string | undefined;
  /** The slot; `undefined` before the first. */
  readonly atMs: number | undefined;
  readonly tookMs: number;
}

export const NEVER_EVALUATED: LastEvaluation = {
  health: 'unknown',
  error: undefined,
  atMs: undefined,
  tookMs: 0,
};

/** `file;name`, as Prometheus labels its metrics. */
export function groupKeyOf({ file, name }: RuleGroup): string {
  return `${file};${name}`;
}

export class RunningGroup {
  readonly definition: RuleGroup;
  readonly intervalMs: number;
  readonly queryOffsetMs: number;
  readonly #deps: RuleGroupDeps;
  readonly #offsetMs: number;
  #rules: readonly RunningRule[];
  #last: { atMs: number | undefined; tookMs: number } = { atMs: undefined, tookMs: 0 };
  #stop: AbortController | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(
    deps: RuleGroupDeps,
    options: {
      definition: RuleGroup;
      intervalMs: number;
      queryOffsetMs: number;
      rules: readonly RunningRule[];
    },
  ) {
    this.#deps = deps;
    this.definition = options.definition;
    this.intervalMs = options.intervalMs;
    this.queryOffsetMs = options.queryOffsetMs;
    this.#rules = options.rules;
    this.#offsetMs = slotOffsetOf(options.definition, options.intervalMs);
  }

  get key(): string {
    return groupKeyOf(this.definition);
  }

  get rules(): readonly RunningRule[] {
    return this.#rules;
  }

  get last(): { readonly atMs: number | undefined; readonly tookMs: number } {
    return this.#last;
  }

  start(): void {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    this.#loop = this.#run(signal).catch((error: unknown) => {
      if (!signal.aborted)
        this.#deps.log.error('a rule group stopped evaluating', { group: this.key, error });
    });
  }

  /** Ends the loop; a query under way is cancelled. */
  async stop(): Promise<void> {
    this.#stop?.abort(new Error('the rule group stops'));
    await this.#loop;
  }

  /** Evaluates every rule at `atMs`. The loop calls it; tests and backtests may drive it themselves. */
  async evaluate(atMs: number, signal: AbortSignal): Promise<void> {
    const startMs = this.#deps.clock.monotonicMs();
    const evaluation: Evaluation = {
      atMs,
      queryAtMs: atMs - this.queryOffsetMs,
      intervalMs: this.intervalMs,
      limit: this.definition.limit,
      signal,
    };
    for (const [i, running] of this.#rules.entries()) {
      this.#rules = this.#rules.with(i, await this.#evaluateRule(running, evaluation));
      if (signal.aborted) return;
    }
    this.#last = { atMs, tookMs: this.#deps.clock.monotonicMs() - startMs };
    this.#deps.metrics.groupEvaluated(this.key, atMs, this.#last.tookMs);
  }

  /** See `RuleManager.forget`; while the group is stopped. */
  async forget(speaks: (value: unknown) => boolean): Promise<void> {
    this.#rules = this.#rules.map((running) => ({
      ...running,
      written: new Map([...running.written].filter(([, labels]) => !speaks(labels))),
    }));
    for (const { runtime } of this.#rules)
      if (runtime instanceof AlertingRuntime) await runtime.forget(speaks);
  }

  /** Ends the series of the given rules now. */
  async endSeries(rules: readonly RunningRule[]): Promise<void> {
    const atMs = this.#deps.clock.nowMs() - this.queryOffsetMs;
    const ended = rules.flatMap(({ written }) => [...written.values()]);
    if (ended.length > 0) await this.#deps.writer.append(batchOf([], ended, atMs));
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, metrics } = this.#deps;
    let planned = this.#slotAfter(clock.nowMs());
    let seen = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    for (;;) {
      // Never longer than the interval: the clock may have been set back since the slot was planned.
      await clock.sleep(Math.min(planned - clock.nowMs(), this.intervalMs), signal);
      const now = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
      const jumpMs = now.wallMs - seen.wallMs - (now.monotonicMs - seen.monotonicMs);
      seen = now;
      if (Math.abs(jumpMs) >= CLOCK_JUMP_MS_MIN) this.#shiftWaiting(jumpMs);
      const isFarOff = Math.abs(now.wallMs - planned) >= this.intervalMs;
      const atMs = isFarOff ? this.#slotAfter(now.wallMs) - this.intervalMs : planned;
      await this.evaluate(atMs, signal);
      signal.throwIfAborted();
      const missed = Math.floor((clock.monotonicMs() - now.monotonicMs) / this.intervalMs);
      metrics.iteration(this.key, missed);
      planned = this.#slotAfter(Math.max(clock.nowMs(), atMs));
    }
  }

  #shiftWaiting(byMs: number): void {
    this.#deps.log.warn('the clock was set; pending alerts keep the time they have waited', { byMs });
    for (const { runtime } of this.#rules) {
      if (runtime instanceof AlertingRuntime) runtime.shiftWaiting(byMs);
    }
  }

  /** The first slot after `ms`. */
  #slotAfter(ms: number): number {
    const passed = Math.floor((ms - this.#offsetMs) / this.intervalMs);
    return (passed + 1) * this.intervalMs + this.#offsetMs;
  }

  async #evaluateRule(running: RunningRule, evaluation: Evaluation): Promise<RunningRule> {
    const { clock, log, metrics } = this.#deps;
    const startMs = clock.monotonicMs();
    const { atMs } = evaluation;
    try {
      const samples = await running.runtime.evaluate(evaluation);
      const written = await this.#write(running, samples, evaluation.queryAtMs);
      const tookMs = clock.monotonicMs() - startMs;
      metrics.ruleEvaluated(this.key, tookMs, true);
      return { ...running, written, last: { health: 'ok', error: undefined, atMs, tookMs } };
    } catch (error) {
      // Cancelled in the middle: neither success nor failure of the rule.
      if (evaluation.signal.aborted) return running;
      const tookMs = clock.monotonicMs() - startMs;
      metrics.ruleEvaluated(this.key, tookMs, false);
      const reason = error instanceof Error ? error.message : String(error);
      // The same error at every interval is one line, whatever it counts; the API shows it as long as it lasts.
      if (withoutNumbers(running.last.error) !== withoutNumbers(reason))
        log.warn('a rule cannot be evaluated', { group: this.key, rule: running.rule.name, error });
      return { ...running, last: { health: 'err', error: reason, atMs, tookMs } };
    }
  }

  async #write(
    running: RunningRule,
    samples: readonly OutputSample[],
    atMs: number,
  ): Promise<ReadonlyMap<string, Labels>> {
    const written = new Map(samples.map(({ labels }) => [labelsKeyOf(labels), labels]));
    const ended = [...running.written].filter(([key]) => !written.has(key)).map(([, labels]) => labels);
    if (samples.length + ended.length === 0) return written;
    const { refusals } = await this.#deps.writer.append(batchOf(samples, ended, atMs));
    for (const { reason, count, example, detail } of refusals) {
      const fields = { group: this.key, rule: running.rule.name, reason, count, example, detail };
      this.#deps.log.warn('samples of a rule were refused', fields);
    }
    return written;
  }
}

/** All samples of one rule at one time, with the ends of its vanished series. */
function batchOf(samples: readonly OutputSample[], ended: readonly Labels[], atMs: number): SampleBatch {
  const builder = new SampleBatchBuilder();
  const histograms = new Map<number, NativeHistogram>();
  for (const { labels, value, histogram } of samples) {
    if (histogram !== undefined) histograms.set(builder.sampleCount, histogram);
    builder.openSeries(labels);
    builder.addSample(atMs, value);
  }
  for (const labels of ended) {
    builder.openSeries(labels);
    builder.addStaleMarker(atMs);
  }
  const batch = builder.finish();
  return histograms.size === 0 ? batch : { ...batch, histograms };
}

function withoutNumbers(text: string | undefined): string | undefined {
  return text?.replaceAll(/\d+/g, '');
}

/** 32-bit FNV-1a of file and name; its spread over an interval is all that is asked of it. */
function slotOffsetOf(definition: RuleGroup, intervalMs: number): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${definition.file}\0${definition.name}`))
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash % intervalMs;
}
