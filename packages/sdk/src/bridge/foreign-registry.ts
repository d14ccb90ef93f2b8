import type { SdkClock } from '../system/system.ts';

/**
 * A registry of either client; `register` is the global one of each. By shape: who has one of the clients should not
 * need the other for its types.
 */
export interface ForeignRegistry {
  readonly contentType: string;
  /** Objects with a name and a method `get`, which is not in the clients' types. */
  getMetricsAsArray(): readonly object[];
}

/** What a foreign registry has said, unchecked. */
export interface ForeignReading {
  /** Each as `get()` of a metric answers. */
  readonly metrics: readonly unknown[];
  readonly failures: readonly { readonly metric: string; readonly message: string }[];
  /** In this mode the clients expose counters with `_total` added. */
  readonly isOpenMetrics: boolean;
}

interface ReadOptions {
  readonly clock: Pick<SdkClock, 'setTimer'>;
  readonly timeoutMs: number;
}

/** Reads each metric by itself, at the same time, so that one that fails costs itself alone. Never rejects. */
export async function readForeign(registry: ForeignRegistry, options: ReadOptions): Promise<ForeignReading> {
  const metrics: unknown[] = [];
  const failures: { metric: string; message: string }[] = [];
  let isOpenMetrics = false;
  try {
    isOpenMetrics = String(registry.contentType).startsWith('application/openmetrics-text');
    const defaults = defaultLabelsOf(registry);
    const registered: readonly unknown[] = registry.getMetricsAsArray();
    const reads = registered.map(async (metric) => {
      try {
        metrics.push(withLabels(await inTime(readOne(metric), options), defaults));
      } catch (error) {
        failures.push({ metric: nameOf(metric), message: messageOf(error) });
      }
    });
    await Promise.all(reads);
    const order = new Map(registered.map((metric, i) => [nameOf(metric), i]));
    // As the registry has them, not as their readings ended.
    metrics.sort((a, b) => (order.get(nameOf(a)) ?? 0) - (order.get(nameOf(b)) ?? 0));
  } catch (error) {
    failures.push({ metric: '', message: messageOf(error) });
  }
  return { metrics, failures, isOpenMetrics };
}

async function readOne(metric: unknown): Promise<unknown> {
  const { get } = metric as { get?: unknown };
  if (typeof get !== 'function') throw new Error('it has no method "get"');
  return await (get.call(metric) as unknown);
}

async function inTime<T>(reading: Promise<T>, { clock, timeoutMs }: ReadOptions): Promise<T> {
  let timer: { cancel(): void } | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = clock.setTimer(timeoutMs, () => reject(new Error(`it took longer than ${timeoutMs} ms`)));
  });
  try {
    return await Promise.race([reading, deadline]);
  } finally {
    timer?.cancel();
  }
}

/** `setDefaultLabels` has no getter; where the clients keep them is the same in both. */
function defaultLabelsOf(registry: ForeignRegistry): Readonly<Record<string, unknown>> {
  const { _defaultLabels: labels } = registry as { _defaultLabels?: unknown };
  return typeof labels === 'object' && labels !== null ? { ...labels } : {};
}

/** A label of the value itself goes before one of the registry. */
function withLabels(metric: unknown, defaults: Readonly<Record<string, unknown>>): unknown {
  if (Object.keys(defaults).length === 0 || typeof metric !== 'object' || metric === null) return metric;
  const { values } = metric as { values?: unknown };
  if (!Array.isArray(values)) return metric;
  const labelled = values.map((value: unknown) => ({
    ...(value as object),
    labels: { ...defaults, ...(value as { labels?: object }).labels },
  }));
  return { ...metric, values: labelled };
}

function nameOf(metric: unknown): string {
  const name = typeof metric === 'object' && metric !== null && 'name' in metric ? metric.name : '';
  return typeof name === 'string' ? name : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
