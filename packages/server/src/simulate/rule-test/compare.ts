import {
  formatLabels,
  isValidAt,
  labelsOf,
  NO_LABELS,
  withLabel,
  type Labels,
  type NativeHistogram,
  type QueryResult,
} from '@vedette/model';
import { compactHistogram, formatHistogram } from '@vedette/promql';
import type { AlertTest, ExprTest } from './rule-test-file.ts';

export interface FiringAlert {
  readonly labels: Labels;
  readonly annotations: Labels;
}

/** What is wrong, in words; `undefined` when the alerts are those expected, in any order. */
export function compareAlerts(test: AlertTest, got: readonly FiringAlert[]): string | undefined {
  const wanted = test.exp_alerts.map(({ exp_labels, exp_annotations }) => ({
    labels: withLabel(labelsOf(exp_labels), 'alertname', test.alertname),
    annotations: labelsOf(exp_annotations),
  }));
  return difference(wanted.map(printAlert), got.map(printAlert));
}

function printAlert({ labels, annotations }: FiringAlert): string {
  return `${formatLabels(labels)} with annotations ${formatLabels(annotations)}`;
}

interface Sample {
  readonly labels: Labels;
  readonly value: number;
  readonly histogram?: NativeHistogram | undefined;
}

/** As `compareAlerts`, for the answer of an expression. `isFuzzy`: floats next to each other are equal. */
export function compareSamples(test: ExprTest, answer: QueryResult, isFuzzy: boolean): string | undefined {
  const wanted = sorted(test.exp_samples);
  const got = sorted(samplesOf(answer));
  const isEqual = wanted.length === got.length && wanted.every((sample, i) => same(sample, got[i], isFuzzy));
  return isEqual ? undefined : tellApart(wanted.map(printSample), got.map(printSample));
}

function same(a: Sample, b: Sample | undefined, isFuzzy: boolean): boolean {
  if (b === undefined || formatLabels(a.labels) !== formatLabels(b.labels)) return false;
  if (a.histogram !== undefined || b.histogram !== undefined)
    return a.histogram !== undefined && printSample(a) === printSample(b);
  return a.value === b.value || (isFuzzy && areNeighbours(a.value, b.value));
}

/** Whether no float lies between the two. */
function areNeighbours(a: number, b: number): boolean {
  const bits = new BigInt64Array(new Float64Array([a, b]).buffer);
  const apart = (bits[0] ?? 0n) - (bits[1] ?? 0n);
  return Number.isFinite(a) && Number.isFinite(b) && apart >= -1n && apart <= 1n;
}

function samplesOf(answer: QueryResult): readonly Sample[] {
  switch (answer.kind) {
    case 'scalar':
      return [{ labels: NO_LABELS, value: answer.values[0] ?? Number.NaN }];
    case 'string':
    case 'samples':
      return [];
    case 'series':
      return answer.series
        .filter(({ validity }) => isValidAt(validity, 0))
        .map(({ labels, values, histograms }) => ({
          labels,
          value: values[0] ?? Number.NaN,
          histogram: histograms?.get(0),
        }));
  }
}

function sorted(samples: readonly Sample[]): readonly Sample[] {
  const key = ({ labels }: Sample): string => formatLabels(labels);
  return samples.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
}

function printSample({ labels, value, histogram }: Sample): string {
  if (histogram === undefined) return `${formatLabels(labels)} ${value}`;
  return `${formatLabels(labels)} ${formatHistogram(compactHistogram(histogram))}`;
}

function difference(wanted: readonly string[], got: readonly string[]): string | undefined {
  const isEqual = wanted.toSorted().join('\n') === got.toSorted().join('\n');
  return isEqual ? undefined : tellApart(wanted, got);
}

function tellApart(wanted: readonly string[], got: readonly string[]): string {
  const list = (lines: readonly string[]): string =>
    lines.length === 0 ? ' nothing' : lines.map((line) => `\n      ${line}`).join('');
  return `got:${list(got)}\n    want:${list(wanted)}`;
}
