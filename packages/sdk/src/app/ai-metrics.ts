/**
 * What calls of language models take: requests, time, tokens, money.
 *
 * `ai_requests_total{provider,model,outcome}`, `ai_request_duration_seconds{provider,model}`,
 * `ai_tokens_total{provider,model,type}`, `ai_cost_usd_total{provider,model,type}`.
 *
 * Providers count in different ways. OpenAI and OpenTelemetry include cached tokens in the input, Anthropic does not;
 * the caller says totals that include them (`inputTokens`), and the types counted here do not overlap: `input`,
 * `cached_input`, `cache_write`, `output`. Their sum is what was processed, each with its own price.
 *
 * Prices are the caller's: they change, and differ by contract. A model without one is counted in
 * `ai_requests_unpriced_total`, so that a cost that is too low can be seen to be.
 */
import type { MetricsRegistry } from '../metrics/instruments.ts';
import { systemClock } from '../system/system.ts';
import { APP_SERIES_MAX, isCountable, timedRun, type RunClock, type RunOutcome } from './timed-run.ts';

export interface AiMetricsOptions {
  /** The price of a model, now; `undefined` when it is not known. */
  readonly priceOf?: (model: AiModel) => AiPrice | undefined;
  readonly clock?: RunClock;
}

export interface AiModel {
  readonly provider: string;
  readonly model: string;
}

/** USD per million tokens. */
export interface AiPrice {
  readonly input: number;
  readonly output: number;
  /** Of input read from a cache; default `input`. */
  readonly cachedInput?: number;
  /** Of input written to a cache; default `input`. */
  readonly cacheWrite?: number;
}

/** Of one request. Anything that is no number from 0 up counts as 0, and in `ai_usage_invalid_total`. */
export interface AiUsage {
  /** All of the input, that from and to caches included. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cachedInputTokens?: number;
  readonly cacheWriteTokens?: number;
}

export interface AiMetrics {
  /** Runs a request and counts it; `usageOf` reads the tokens from its answer. What it throws is thrown on. */
  time<T>(
    model: AiModel,
    run: () => T | Promise<T>,
    usageOf?: (answer: T) => AiUsage | undefined,
  ): Promise<T>;
  /** A request that was measured elsewhere. */
  requested(model: AiModel, durationMs: number, outcome: RunOutcome): void;
  /** Tokens of one request, and their cost; returns it in USD, `undefined` without a price. */
  used(model: AiModel, usage: AiUsage): number | undefined;
}

// From a cached answer to a long chain of thought.
const DURATION_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320];

const TOKEN_TYPES = ['input', 'cached_input', 'cache_write', 'output'] as const;

type TokenType = (typeof TOKEN_TYPES)[number];

/** One for each registry. */
export function createAiMetrics(registry: MetricsRegistry, options: AiMetricsOptions = {}): AiMetrics {
  const { priceOf, clock = systemClock } = options;
  const instruments = createInstruments(registry);
  const requested = ({ provider, model }: AiModel, seconds: number, outcome: RunOutcome): void => {
    instruments.requests.inc(1, provider, model, outcome);
    if (seconds >= 0) instruments.durations.observe(seconds, provider, model);
  };
  const used = (of: AiModel, usage: AiUsage): number | undefined => {
    const { provider, model } = of;
    const { tokens, isValid } = tokensOf(usage);
    if (!isValid) instruments.invalid.inc(1, provider, model);
    const price = validPrice(orUndefined(() => priceOf?.(of)));
    if (price === undefined) instruments.unpriced.inc(1, provider, model);
    let costUsd = 0;
    for (const type of TOKEN_TYPES) {
      if (tokens[type] === 0) continue;
      instruments.tokens.inc(tokens[type], provider, model, type);
      if (price === undefined) continue;
      const cost = (tokens[type] * price[type]) / 1e6;
      costUsd += cost;
      instruments.cost.inc(cost, provider, model, type);
    }
    return price === undefined ? undefined : costUsd;
  };
  return {
    used,
    requested: (model, durationMs, outcome) => requested(model, durationMs / 1000, outcome),
    time: async (model, run, usageOf) => {
      const answer = await timedRun(clock, run, (seconds, outcome) => requested(model, seconds, outcome));
      if (usageOf === undefined) return answer;
      // The answer is there: that its usage cannot be read must not lose it.
      const usage = orUndefined(
        () => usageOf(answer),
        () => instruments.invalid.inc(1, model.provider, model.model),
      );
      if (usage !== undefined) used(model, usage);
      return answer;
    },
  };
}

function orUndefined<T>(ask: () => T | undefined, failed?: () => void): T | undefined {
  try {
    return ask();
  } catch {
    failed?.();
    return undefined;
  }
}

function createInstruments(registry: MetricsRegistry) {
  const labelNames = ['provider', 'model'];
  const seriesMax = APP_SERIES_MAX;
  const counter = (name: string, help: string, further: readonly string[]) =>
    registry.counter({ name, help, labelNames: [...labelNames, ...further], seriesMax });
  return {
    requests: counter('ai_requests_total', 'Requests to models that ended.', ['outcome']),
    tokens: counter('ai_tokens_total', 'Tokens by type; types do not overlap.', ['type']),
    cost: counter('ai_cost_usd_total', 'Cost in US dollars, by the prices of the application.', ['type']),
    unpriced: counter('ai_requests_unpriced_total', 'Requests whose model has no known price.', []),
    invalid: counter('ai_usage_invalid_total', 'Requests whose usage could not be read.', []),
    durations: registry.histogram({
      name: 'ai_request_duration_seconds',
      help: 'How long requests to models took.',
      buckets: DURATION_BUCKETS,
      labelNames,
      seriesMax,
    }),
  };
}

function tokensOf(usage: AiUsage): { tokens: Record<TokenType, number>; isValid: boolean } {
  let isValid = true;
  const valid = (count: number): number => {
    if (isCountable(count)) return count;
    isValid = false;
    return 0;
  };
  const cached = valid(usage.cachedInputTokens ?? 0);
  const written = valid(usage.cacheWriteTokens ?? 0);
  // Who reports less input than caches took counted without them.
  const input = valid(valid(usage.inputTokens) - cached - written);
  const output = valid(usage.outputTokens);
  return { tokens: { input, cached_input: cached, cache_write: written, output }, isValid };
}

/** Of each type; `undefined` when a part of it is no price. */
function validPrice(price: AiPrice | undefined): Record<TokenType, number> | undefined {
  if (price === undefined) return undefined;
  const { input, output, cachedInput = input, cacheWrite = input } = price;
  const prices = { input, cached_input: cachedInput, cache_write: cacheWrite, output };
  return Object.values(prices).every(isCountable) ? prices : undefined;
}
