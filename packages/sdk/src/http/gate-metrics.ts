import type { Verdict } from '../guard/guard.ts';
import type { MetricsRegistry } from '../metrics/instruments.ts';

/** Where it failed: in the application's functions, or in the guard. */
export type FailureCause = 'subject' | 'action' | 'challenge' | 'guard';

export interface GateMetrics {
  /** `nobody`: the application knew no subject. */
  countVerdict(verdict: Verdict['kind'] | 'nobody'): void;
  countFailure(cause: FailureCause): void;
  addWaiting(by: 1 | -1): void;
}

/** The same for every gate that counts into `registry`: an application has several middlewares and one set of names. */
export function createGateMetrics(registry: MetricsRegistry): GateMetrics {
  const known = metricsOf.get(registry);
  if (known !== undefined) return known;
  const made = registerGateMetrics(registry);
  metricsOf.set(registry, made);
  return made;
}

const metricsOf = new WeakMap<MetricsRegistry, GateMetrics>();

function registerGateMetrics(registry: MetricsRegistry): GateMetrics {
  const verdicts = registry.counter({
    name: 'guard_http_requests_total',
    help: 'Requests by what the guard said of their subject.',
    labelNames: ['verdict'],
  });
  const failures = registry.counter({
    name: 'guard_http_failures_total',
    help: 'Failures around the guard that let a request pass, by where they happened.',
    labelNames: ['cause'],
  });
  const waiting = registry.gauge({
    name: 'guard_http_waiting',
    help: 'Slowed requests that wait at the moment.',
  });
  return {
    countVerdict: (verdict) => verdicts.inc(1, verdict),
    countFailure: (cause) => failures.inc(1, cause),
    addWaiting: (by) => waiting.inc(by),
  };
}
