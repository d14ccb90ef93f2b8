import { SampleBatchBuilder } from '@vedette/model';
import { OTLP_LIMITS } from './limits.ts';

/** Where the series of one request go: one batch, with a bound on the bytes of its label sets. */
export class SeriesSink {
  readonly builder = new SampleBatchBuilder();
  #seriesBytes = 0;

  /** Points that come now must be refused. */
  get isFull(): boolean {
    return this.#seriesBytes > OTLP_LIMITS.seriesBytesMax;
  }

  /** Opens a series by its key; the bytes are copied. */
  openKey(key: Uint8Array): void {
    this.#seriesBytes += key.length;
    this.builder.openSeriesKey(key);
  }
}
