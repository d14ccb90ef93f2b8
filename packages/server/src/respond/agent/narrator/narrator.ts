/**
 * From a finished report to a text beside it, by a language model that is configured by the operator. It can fail in every way
 * without harm: the report stands, the reason is counted (`vedette_agent_narratives_total`) and logged.
 *
 * Brakes: one narrative at a time (`narration-queue.ts`), so many within an hour; each with so many tokens, calls and
 * seconds; none while the provider asks to be left alone. Each call of the model and each refused tool stands in the audit log; calls
 * of tools get there by the tools themselves.
 */
import type { Clock, Files, Random } from '@vedette/model';
import type { AnalysisNarrative, AnalysisReport } from '@vedette/api';
import type { Counter, MetricsRegistry } from '@vedette/sdk';
import { startDeadline } from '../../../lib/deadline.ts';
import { untilAborted } from '../../../lib/until-aborted.ts';
import type { Log } from '../../../telemetry/log.ts';
import type { AnalysisNarrator, ReadOnlyTool } from '../port.ts';
import { checkClaims, parseAnswer } from './claims.ts';
import type { ModelConfig } from './config.ts';
import type { ModelCall } from './conversation.ts';
import { createGuardedFetch, type Fetch } from './guarded-fetch.ts';
import { Masker } from './masker.ts';
import { NarrativeError, narrativeErrorOf } from './outcome.ts';
import { createModel, readKey, urlOf } from './provider.ts';
import { viewOf } from './report-view.ts';
import { Scrubber } from './scrub.ts';
import { TokenBudget } from './token-budget.ts';

const HOUR_MS = 3_600_000;

/** What stands in the audit log. */
export interface NarratorRecord {
  readonly action: 'agent.model' | 'agent.tool_refused';
  readonly target: string;
  readonly status: number;
  readonly detail: string;
}

export interface NarratorDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Pick<Files, 'read'>;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly fetch: Fetch;
  /** Those that only read; made when the first narrative is. */
  readonly tools: () => Promise<readonly ReadOnlyTool[]>;
  /** Does not throw, and nobody waits for it. */
  readonly audit: (record: NarratorRecord) => void;
  /** Texts of secrets of the configuration as it stands, which must not leave. */
  readonly secrets: () => readonly string[];
}

export interface NarratorOptions {
  /** As it stands now; `undefined`: switched off. */
  readonly config: () => ModelConfig | undefined;
  /** Of the configuration file: names of files are relative to it. */
  readonly directory: string;
}

interface Task {
  readonly config: ModelConfig;
  readonly report: AnalysisReport;
}

export class ModelNarrator implements AnalysisNarrator {
  readonly #deps: NarratorDeps;
  readonly #options: NarratorOptions;
  readonly #metrics: NarratorMetrics;
  /** When those of the last hour began, by the monotonic clock. */
  #beganMs: number[] = [];
  #pausedUntilMs = -Infinity;

  constructor(deps: NarratorDeps, options: NarratorOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#metrics = createMetrics(deps.registry);
  }

  /** Does not reject. */
  async narrate(report: AnalysisReport, signal: AbortSignal): Promise<AnalysisNarrative | undefined> {
    const config = this.#options.config();
    if (config === undefined) return undefined;
    const { seconds } = config.limits;
    const late = (): Error =>
      new NarrativeError('timeout', `no narrative within ${seconds} s; raise agent.model.limits.seconds`);
    using deadline = startDeadline(this.#deps, { afterMs: seconds * 1000, error: late, signal });
    try {
      deadline.signal.throwIfAborted();
      this.#brake(config);
      // Ends with the signal, whatever the library still waits for.
      const narrative = await untilAborted(this.#tell({ config, report }, deadline.signal), deadline.signal);
      this.#metrics.narratives.inc(1, 'told');
      return narrative;
    } catch (error) {
      return this.#ended(report, narrativeErrorOf(error, deadline.signal));
    }
  }

  #brake({ limits }: ModelConfig): void {
    const nowMs = this.#deps.clock.monotonicMs();
    const { narratives_per_hour: hourMax } = limits;
    this.#beganMs = this.#beganMs.filter((atMs) => nowMs - atMs < HOUR_MS);
    if (nowMs < this.#pausedUntilMs)
      throw new NarrativeError(
        'paused',
        `the provider asked to wait ${Math.ceil((this.#pausedUntilMs - nowMs) / 1000)} s more`,
      );
    if (this.#beganMs.length >= hourMax)
      throw new NarrativeError(
        'hourly_limit',
        `${hourMax} narratives were begun within the hour; raise agent.model.limits.narratives_per_hour`,
      );
    this.#beganMs.push(nowMs);
  }

  async #tell({ config, report }: Task, signal: AbortSignal): Promise<AnalysisNarrative> {
    const { clock, random, files, fetch, tools, secrets } = this.#deps;
    const { directory } = this.#options;
    const beganMs = clock.monotonicMs();
    const key = await readKey({ files }, config, directory);
    const scrubber = new Scrubber(key === undefined ? secrets() : [...secrets(), key]);
    const masker = new Masker(scrubber, { isMasking: config.mask });
    const budget = new TokenBudget(config.limits);
    const { converse } = await import('./conversation.ts');
    const guarded = createGuardedFetch({ fetch, scrubber }, { url: urlOf(config), signal });
    const answer = await converse(
      {
        clock,
        model: await createModel(config, { key, fetch: guarded }),
        tools: config.tools ? await tools() : [],
        masker,
        budget,
        onModelCall: (call) => this.#recordCall(config, call),
        onToolCall: () => this.#metrics.toolCalls.inc(1, 'called'),
        onRefusal: (name, why) => this.#recordRefusal(name, why),
      },
      {
        view: viewOf(report, masker),
        fence: random.uuid().slice(0, 8),
        callsMax: config.limits.calls,
        signal,
      },
    );
    const claimed = parseAnswer(answer.text);
    if (claimed === undefined)
      throw new NarrativeError(
        'malformed',
        'the answer of the model is not the JSON object that it was asked for',
      );
    const named = claimed.map(({ text, evidence }) => ({ text: masker.unmask(text), evidence }));
    const { claims, droppedCount } = checkClaims(named, { report, findings: answer.findings });
    this.#metrics.droppedClaims.inc(droppedCount);
    if (claims.length === 0)
      throw new NarrativeError(
        'unsupported',
        `none of ${droppedCount} claims of the model rests on evidence`,
      );
    return {
      text: claims.map(({ text }) => text).join(' '),
      claims: [...claims],
      droppedClaimCount: droppedCount,
      model: `${config.provider}/${config.name}`,
      tookMs: Math.round(clock.monotonicMs() - beganMs),
      tokenCount: budget.used,
      toolCallCount: answer.toolCallCount,
    };
  }

  #recordCall({ provider, name }: ModelConfig, call: ModelCall): void {
    const { step, outcome, status, sentTokens, receivedTokens, tookMs } = call;
    this.#metrics.modelCalls.inc(1, outcome);
    this.#metrics.tokens.inc(sentTokens, 'sent');
    this.#metrics.tokens.inc(receivedTokens, 'received');
    this.#deps.audit({
      action: 'agent.model',
      target: `${provider}/${name}`,
      status,
      detail: `call ${step}, ${sentTokens} tokens sent, ${receivedTokens} received, ${Math.round(tookMs)} ms, ${outcome}`,
    });
  }

  #recordRefusal(name: string, why: string): void {
    this.#metrics.toolCalls.inc(1, 'refused');
    this.#deps.log.warn('a language model called a tool that it does not have; nothing was done', {
      tool: name.slice(0, NAME_CHARS_MAX),
      why,
    });
    this.#deps.audit({
      action: 'agent.tool_refused',
      target: name.slice(0, NAME_CHARS_MAX),
      status: 403,
      detail: why,
    });
  }

  #ended(report: AnalysisReport, error: NarrativeError): undefined {
    const { outcome, retryAfterMs, message } = error;
    if (retryAfterMs !== undefined) this.#pausedUntilMs = this.#deps.clock.monotonicMs() + retryAfterMs;
    this.#metrics.narratives.inc(1, outcome);
    const fields = {
      report: report.id,
      alert: report.subject.name,
      outcome,
      reason: new Scrubber(this.#deps.secrets()).scrub(message),
    };
    if (outcome === 'canceled') this.#deps.log.debug('a report stands without a narrative', fields);
    else if (outcome === 'failed')
      this.#deps.log.error('a report stands without a narrative', { ...fields, error });
    else this.#deps.log.warn('a report stands without a narrative', fields);
    return undefined;
  }
}

// A model may call a tool by a whole novel.
const NAME_CHARS_MAX = 100;

interface NarratorMetrics {
  readonly narratives: Counter;
  readonly modelCalls: Counter;
  readonly tokens: Counter;
  readonly toolCalls: Counter;
  readonly droppedClaims: Counter;
}

function createMetrics(registry: MetricsRegistry): NarratorMetrics {
  const counter = (name: string, help: string, labelNames: readonly string[]): Counter =>
    registry.counter({ name: `vedette_agent_${name}`, help, labelNames: [...labelNames] });
  return {
    narratives: counter(
      'narratives_total',
      'Reports that a language model was to tell in words, by outcome.',
      ['outcome'],
    ),
    modelCalls: counter('model_calls_total', 'Calls of the language model, by outcome.', ['outcome']),
    tokens: counter('model_tokens_total', 'Tokens sent to and received from the language model.', [
      'direction',
    ]),
    toolCalls: counter(
      'model_tool_calls_total',
      'Tools that the language model called, and calls that were refused.',
      ['outcome'],
    ),
    droppedClaims: counter(
      'dropped_claims_total',
      'Claims of the language model that no evidence supports, which were left out.',
      [],
    ),
  };
}
