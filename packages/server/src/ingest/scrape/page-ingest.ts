import type { SampleBatch, Slicer } from '@vedette/model';
import type { PageFormat } from './content-type.ts';
import { BatchBuilders } from './batch-builders.ts';
import { PageBatch, type PageCounts, type SampleRules } from './page-batch.ts';
import { readProtobufPage } from './protobuf-page.ts';
import type { TargetCache } from './target-cache.ts';
import type { TargetMetadata } from './target-metadata.ts';
import { readTextPage } from './text-page.ts';

/** A page on its way into a batch. */
export interface PageOptions extends SampleRules {
  readonly format: PageFormat;
}

/**
 * Collects one scrape: the page, staleness markers for what vanished, and the scraper's own report
 * samples, in one batch. Work is cut in slices. A page with any fault is dropped whole: the caller
 * starts anew with an empty one.
 */
export class PageIngest {
  readonly #cache: TargetCache;
  readonly #slicer: Slicer;
  readonly #metadata: TargetMetadata;
  readonly #batch: PageBatch;

  constructor(
    deps: { slicer: Slicer; builders?: BatchBuilders | undefined },
    parts: { cache: TargetCache; metadata: TargetMetadata },
  ) {
    this.#slicer = deps.slicer;
    this.#cache = parts.cache;
    this.#metadata = parts.metadata;
    this.#batch = new PageBatch(this.#cache, deps.builders ?? new BatchBuilders());
    this.#cache.beginPage();
  }

  get counts(): PageCounts {
    return this.#batch.counts;
  }

  /** Reads the whole page. Throws `InputError` at the first fault; the counts say how far it came. */
  async readPage(bytes: Uint8Array, options: PageOptions): Promise<void> {
    const { format } = options;
    const parts = { cache: this.#cache, metadata: this.#metadata, batch: this.#batch };
    const page = { bytes, rules: options, slicer: this.#slicer };
    if (format === 'protobuf') await readProtobufPage(parts, page);
    else await readTextPage(parts, { ...page, format });
    this.#batch.assertWithinLimit(options);
  }

  /** Adds a staleness marker for each tracked series that the page does not carry on. */
  async addStaleMarkers(timestampMs: number): Promise<void> {
    await this.#batch.addStaleMarkers(timestampMs, this.#slicer);
  }

  /** Adds a sample of the scraper's own, unless the page has that very series. */
  addReport(key: Uint8Array, timestampMs: number, value: number | 'stale'): void {
    this.#batch.addReport(key, timestampMs, value);
  }

  /** Gives the memory of the batch away: nobody uses it any more. Without it the batch is collected as garbage. */
  release(): void {
    this.#batch.release();
  }

  /** The batch, with the metadata that changed. */
  finish(): SampleBatch {
    return { ...this.#batch.finish(), metadata: this.#metadata.changed() };
  }
}
