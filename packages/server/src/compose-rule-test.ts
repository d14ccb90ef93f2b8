/** The world of one unit test of rules: everything in memory, in virtual time. */
import { MemoryMetrics, VirtualClock } from '@vedette/model';
import type { PromqlFeature } from '@vedette/promql';
import { createMetricsRegistry } from '@vedette/sdk';
import { createGoTemplateExpander, createRuleManager } from './detect/index.ts';
import { TimeSlicer } from './lib/time-slicer.ts';
import { createEmbeddedPromQuery } from './query/metrics/embedded.ts';
import { queryConfigSchema } from './query/metrics/index.ts';
import { createMemoryWriter, type RunRuleTestDeps } from './simulate/index.ts';
import { openStateStore } from './store/state/embedded.ts';
import { SILENT_LOG } from './telemetry/log.ts';

export interface RuleTestEngineOptions {
  readonly features: readonly PromqlFeature[];
  /** As `query.lookback_delta`. */
  readonly lookbackDelta: string;
}

export function createRuleTestDeps({ features, lookbackDelta }: RuleTestEngineOptions): RunRuleTestDeps {
  return {
    openWorld: ({ external_labels: externalLabels, external_url: externalUrl }) => {
      const clock = new VirtualClock({ startMs: 0 });
      const registry = createMetricsRegistry();
      const samples = new MemoryMetrics();
      const query = createEmbeddedPromQuery(
        { reader: samples, slicer: new TimeSlicer(clock), clock, registry },
        queryConfigSchema.parse({ features, lookback_delta: lookbackDelta }),
      );
      const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
      const manager = createRuleManager({
        clock,
        query,
        writer: createMemoryWriter(samples),
        state,
        sink: { post: () => Promise.resolve() },
        templates: createGoTemplateExpander({ query }, { externalLabels, externalUrl }),
        log: SILENT_LOG,
        metrics: registry,
        externalUrl,
      });
      return { samples, query, manager, close: () => state.close() };
    },
  };
}
