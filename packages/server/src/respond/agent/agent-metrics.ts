import type { MetricsRegistry } from '@vedette/sdk';

export interface AgentMetrics {
  analysed(cause: 'automatic' | 'asked', outcome: 'made' | 'failed', tookMs: number): void;
  /** An automatic analysis was dropped, or a narration, since too many wait. */
  dropped(what: 'analysis' | 'narration'): void;
}

export function createAgentMetrics(
  registry: MetricsRegistry,
  read: () => { readonly waiting: number; readonly reports: number },
): AgentMetrics {
  const analyses = registry.counter({
    name: 'vedette_agent_analyses_total',
    help: 'Analyses of alerts by the monitor agent.',
    labelNames: ['cause', 'outcome'],
  });
  const duration = registry.histogram({
    name: 'vedette_agent_analysis_duration_seconds',
    help: 'Time that an analysis took, waiting for its turn aside.',
    // A small one takes 50 ms, one against 10,000 series half a second; two collectors that time out take 10 s.
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20],
  });
  const dropped = registry.counter({
    name: 'vedette_agent_dropped_total',
    help: 'Automatic analyses and narrations that were dropped, since too many waited.',
    labelNames: ['what'],
  });
  const waiting = registry.gauge({
    name: 'vedette_agent_waiting',
    help: 'Analyses that wait for their turn.',
  });
  const reports = registry.gauge({ name: 'vedette_agent_reports', help: 'Reports that are kept.' });
  registry.onCollect(() => {
    const now = read();
    waiting.set(now.waiting);
    reports.set(now.reports);
  });
  return {
    analysed: (cause, outcome, tookMs) => {
      analyses.inc(1, cause, outcome);
      duration.observe(tookMs / 1000);
    },
    dropped: (what) => dropped.inc(1, what),
  };
}
