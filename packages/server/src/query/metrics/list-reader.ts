/** What the API tells beside samples: metadata of families, exemplars of series. */
import {
  InputError,
  type Exemplar,
  type Labels,
  type MetricMetadata,
  type MetricType,
  type SeriesExemplars,
} from '@vedette/model';
import type { JsonCursor } from '../../lib/json-cursor.ts';
import { readLabels } from './result-reader.ts';
import { parseSampleValue } from './sample-value.ts';

const TYPES: ReadonlySet<string> = new Set<MetricType>([
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
]);

/** Several targets may say different things of a family: the first is taken. */
export function metadataOf(family: string, value: unknown): MetricMetadata | undefined {
  const [first] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof first !== 'object' || first === null) return undefined;
  const text = (name: string): string => {
    const found = (first as Record<string, unknown>)[name];
    return typeof found === 'string' ? found : '';
  };
  const type = text('type');
  return { family, type: isMetricType(type) ? type : 'unknown', help: text('help'), unit: text('unit') };
}

function isMetricType(text: string): text is MetricType {
  return TYPES.has(text);
}

export function readSeriesExemplars(cursor: JsonCursor): SeriesExemplars {
  let labels: Labels | undefined;
  const exemplars: Exemplar[] = [];
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'seriesLabels') labels = readLabels(cursor);
    else if (key === 'exemplars') {
      cursor.enterArray();
      while (cursor.nextElement()) exemplars.push(readExemplar(cursor));
    } else cursor.skip();
  }
  if (labels === undefined)
    throw new InputError('VED_BODY_INVALID', 'exemplars without the labels of a series');
  return { labels, exemplars };
}

function readExemplar(cursor: JsonCursor): Exemplar {
  let labels: Labels | undefined;
  let value = Number.NaN;
  let timestampMs = 0;
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'labels') labels = readLabels(cursor);
    else if (key === 'value') value = parseSampleValue(cursor.readString());
    else if (key === 'timestamp') timestampMs = Math.round(cursor.readNumber() * 1000);
    else cursor.skip();
  }
  if (labels === undefined) throw new InputError('VED_BODY_INVALID', 'an exemplar without labels');
  return { labels, value, timestampMs };
}
