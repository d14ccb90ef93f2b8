import type { MetricsRegistry } from '../metrics/instruments.ts';
import { systemClock, systemRandom, type SdkClock, type SdkRandom } from '../system/system.ts';
import { DistinctCount, ID_HASH_SEED_BYTES } from './distinct-count.ts';
import { APP_SERIES_MAX } from './timed-run.ts';

/** `feature_uses_total{feature}` and `active_users{window}`, the distinct users of the last hour and of the last day. */
export interface UsageMetrics {
  /** `feature` is named in code. Without a user only the use is counted. */
  used(feature: string, userId?: string): void;
  /** Somebody did something. The id is hashed on the spot and not kept. */
  seen(userId: string): void;
}

export interface UsageMetricsOptions {
  readonly clock?: Pick<SdkClock, 'nowMs'>;
  readonly random?: Pick<SdkRandom, 'fill'>;
}

// Of 5 minutes and of an hour: the window's edge moves in these steps.
const HOUR_SLOTS = 12;
const DAY_SLOTS = 24;
const HOUR_MS = 3_600_000;

/** One for each registry. Takes 290 kB once users are seen, however many there are. */
export function createUsageMetrics(
  registry: MetricsRegistry,
  options: UsageMetricsOptions = {},
): UsageMetrics {
  const { clock = systemClock, random = systemRandom } = options;
  const seed = random.fill(new Uint8Array(ID_HASH_SEED_BYTES));
  const hour = new DistinctCount({ seed, slotMs: HOUR_MS / HOUR_SLOTS, slotCount: HOUR_SLOTS });
  const day = new DistinctCount({ seed, slotMs: HOUR_MS, slotCount: DAY_SLOTS });
  const uses = registry.counter({
    name: 'feature_uses_total',
    help: 'Uses of features.',
    labelNames: ['feature'],
    seriesMax: APP_SERIES_MAX,
  });
  const active = registry.gauge({
    name: 'active_users',
    help: 'Distinct users of this process within the window, estimated to about 1 %.',
    labelNames: ['window'],
  });
  registry.onCollect(() => {
    const nowMs = clock.nowMs();
    active.set(Math.round(hour.estimate(nowMs)), '1h');
    active.set(Math.round(day.estimate(nowMs)), '24h');
  });
  const seen = (userId: string): void => {
    const nowMs = clock.nowMs();
    hour.add(userId, nowMs);
    day.add(userId, nowMs);
  };
  return {
    seen,
    used: (feature, userId) => {
      uses.inc(1, feature);
      if (userId !== undefined) seen(userId);
    },
  };
}
