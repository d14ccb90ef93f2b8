import type { DecodeScope } from './decode-scope.ts';
import {
  attributesOf,
  isRecord,
  listOf,
  memberOf,
  numberOf,
  textOf,
  timeMsOf,
  type JsonRecord,
} from './json-fields.ts';
import { OTLP_LIMITS } from './limits.ts';
import {
  NO_BUCKETS,
  type ExponentialBuckets,
  type ExponentialPoint,
  type HistogramPoint,
  type NumberPoint,
  type OtlpExemplar,
  type PointHead,
  type SummaryPoint,
} from './otlp-metrics.ts';

function headOf(record: JsonRecord, scope: DecodeScope): PointHead {
  return {
    attributes: attributesOf(record['attributes'], scope),
    startMs: timeMsOf(memberOf(record, 'startTimeUnixNano')),
    timestampMs: timeMsOf(memberOf(record, 'timeUnixNano')),
    // The bit NO_RECORDED_VALUE.
    isStale: numberOf(record['flags']) % 2 === 1,
  };
}

export function numberPointOf(record: JsonRecord, scope: DecodeScope): NumberPoint {
  return {
    ...headOf(record, scope),
    value: valueOf(record),
    exemplars: exemplarsOf(record, scope),
  };
}

/** Of a point or an exemplar: one of two members. */
function valueOf(record: JsonRecord): number {
  const integer = memberOf(record, 'asInt');
  return numberOf(integer ?? memberOf(record, 'asDouble'));
}

export function histogramPointOf(record: JsonRecord, scope: DecodeScope): HistogramPoint {
  return {
    ...headOf(record, scope),
    count: numberOf(record['count']),
    sum: sumOf(record),
    bucketCounts: numbersOf(memberOf(record, 'bucketCounts')),
    bounds: numbersOf(memberOf(record, 'explicitBounds')),
    exemplars: exemplarsOf(record, scope),
  };
}

export function exponentialPointOf(record: JsonRecord, scope: DecodeScope): ExponentialPoint {
  return {
    ...headOf(record, scope),
    count: numberOf(record['count']),
    sum: sumOf(record),
    scale: numberOf(record['scale']),
    zeroCount: numberOf(memberOf(record, 'zeroCount')),
    zeroThreshold: numberOf(memberOf(record, 'zeroThreshold')),
    positive: bucketsOf(record['positive']),
    negative: bucketsOf(record['negative']),
    exemplars: exemplarsOf(record, scope),
  };
}

export function summaryPointOf(record: JsonRecord, scope: DecodeScope): SummaryPoint {
  const quantiles: number[] = [];
  for (const entry of listOf(memberOf(record, 'quantileValues'))) {
    scope.count();
    if (isRecord(entry)) quantiles.push(numberOf(entry['quantile']), numberOf(entry['value']));
  }
  return {
    ...headOf(record, scope),
    count: numberOf(record['count']),
    sum: numberOf(record['sum']),
    quantiles,
  };
}

function sumOf(record: JsonRecord): number | undefined {
  const sum = record['sum'];
  return sum === undefined || sum === null ? undefined : numberOf(sum);
}

function numbersOf(value: unknown): number[] {
  return listOf(value).map(numberOf);
}

function bucketsOf(value: unknown): ExponentialBuckets {
  if (!isRecord(value)) return NO_BUCKETS;
  return { offset: numberOf(value['offset']), counts: numbersOf(memberOf(value, 'bucketCounts')) };
}

function exemplarsOf(record: JsonRecord, scope: DecodeScope): readonly OtlpExemplar[] {
  const exemplars: OtlpExemplar[] = [];
  for (const entry of listOf(record['exemplars'])) {
    scope.count();
    if (!isRecord(entry) || exemplars.length === OTLP_LIMITS.exemplarCountMax) continue;
    exemplars.push({
      timestampMs: timeMsOf(memberOf(entry, 'timeUnixNano')),
      value: valueOf(entry),
      traceId: idOf(memberOf(entry, 'traceId')),
      spanId: idOf(memberOf(entry, 'spanId')),
      attributes: attributesOf(memberOf(entry, 'filteredAttributes'), scope),
    });
  }
  return exemplars;
}

const ID = /^([0-9a-f]{16}|[0-9a-f]{32})$/;

/** Hexadecimal in either case; what is only zeros, or has another length, is none. */
function idOf(value: unknown): string {
  const id = textOf(value).toLowerCase();
  return ID.test(id) && !/^0+$/.test(id) ? id : '';
}
