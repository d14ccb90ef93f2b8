import { SUBJECT_SCOPES } from '@vedette/sdk';
import { z } from 'zod';
import { byteSize, durationMs } from '../../lib/schema.ts';
import type { BehaviourLimits } from './behaviour.ts';
import { BUILT_IN_NAMES, completePolicy } from './built-in-policies.ts';
import type { DynamicThresholds } from './dynamic-thresholds.ts';
import type { Policy } from './policy.ts';

// From here on windows of one-second buckets lose less than a tenth.
const WINDOW_MS_MIN = 10_000;

// A day of counts is what memory is meant for; longer spans are the business of rules over stored series.
const WINDOW_MS_MAX = 86_400_000;

// Counts have 16 bits, and half of a threshold must fit.
const OVER_MAX = 100_000;

// More rungs than there are grades help nobody.
const STEPS_MAX = 10;

// As on the ladder of strikes: what should hold for longer is a person's to decide.
const HOLD_MS_MAX = 90 * 86_400_000;

// Built-in and own ones: each costs a look per action.
const POLICIES_MAX = 50;

const step = z
  .strictObject({
    over: z
      .number()
      .positive()
      .max(OVER_MAX)
      .describe('Crossed by a measure greater than this: a count, or a share from 0 to 1.'),
    decide: z
      .enum(['warn', 'slow', 'challenge', 'refuse'])
      .default('refuse')
      .describe('What follows; `warn` is shown and counted alone.'),
    grade: z
      .enum(['temporary', 'extended', 'review_required'])
      .default('temporary')
      .describe(
        'How grave; `review_required` waits for a person. Permanent is only ever a decision of a person.',
      ),
    for: durationMs
      .refine((ms) => ms > 0 && ms <= HOLD_MS_MAX, { message: 'must be longer than 0 and at most 90d' })
      .describe('How long it holds at the first strike; at most 90d.'),
  })
  .describe('A threshold and what follows when it is crossed.');

const patterns = z.array(z.string().min(1).max(64)).max(100);

const policyConfig = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9-]{1,40}$/, 'must be 1 to 40 of a-z, 0-9 and -')
      .describe('Unlike any other; the name of a built-in policy changes that one.'),
    scope: z
      .enum(SUBJECT_SCOPES)
      .optional()
      .describe('Whose actions: user (default), ip, range, session, key.'),
    measure: z
      .enum(['actions', 'errors', 'share'])
      .optional()
      .describe(
        'What is measured: all actions (default), those with an error, or the share of the most frequent one.',
      ),
    min_count: z
      .int()
      .min(1)
      .max(OVER_MAX)
      .optional()
      .describe('For a share: judged from this many actions in the window on.'),
    actions: patterns
      .optional()
      .describe('Actions that count; `*` at the end stands for any rest; none: all.'),
    sources: patterns.optional().describe('Sources that count, like `actions`.'),
    window: durationMs
      .refine((ms) => ms >= WINDOW_MS_MIN && ms <= WINDOW_MS_MAX && ms % 1000 === 0, {
        message: 'must be whole seconds from 10s to 1d',
      })
      .optional()
      .describe('Span of time that is looked at: 10s to 1d.'),
    steps: z
      .array(step)
      .min(1)
      .max(STEPS_MAX)
      .optional()
      .describe('Ascending; the last one that is passed counts.'),
    dynamic: z
      .boolean()
      .optional()
      .describe('Whether thresholds move with the load; default true for actions. Shares do not move.'),
    mode: z
      .enum(['off', 'shadow', 'canary', 'enforce'])
      .optional()
      .describe('`shadow` decides without refusing, `canary` refuses a part of the subjects.'),
    canary_percent: z
      .number()
      .min(0)
      .max(100)
      .optional()
      .describe('Of subjects that a canary refuses; default 10.'),
    when_unavailable: z
      .enum(['open', 'limit', 'closed'])
      .optional()
      .describe(
        'What applications do while no server can be reached: let pass (default), apply the threshold to what they see themselves, or refuse.',
      ),
  })
  .superRefine((policy, context) => {
    for (const fault of faultsOf(policy)) context.addIssue({ code: 'custom', ...fault });
  });

/** A policy as it is written; what is absent comes from the built-in one of the name, or from defaults. */
export type PolicyConfig = z.output<typeof policyConfig>;

/** The key `policies` of the guard. */
export const policyConfigs = z
  .array(policyConfig)
  .max(POLICIES_MAX)
  .superRefine((policies, context) => {
    const names = policies.map(({ name }) => name);
    names.forEach((name, index) => {
      if (names.indexOf(name) === index) return;
      context.addIssue({
        code: 'custom',
        path: [index, 'name'],
        message: `there is another policy "${name}"`,
      });
    });
  })
  .prefault([])
  .describe('Policies of your own, and changes to built-in ones by their names.');

interface Fault {
  readonly path: (string | number)[];
  readonly message: string;
}

function faultsOf(config: PolicyConfig): Fault[] {
  const { name, measure, min_count: minCount, window, steps, dynamic } = config;
  const faults: Fault[] = [];
  if (!BUILT_IN_NAMES.includes(name)) {
    const missing = `is missing: "${name}" is no built-in policy (${BUILT_IN_NAMES.join(', ')})`;
    if (window === undefined) faults.push({ path: ['window'], message: missing });
    if (steps === undefined) faults.push({ path: ['steps'], message: missing });
  }
  const complete = completePolicy(config, { mode: 'shadow' });
  const { kind } = complete.measure;
  if (kind !== 'share' && minCount !== undefined)
    faults.push({ path: ['min_count'], message: `is for shares; measure is ${measure ?? kind}` });
  if (kind === 'share' && dynamic === true)
    faults.push({ path: ['dynamic'], message: 'must be false: a share is one at any load' });
  complete.steps.forEach(({ over }, index) => {
    const path = ['steps', index, 'over'];
    if (kind === 'share' && over >= 1)
      faults.push({ path, message: `must be a share between 0 and 1; got ${over}` });
    if (kind !== 'share' && over < 1)
      faults.push({ path, message: `must be a count of at least 1; got ${over}` });
    const before = complete.steps[index - 1]?.over;
    if (before !== undefined && over <= before)
      faults.push({ path, message: `must be greater than the step before; got ${over} after ${before}` });
  });
  return faults;
}

/** All policies in force: the built-in ones as changed, then those of the configuration's own. */
export function policiesOf(
  configs: readonly PolicyConfig[],
  defaults: { readonly mode: Policy['mode'] },
): readonly Policy[] {
  const builtIn = BUILT_IN_NAMES.map((name) => configs.find((config) => config.name === name) ?? { name });
  const own = configs.filter(({ name }) => !BUILT_IN_NAMES.includes(name));
  return [...builtIn, ...own].map((config) => completePolicy(config, defaults));
}

/** The key `dynamic_thresholds` of the guard. */
export const dynamicThresholdsConfig = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether thresholds of dynamic policies move.'),
    load_low: z.number().min(0).max(1).default(0.3).describe('Load up to which thresholds are highest.'),
    load_high: z.number().min(0).max(1).default(0.8).describe('Load from which on thresholds are lowest.'),
    factor_min: z.number().min(0.1).max(1).default(0.7).describe('Smallest factor.'),
    factor_max: z.number().min(1).max(10).default(1.3).describe('Greatest factor.'),
    // A sixth of the way between the two: a tremble of the load of 0.06 in the steepest part.
    hysteresis: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe('Distance from where the factor should be that makes it set out.'),
    // From one end to the other in two minutes: longer than a collection of garbage or a deployment.
    change_per_minute: z
      .number()
      .positive()
      .max(10)
      .default(0.3)
      .describe('How fast the factor moves at most.'),
    subjects_reference: z
      .int()
      .min(1)
      .optional()
      .describe(
        'Active users that the application is made for; with more, thresholds fall in proportion. Absent: off.',
      ),
  })
  .refine(({ load_low: low, load_high: high }) => low < high, {
    path: ['load_high'],
    message: 'must be greater than load_low',
  })
  .prefault({})
  .describe('How thresholds follow load and the number of active users.');

export function dynamicThresholdsOf(
  config: z.output<typeof dynamicThresholdsConfig>,
): DynamicThresholds | undefined {
  if (!config.enabled) return undefined;
  return {
    loadLow: config.load_low,
    loadHigh: config.load_high,
    factorMin: config.factor_min,
    factorMax: config.factor_max,
    hysteresis: config.hysteresis,
    changePerMinute: config.change_per_minute,
    subjectsReference: config.subjects_reference,
  };
}

/** The key `limits` of the guard's judgement. */
export const behaviourLimitsConfig = z
  .strictObject({
    // 34 MB per window when they are there; the built-in policies look through three.
    subjects: z
      .int()
      .min(1000)
      .max(20_000_000)
      .default(1_000_000)
      .describe('Subjects that each window counts exactly; beyond that in a sketch until they are suspect.'),
    // 1.4 million rows: an hour of 390 a second, a minute of 23,000.
    journal_bytes: byteSize
      .prefault('32MB')
      .refine((bytes) => bytes >= 2 ** 20, { message: 'must be at least 1MB' })
      .describe('Memory for what everybody did of late, from which suspects are counted.'),
    // 40,000 suspects of two policies with some dozen actions each.
    suspects_bytes: byteSize
      .prefault('48MB')
      .refine((bytes) => bytes >= 2 ** 20, { message: 'must be at least 1MB' })
      .describe('Memory for exact counts of suspects; beyond it the gravest stay.'),
    user_series: z
      .int()
      .min(0)
      .max(1_000_000)
      .default(0)
      .describe(
        'Series of `user_actions_by_user_total`, for rules that judge by user; 0: the metric does not exist. Users beyond count as `_overflow`.',
      ),
    top_subjects: z.int().min(0).max(100).default(10).describe('Ranks of `guard_topk_rate`.'),
  })
  .prefault({})
  .describe('Memory and series of the judgement.');

export function behaviourLimitsOf(config: z.output<typeof behaviourLimitsConfig>): BehaviourLimits {
  return {
    subjectsMax: config.subjects,
    journalBytesMax: config.journal_bytes,
    suspectsBytesMax: config.suspects_bytes,
    userSeriesMax: config.user_series,
    topSubjectsMax: config.top_subjects,
  };
}
