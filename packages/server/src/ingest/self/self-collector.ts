/**
 * Writes the server's own metrics into its own store, as if it scraped itself (`job="vedette"`), but
 * without text in between: the samples of the registry have stable identities, and each is mapped to
 * its row, which holds its key bytes, once.
 */
import type { FamilyView, SampleIdentity } from '@vedette/sdk';
import { IntervalLoop } from './interval-loop.ts';
import { Rows, SourceSeries, type SourceFamily, type SourceRow } from './source-series.ts';
import { SourceWriter, type SourceWriterDeps } from './source-writer.ts';

interface SelfCollectorOptions {
  readonly intervalMs: number;
  /** Value of the label `instance`: the host name. */
  readonly instance: string;
}

export interface SelfCollector {
  /** Collects at once, then every `intervalMs`. Starting twice is safe. */
  start(): void;
  /** Resolves when the running tick has ended. */
  stop(): Promise<void>;
  /**
   * For a privacy request: the registry has let go of series in which `speaks` finds somebody; their end is not written
   * into the store, where it would be new samples of theirs.
   */
  forget(speaks: (value: unknown) => boolean): Promise<void>;
}

export function createSelfCollector(deps: SourceWriterDeps, options: SelfCollectorOptions): SelfCollector {
  const { clock, metrics } = deps;
  const skipped = metrics.counter({
    name: 'vedette_self_skipped_ticks_total',
    help: 'Ticks left out because the one before still ran.',
  });
  const dropped = metrics.counter({
    name: 'vedette_self_dropped_rows_total',
    help: 'Rows left out because the source had SOURCE_SERIES_MAX series.',
  });
  const sourceLabels = { job: 'vedette', instance: options.instance };
  const source = new SourceSeries({ sourceLabels, onDrop: () => dropped.inc() });
  const writer = new SourceWriter(deps, { name: 'self', source });
  const rows = new RegistryRows(source);
  const task = async (timestampMs: number): Promise<void> => {
    const startedMs = clock.monotonicMs();
    await writer.write({ timestampMs, startedMs, sets: [rows.of(metrics.read())] });
  };
  const loop = new IntervalLoop(
    { clock },
    { intervalMs: options.intervalMs, task, onSkip: () => skipped.inc() },
  );
  return {
    start: () => loop.start(),
    stop: () => loop.stop(),
    forget: (speaks) => {
      rows.forget(speaks);
      source.forget(speaks);
      return Promise.resolve();
    },
  };
}

/** The samples of a registry as rows of a source. */
class RegistryRows {
  readonly #source: SourceSeries;
  readonly #rows = new Rows();
  readonly #byIdentity = new Map<SampleIdentity, SourceRow>();
  readonly #byName = new Map<string, SourceFamily>();
  readonly #described = new Set<string>();

  constructor(source: SourceSeries) {
    this.#source = source;
  }

  of(families: readonly FamilyView[]): Rows {
    this.#rows.clear();
    for (const family of families) {
      this.#describe(family);
      for (let series = 0; series < family.seriesCount; series++)
        if (family.isLive(series)) this.#addSeries(family, series);
    }
    return this.#rows;
  }

  forget(speaks: (value: unknown) => boolean): void {
    for (const identity of this.#byIdentity.keys())
      if (speaks(identity.labels)) this.#byIdentity.delete(identity);
  }

  #addSeries(family: FamilyView, series: number): void {
    for (let sample = 0; sample < family.samplesPerSeries; sample++) {
      const identity = family.identityOf(series, sample);
      const row = this.#byIdentity.get(identity) ?? this.#createRow(identity);
      if (row !== undefined) this.#rows.add(row, family.valueOf(series, sample));
    }
  }

  #createRow(identity: SampleIdentity): SourceRow | undefined {
    const { name, labels } = identity;
    let family = this.#byName.get(name);
    if (family === undefined) {
      family = this.#source.sampleName(
        name,
        labels.filter((_, i) => i % 2 === 0),
      );
      this.#byName.set(name, family);
    }
    const row = this.#source.rowOf(
      family,
      labels.filter((_, i) => i % 2 === 1),
    );
    if (row !== undefined) this.#byIdentity.set(identity, row);
    return row;
  }

  #describe({ name, type, help }: FamilyView): void {
    if (this.#described.has(name)) return;
    this.#described.add(name);
    this.#source.describe({ family: name, type, help, unit: '' });
  }
}
