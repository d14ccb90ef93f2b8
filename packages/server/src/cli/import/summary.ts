import { formatDurationMs, type Refusal } from '@vedette/model';
import type { ImportReport } from '../../ingest/prometheus-import/importer.ts';
import type { ImportSource } from '../../ingest/prometheus-import/source.ts';

/** What a run did, as `--json` prints it. */
export interface ImportSummary {
  readonly source: string;
  readonly spans: number;
  /** Finished by earlier runs, and not looked at again. */
  readonly spansBefore: number;
  readonly samplesRead: number;
  readonly histogramsRead: number;
  readonly samplesStored: number;
  /** Of those stored: how many have a sample at their time that was there before, and counts. */
  readonly samplesRepeated: number;
  readonly refusals: readonly Refusal[];
  readonly skipped: readonly string[];
  readonly faults: readonly string[];
  readonly tookMs: number;
}

export function summaryOf(source: ImportSource, report: ImportReport, tookMs: number): ImportSummary {
  const refusals = new Map<string, Refusal>();
  const sums = { samplesRead: 0, histogramsRead: 0, samplesStored: 0, samplesRepeated: 0 };
  for (const span of report.spans) {
    sums.samplesRead += span.sampleCount;
    sums.histogramsRead += span.histogramCount;
    sums.samplesStored += span.storedCount;
    sums.samplesRepeated += span.repeatedCount;
    for (const refusal of span.refusals) {
      const known = refusals.get(refusal.reason);
      refusals.set(
        refusal.reason,
        known === undefined ? refusal : { ...known, count: known.count + refusal.count },
      );
    }
  }
  return {
    source: source.name,
    spans: report.spans.length,
    spansBefore: report.spansBefore,
    ...sums,
    refusals: [...refusals.values()],
    skipped: source.skipped,
    faults: report.spans.flatMap(({ range, faults }) =>
      faults.map((fault) => `${new Date(range.fromMs).toISOString()}: ${fault}`),
    ),
    tookMs: Math.round(tookMs),
  };
}

/** In the words of the store: why it takes a sample, or does not. */
const REASONS: Readonly<Record<Refusal['reason'], string>> = {
  'out-of-order': 'out of order',
  'duplicate-timestamp': 'another value at the same time',
  'too-old': 'older than storage.metrics.retention',
  'too-new': 'ahead of the clock',
  'series-limit': 'too many series',
  'labels-too-long': 'labels too long',
  'invalid-histogram': 'impossible native histograms',
  'unsupported-histogram': 'native histograms, which the store does not hold yet',
  'invalid-exemplar': 'impossible exemplars',
  remote: 'refused by a remote store',
};

export function printSummary(summary: ImportSummary, { isDryRun }: { readonly isDryRun: boolean }): string {
  const { spans, spansBefore, samplesRead, samplesStored, samplesRepeated, tookMs } = summary;
  const before = spansBefore === 0 ? '' : ` (${spansBefore} more by earlier runs)`;
  const lines = [
    `${isDryRun ? 'read' : 'imported'} ${summary.source}: ${spans} spans${before}, ${formatDurationMs(tookMs)}`,
    `  read      ${samplesRead} samples, ${summary.histogramsRead} of them native histograms`,
  ];
  if (!isDryRun) {
    const repeated =
      samplesRepeated === 0
        ? ''
        : `, ${samplesRepeated} of them at times that have a sample already, which counts`;
    lines.push(`  stored    ${samplesStored} samples${repeated}`);
  }
  for (const { reason, count, example } of summary.refusals)
    lines.push(`  refused   ${count} samples: ${REASONS[reason]}; such as ${example}`);
  for (const sentence of summary.skipped) lines.push(`  skipped   a damaged block: ${sentence}`);
  for (const fault of summary.faults) lines.push(`  FAULT     ${fault}`);
  if (!isDryRun && summary.faults.length === 0)
    lines.push('  verified  what was read is stored or refused, and comes back from the store');
  return `${lines.join('\n')}\n`;
}
