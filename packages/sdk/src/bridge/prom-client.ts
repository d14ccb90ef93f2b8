/**
 * One page for an application that has metrics in several places: our registry, those of `prom-client` (15) and of its
 * successor `@prometheus-io/client` (0.16). The two keep global registries of their own, so that what a library
 * registers with the one is missing from the other's page; here all are read.
 *
 * 1. Our families come first, then those of each registry in the order given. Names stay as the other registry
 *    exposes them, so that nobody's series change when they move to this page.
 * 2. A name that is taken (by any sample of an earlier family) is left out and reported, once for each name: two
 *    families of one name make a page that Prometheus refuses as a whole.
 * 3. A foreign metric whose `collect` throws, never ends, or returns what is no metric is left out and reported; the
 *    rest of the page is there. Nothing of it throws.
 * 4. What a family says is checked as foreign input is: names, numbers, and that every series has the same samples.
 *
 * Foreign registries are read whole, and at each reading: their own cost, which is not ours to cut in slices.
 */
import type { FamilyView, Gauge, MetricsRegistry } from '../metrics/instruments.ts';
import type { MetricsSource } from '../metrics/metrics-page.ts';
import { sampleNamesOf } from '../metrics/names.ts';
import { systemClock, type SdkClock } from '../system/system.ts';
import { foreignFamilyOf } from './foreign-family.ts';
import { readForeign, type ForeignRegistry } from './foreign-registry.ts';

export type { ForeignRegistry };

/** Why a foreign metric is not on the page. */
export interface BridgeFault {
  readonly metric: string;
  /** `clash`: the name is taken; `failed`: its `collect` threw or took too long; `invalid`: it is no metric of the format. */
  readonly reason: 'clash' | 'failed' | 'invalid';
  readonly message: string;
}

export interface BridgeOptions {
  /** Called once for each metric and reason, and never again for the same. What it throws is ignored. */
  readonly onFault?: (fault: BridgeFault) => void;
  /** How long a foreign registry may take to read; default 5,000 ms, half of Prometheus' usual timeout. */
  readonly timeoutMs?: number;
  /** Default: the machine's. */
  readonly clock?: Pick<SdkClock, 'setTimer'>;
}

const TIMEOUT_MS = 5000;

/**
 * Puts `registry` and foreign ones together, for `metricsHandler` and `renderMetrics`. Registers
 * `sdk_bridge_metrics_left_out{reason}` with `registry`: how many metrics the last reading left out.
 *
 * ```ts
 * import { register } from 'prom-client';
 * createServer(metricsHandler(mergeRegistries(registry, [register])));
 * ```
 */
export function mergeRegistries(
  registry: MetricsRegistry,
  foreign: readonly ForeignRegistry[],
  options: BridgeOptions = {},
): MetricsSource {
  const leftOut = registry.gauge({
    name: 'sdk_bridge_metrics_left_out',
    help: 'Metrics of other registries that the last reading left out.',
    labelNames: ['reason'],
    bareName: true,
  });
  const faults = new FaultBook(leftOut, options.onFault);
  const { clock = systemClock, timeoutMs = TIMEOUT_MS } = options;
  return {
    async read() {
      const reads = await Promise.all(foreign.map((one) => readForeign(one, { clock, timeoutMs })));
      faults.begin();
      const views: FamilyView[] = [];
      const taken = new Set<string>();
      const own = registry.read();
      for (const { name, type } of own) for (const sample of sampleNamesOf(type, name)) taken.add(sample);
      for (const { metrics, failures, isOpenMetrics } of reads) {
        for (const failure of failures) faults.add({ ...failure, reason: 'failed' });
        for (const metric of metrics) {
          const family = foreignFamilyOf(metric, { isOpenMetrics });
          if ('fault' in family)
            faults.add({ metric: family.name, reason: 'invalid', message: family.fault });
          else if (isFree(family, taken)) views.push(family);
          else faults.add({ metric: family.name, reason: 'clash', message: 'the name is taken' });
        }
      }
      faults.end();
      return [...own, ...views];
    },
  };
}

/** Takes the names of a family, if all are free. */
function isFree({ type, name }: FamilyView, taken: Set<string>): boolean {
  const names = sampleNamesOf(type, name);
  if (names.some((sample) => taken.has(sample))) return false;
  for (const sample of names) taken.add(sample);
  return true;
}

// A registry that makes names up at each reading would fill the memory with what was reported.
const REPORTED_MAX = 1000;

/** What was left out: counted for each reading, told once. */
class FaultBook {
  readonly #gauge: Gauge;
  readonly #onFault: ((fault: BridgeFault) => void) | undefined;
  readonly #reported = new Set<string>();
  readonly #counts = new Map<BridgeFault['reason'], number>();

  constructor(gauge: Gauge, onFault: ((fault: BridgeFault) => void) | undefined) {
    this.#gauge = gauge;
    this.#onFault = onFault;
    this.begin();
    this.end();
  }

  begin(): void {
    for (const reason of ['clash', 'failed', 'invalid'] as const) this.#counts.set(reason, 0);
  }

  add(fault: BridgeFault): void {
    this.#counts.set(fault.reason, (this.#counts.get(fault.reason) ?? 0) + 1);
    const key = `${fault.reason} ${fault.metric}`;
    if (this.#reported.has(key) || this.#reported.size >= REPORTED_MAX) return;
    this.#reported.add(key);
    try {
      this.#onFault?.(fault);
    } catch {
      // Whoever listens must not keep the page from its reader.
    }
  }

  end(): void {
    for (const [reason, count] of this.#counts) this.#gauge.set(count, reason);
  }
}
