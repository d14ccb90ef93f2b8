/** For tests: rule files over samples in memory, with the real engine and real templates, on a virtual clock. */
import assert from 'node:assert/strict';
import {
  labelsOf,
  labelsOfSeriesKey,
  MemoryMetrics,
  NO_LABELS,
  VirtualClock,
  type Labels,
  type MetricsReader,
  type MetricsWriter,
} from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { queryConfigSchema } from '../../query/metrics/config.ts';
import { createEmbeddedPromQuery } from '../../query/metrics/embedded.ts';
import type { PromQuery } from '../../query/metrics/port.ts';
import { openStateStore } from '../../store/state/embedded.ts';
import type { StateStore } from '../../store/state/port.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import type { PostedAlert } from '../alert-sink.ts';
import { createGoTemplateExpander } from './go-template-expander.ts';
import { parseRuleFile } from './parse-rule-file.ts';
import { createRuleManager, type RuleManager } from './rule-manager.ts';

export interface RuleWorld {
  readonly clock: VirtualClock;
  readonly samples: MemoryMetrics;
  readonly query: PromQuery;
  readonly manager: RuleManager;
  /** What the sink was given, each with the time of the clock. */
  readonly posts: { readonly atMs: number; readonly alert: PostedAlert }[];
  /** Makes the text the rules, as a reload does. */
  apply(rules: string): Promise<void>;
  close(): Promise<void>;
}

export interface RuleWorldOptions {
  readonly intervalMs: number;
  readonly createQuery?: (reader: MetricsReader, clock: VirtualClock) => PromQuery;
}

/** The clock begins at 0. */
export function openRuleWorld({ intervalMs, createQuery = embeddedQuery }: RuleWorldOptions): RuleWorld {
  const clock = new VirtualClock({ startMs: 0 });
  const samples = new MemoryMetrics();
  const query = createQuery(samples, clock);
  const templates = createGoTemplateExpander({ query }, { externalLabels: NO_LABELS, externalUrl: '' });
  const state: StateStore = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  const posts: { readonly atMs: number; readonly alert: PostedAlert }[] = [];
  const manager = createRuleManager({
    clock,
    query,
    writer: writerInto(samples),
    state,
    sink: {
      post: async (alerts) => void posts.push(...alerts.map((alert) => ({ atMs: clock.nowMs(), alert }))),
    },
    templates,
    log: SILENT_LOG,
    metrics: createMetricsRegistry(),
    externalUrl: '',
  });
  const apply = async (rules: string): Promise<void> => {
    const { groups, faults } = parseRuleFile(rules, {
      file: 'rules.yml',
      findExpressionFault: () => undefined,
      findTemplateFault: (alertName, text) => templates.findFault(alertName, text),
    });
    assert.deepEqual(faults, []);
    await manager.apply(groups, { evaluationIntervalMs: intervalMs, queryOffsetMs: 0 });
  };
  return { clock, samples, query, manager, posts, apply, close: () => state.close() };
}

/** `lookback` as in `query.lookback_delta`. */
export function embeddedQuery(reader: MetricsReader, clock: VirtualClock, lookback = '5m'): PromQuery {
  const deps = { reader, slicer: new TimeSlicer(clock), clock, registry: createMetricsRegistry() };
  return createEmbeddedPromQuery(deps, queryConfigSchema.parse({ lookback_delta: lookback }));
}

/** `name{a="b",…}`, without escapes. */
export function labelsOfSelector(text: string): Labels {
  const pairs = text.matchAll(/(\w+)="([^"]*)"/g);
  const name = text.slice(0, text.includes('{') ? text.indexOf('{') : text.length);
  return labelsOf({
    __name__: name,
    ...Object.fromEntries([...pairs].map(([, key, value]) => [key, value])),
  });
}

function writerInto(samples: MemoryMetrics): MetricsWriter {
  return {
    append: async (batch) => {
      for (let i = 0; i < batch.seriesCount; i++) {
        const labels = labelsOfSeriesKey(batch.keys.subarray(batch.keyEnds[i - 1] ?? 0, batch.keyEnds[i]));
        const atMs = batch.timestampsMs[i] ?? 0;
        if (batch.staleFlags[i] === 1) samples.addStaleMarker(labels, atMs);
        else samples.add(labels, atMs, batch.values[i] ?? 0);
      }
      return {
        acceptedCount: batch.timestampsMs.length,
        acceptedHistogramCount: 0,
        acceptedExemplarCount: 0,
        createdSeriesCount: 0,
        refusals: [],
      };
    },
  };
}
