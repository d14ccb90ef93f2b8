import { z } from 'zod';
import { behaviourLimitsConfig, dynamicThresholdsConfig, policyConfigs } from '../detect/behaviour/config.ts';
import { guardShape } from '../respond/guard/config.ts';
import { guardRedisConfig } from '../respond/guard-redis/config.ts';
import { enforcementShape } from '../serve/guard/config.ts';
import { actionStoreConfig } from '../store/actions/config.ts';

/** The key `guard`: what is too much, what follows, who enforces it. */
export const guardConfig = z.strictObject({
  ...guardShape,
  policies: policyConfigs,
  dynamic_thresholds: dynamicThresholdsConfig,
  limits: behaviourLimitsConfig,
  actions: actionStoreConfig,
  redis: guardRedisConfig.optional(),
  ...enforcementShape,
});

export type GuardConfig = z.output<typeof guardConfig>;

/** As it is in force; without the key the guard works when it is used, in shadow. */
export function guardConfigOf({ guard }: { readonly guard?: GuardConfig | undefined }): GuardConfig {
  return guard ?? guardConfig.parse({});
}
