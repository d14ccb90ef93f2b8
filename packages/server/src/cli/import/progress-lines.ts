import { formatDurationMs, type Clock } from '@vedette/model';
import type { ImportProgress, SpanReport, Tally } from '../../ingest/prometheus-import/importer.ts';

// A figure that changes more often cannot be read.
const REFRESH_MS = 200;

/** A line per span; on a terminal, below them, one that counts along. */
export class ProgressLines implements ImportProgress {
  readonly #deps: { readonly clock: Clock; readonly err: (text: string) => void };
  readonly #isTerminal: boolean;
  #shownMs = -Infinity;
  #isLineOpen = false;

  constructor(
    deps: { readonly clock: Clock; readonly err: (text: string) => void },
    options: { readonly isTerminal: boolean },
  ) {
    this.#deps = deps;
    this.#isTerminal = options.isTerminal;
  }

  reading({ seriesCount, sampleCount }: Tally): void {
    if (!this.#isTerminal) return;
    const nowMs = this.#deps.clock.monotonicMs();
    if (nowMs - this.#shownMs < REFRESH_MS) return;
    this.#shownMs = nowMs;
    this.#isLineOpen = true;
    this.#deps.err(`\r\u001b[Kreading: ${seriesCount} series, ${sampleCount} samples`);
  }

  finished(span: SpanReport, { done, total }: { readonly done: number; readonly total: number }): void {
    this.end();
    const { seriesCount, sampleCount, storedCount, tookMs } = span;
    const perSecond = tookMs > 0 ? Math.round(sampleCount / (tookMs / 1000)) : sampleCount;
    const times = `${new Date(span.range.fromMs).toISOString()} to ${new Date(span.range.untilMs).toISOString()}`;
    this.#deps.err(
      `span ${done} of ${total}: ${times}: ${seriesCount} series, ${sampleCount} samples read, ${storedCount} stored, ${formatDurationMs(Math.round(tookMs))}, ${perSecond} samples/s\n`,
    );
  }

  /** Clears the line that counts along. Twice is safe. */
  end(): void {
    if (this.#isLineOpen) this.#deps.err('\r\u001b[K');
    this.#isLineOpen = false;
  }
}
