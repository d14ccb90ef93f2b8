import { SeededRandom } from '@vedette/model';
import { createMetricsRegistry, type ActionCount, type MetricsRegistry } from '@vedette/sdk';
import { createBehaviour, type Behaviour, type BehaviourLimits } from './behaviour.ts';
import type { Crossing } from './crossing-sink.ts';
import type { DynamicThresholds, LoadReader } from './dynamic-thresholds.ts';
import type { Policy } from './policy.ts';

export const START_MS = Date.UTC(2026, 10, 22, 12);

export const LIMITS: BehaviourLimits = {
  subjectsMax: 100_000,
  journalBytesMax: 2 ** 22,
  suspectsBytesMax: 2 ** 22,
  userSeriesMax: 0,
  topSubjectsMax: 3,
};

export interface World {
  readonly behaviour: Behaviour;
  readonly metrics: MetricsRegistry;
  /** All that were told so far. */
  readonly crossings: Crossing[];
  /** The value of a sample, by its name and label values; `undefined` without it. */
  readonly sample: (name: string, ...labelValues: string[]) => number | undefined;
}

export interface WorldOptions {
  readonly limits?: Partial<BehaviourLimits>;
  readonly dynamic?: DynamicThresholds;
  readonly load?: LoadReader;
  readonly seed?: number;
}

export function worldOf(policies: readonly Policy[], options: WorldOptions = {}): World {
  const { limits = {}, dynamic, load, seed = 1 } = options;
  const metrics = createMetricsRegistry();
  const crossings: Crossing[] = [];
  const behaviour = createBehaviour(
    {
      random: new SeededRandom(seed),
      metrics,
      crossings: { cross: (told) => void crossings.push(...told) },
      ...(load === undefined ? {} : { load }),
    },
    { policies, dynamic, limits: { ...LIMITS, ...limits } },
  );
  const sample = (name: string, ...labelValues: string[]): number | undefined =>
    metrics
      .collect()
      .flatMap(({ samples }) => samples)
      .find(
        (one) =>
          one.name === name && one.labels.filter((_, i) => i % 2 === 1).join('\0') === labelValues.join('\0'),
      )?.value;
  return { behaviour, metrics, crossings, sample };
}

export function policyOf(changes: Partial<Policy> = {}): Policy {
  return {
    name: 'test',
    version: '1',
    scope: 'user',
    measure: { kind: 'actions' },
    actions: [],
    sources: [],
    windowMs: 60_000,
    steps: [
      { over: 30, decide: 'refuse', grade: 'temporary', forMs: 300_000 },
      { over: 60, decide: 'refuse', grade: 'extended', forMs: 3_600_000 },
    ],
    isDynamic: false,
    mode: 'enforce',
    canaryPercent: 10,
    whenUnavailable: 'open',
    ...changes,
  };
}

export function actionOf(subject: string, atMs: number, changes: Partial<ActionCount> = {}): ActionCount {
  return {
    scope: 'user',
    subject,
    action: 'next_card',
    source: 'http',
    outcome: 'ok',
    count: 1,
    atMs,
    ...changes,
  };
}
