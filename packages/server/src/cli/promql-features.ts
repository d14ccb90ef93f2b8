import { PROMQL_FEATURES, type PromqlFeature } from '@vedette/promql/parser';
import { UsageError } from './command.ts';

/** The values of `--enable-feature`. Names may also be given with commas between them, as to promtool. */
export function featuresOf(texts: readonly string[]): readonly PromqlFeature[] {
  return texts
    .flatMap((text) => text.split(','))
    .map((name) => {
      const feature = PROMQL_FEATURES.find((known) => known === name);
      if (feature !== undefined) return feature;
      throw new UsageError(`--enable-feature must be one of ${PROMQL_FEATURES.join(', ')}; got "${name}"`);
    });
}
