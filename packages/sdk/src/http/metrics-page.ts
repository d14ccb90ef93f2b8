import { EXPOSITION_CONTENT_TYPES, exposeMetrics } from '../metrics/exposition.ts';
import type { MetricsRegistry } from '../metrics/instruments.ts';
import { expositionFormatOf } from '../metrics/negotiation.ts';
import { systemClock, type SdkClock } from '../system/system.ts';

/** A registry as an answer to `GET /metrics`. */
export interface MetricsPage {
  readonly contentType: string;
  /** Begins to read when the first piece is asked for. */
  readonly pieces: AsyncGenerator<string, void>;
}

// The event loop's turn after this much work: a request that comes meanwhile waits no longer.
const SLICE_MS_MAX = 5;

/** In the format that the `Accept` header asks for. */
export function metricsPageOf(
  registry: Pick<MetricsRegistry, 'read'>,
  accept: string | undefined,
  clock: SdkClock = systemClock,
): MetricsPage {
  const format = expositionFormatOf(accept);
  return {
    contentType: EXPOSITION_CONTENT_TYPES[format],
    pieces: inSlices(exposeMetrics(registry, format), clock),
  };
}

async function* inSlices(pieces: Iterable<string>, clock: SdkClock): AsyncGenerator<string, void> {
  let sliceStartMs = clock.monotonicMs();
  for (const piece of pieces) {
    yield piece;
    if (clock.monotonicMs() - sliceStartMs < SLICE_MS_MAX) continue;
    await new Promise<void>((resolve) => void clock.setTimer(0, resolve));
    sliceStartMs = clock.monotonicMs();
  }
}
