import type { Annotations } from '@vedette/model';
import type { Position } from '../syntax/ast.ts';
import { quoteGo } from '../syntax/go-quote.ts';
import { formatGoNumber } from '../syntax/go-number.ts';
import { formatPosition } from '../syntax/syntax-error.ts';

/** Remarks are kept once each; this many different ones are enough to see what is wrong. */
const ANNOTATIONS_MAX = 1000;

export type HistogramOperation = 'addition' | 'subtraction' | 'aggregation';

/** Gathers warnings and infos with upstream's texts, `(line:column)` of the expression at fault behind. */
export class QueryAnnotations {
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();

  warn(text: string, position: Position): void {
    add(this.#warnings, `PromQL warning: ${text} (${formatPosition(position)})`);
  }

  info(text: string, position: Position): void {
    add(this.#infos, `PromQL info: ${text} (${formatPosition(position)})`);
  }

  warnOfQuantile(quantile: number, position: Position): void {
    if (quantile >= 0 && quantile <= 1) return;
    this.warn(`quantile value should be between 0 and 1, got ${formatGoNumber(quantile)}`, position);
  }

  /** A range of one series has both kinds of samples, and the function can answer for neither. */
  warnOfMixedSamples(metricName: string, position: Position): void {
    this.warn(`encountered a mix of histograms and floats for metric name ${quoteGo(metricName)}`, position);
  }

  infoOfIgnoredInRange(metricName: string, position: Position): void {
    this.info(
      'ignored histograms in a range containing both floats and histograms for metric name ' +
        quoteGo(metricName),
      position,
    );
  }

  /** Exponential and custom buckets have nothing in common. */
  warnOfMixedSchemas(metricName: string, position: Position): void {
    this.warn(
      'vector contains a mix of histograms with exponential and custom buckets schemas for metric name ' +
        quoteGo(metricName),
      position,
    );
  }

  warnOfResetConflict(operation: HistogramOperation, position: Position): void {
    this.warn(`conflicting counter resets during histogram ${operation}`, position);
  }

  infoOfReconciledBounds(operation: HistogramOperation, position: Position): void {
    this.info(`mismatched custom buckets were reconciled during ${operation}`, position);
  }

  infoOfIgnoredIn(aggregation: string, position: Position): void {
    this.info(`ignored histogram in ${aggregation} aggregation`, position);
  }

  finish(): Annotations {
    return { warnings: [...this.#warnings], infos: [...this.#infos] };
  }
}

/** ` for metric name "x"`, or nothing when there is no name. */
export function forMetricName(name: string): string {
  return name === '' ? '' : ` for metric name ${quoteGo(name)}`;
}

function add(texts: Set<string>, text: string): void {
  if (texts.size < ANNOTATIONS_MAX) texts.add(text);
}
