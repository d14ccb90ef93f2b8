import { createHash } from 'node:crypto';
import type { PolicyConfig } from './config.ts';
import type { Policy, PolicyMeasure, PolicyMode } from './policy.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** What every installation begins with; each key can be changed by a policy of the same name. */
const BUILT_IN: readonly PolicyConfig[] = [
  // One action every two seconds for a minute is nobody who reads the answers; one a second is a program.
  {
    name: 'actions-per-minute',
    window: MINUTE_MS,
    steps: [
      { over: 30, decide: 'refuse', grade: 'temporary', for: 5 * MINUTE_MS },
      { over: 60, decide: 'refuse', grade: 'extended', for: HOUR_MS },
    ],
  },
  // Five a minute all hour long; ten a minute is looked at by a person.
  {
    name: 'actions-per-hour',
    window: HOUR_MS,
    steps: [
      { over: 300, decide: 'refuse', grade: 'extended', for: HOUR_MS },
      { over: 600, decide: 'refuse', grade: 'review_required', for: 24 * HOUR_MS },
    ],
  },
  // To like one function best is no fault: who does three quarters of what an hour allows is asked what it is spent on.
  // Below that count a share says nothing (the first action of everybody is 100 % of one function).
  {
    name: 'one-function-share',
    measure: 'share',
    min_count: 225,
    window: HOUR_MS,
    steps: [
      { over: 0.5, decide: 'slow', grade: 'temporary', for: 5 * MINUTE_MS },
      { over: 0.8, decide: 'refuse', grade: 'extended', for: HOUR_MS },
    ],
  },
  // A broken page repeats itself a few times; who goes on probes.
  {
    name: 'errors-per-minute',
    measure: 'errors',
    window: MINUTE_MS,
    steps: [
      { over: 10, decide: 'refuse', grade: 'temporary', for: 30 * MINUTE_MS },
      { over: 20, decide: 'refuse', grade: 'extended', for: 30 * MINUTE_MS },
    ],
  },
];

export const BUILT_IN_NAMES: readonly string[] = BUILT_IN.map(({ name }) => name);

/** The policy as it is judged: what is not written comes from the built-in one of its name, then from the defaults. */
export function completePolicy(written: PolicyConfig, defaults: { readonly mode: PolicyMode }): Policy {
  const config = { ...BUILT_IN.find(({ name }) => name === written.name), ...withoutAbsent(written) };
  const measure = measureOf(config);
  const judged = {
    scope: config.scope ?? 'user',
    measure,
    actions: config.actions ?? [],
    sources: config.sources ?? [],
    windowMs: config.window ?? MINUTE_MS,
    steps: (config.steps ?? []).map(({ over, decide, grade, for: forMs }) => ({
      over,
      decide,
      grade,
      forMs,
    })),
    isDynamic: config.dynamic ?? measure.kind === 'actions',
  } satisfies Partial<Policy>;
  return {
    name: written.name,
    version: createHash('sha256').update(JSON.stringify(judged)).digest('hex').slice(0, VERSION_CHARS),
    ...judged,
    mode: config.mode ?? defaults.mode,
    canaryPercent: config.canary_percent ?? CANARY_PERCENT,
    whenUnavailable: config.when_unavailable ?? 'open',
  };
}

function measureOf({ measure = 'actions', min_count: minCount = MIN_COUNT }: PolicyConfig): PolicyMeasure {
  return measure === 'share' ? { kind: 'share', minCount } : { kind: measure };
}

function withoutAbsent(config: PolicyConfig): PolicyConfig {
  return {
    ...Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)),
    name: config.name,
  };
}

// 48 bits: the versions of one policy that anybody ever compares are dozens.
const VERSION_CHARS = 12;

// Enough to see what a policy does, few enough to bear a mistake.
const CANARY_PERCENT = 10;

// Of a share whose policy does not say: with fewer actions one of them weighs a percent and more.
const MIN_COUNT = 100;
