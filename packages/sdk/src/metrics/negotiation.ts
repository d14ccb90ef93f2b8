import { EXPOSITION_CONTENT_TYPES, type ExpositionFormat } from './exposition.ts';
import { PROTOBUF_CONTENT_TYPE } from './protobuf-exposition.ts';

/** What `metricsHandler` can answer with. */
export type PageFormat = ExpositionFormat | 'protobuf';

export const PAGE_CONTENT_TYPES: Readonly<Record<PageFormat, string>> = {
  ...EXPOSITION_CONTENT_TYPES,
  protobuf: PROTOBUF_CONTENT_TYPE,
};

const TEXT_FORMATS: readonly ExpositionFormat[] = ['prometheus', 'openmetrics'];
const PAGE_FORMATS: readonly PageFormat[] = [...TEXT_FORMATS, 'protobuf'];

/** The text format that an `Accept` header likes best; Prometheus' where it does not say. */
export function expositionFormatOf(accept: string | undefined): ExpositionFormat {
  return bestOf(accept, TEXT_FORMATS);
}

/** As `expositionFormatOf`, with protobuf for scrapers that ask for it: the only format that carries native histograms. */
export function pageFormatOf(accept: string | undefined): PageFormat {
  return bestOf(accept, PAGE_FORMATS);
}

// Longer than any scraper's; the rest of a longer one is not looked at.
const ACCEPT_CHARS_MAX = 4096;

/** The highest `q` wins, of equal ones the first. A wildcard stands for the first format offered. */
function bestOf<Format extends PageFormat>(accept: string | undefined, offered: readonly Format[]): Format {
  let best: Format | undefined;
  let bestQuality = 0;
  for (const range of (accept ?? '').slice(0, ACCEPT_CHARS_MAX).split(',')) {
    const { type, parameters } = mediaRangeOf(range);
    const format = offered.find((one) => MATCHES[one](type, parameters));
    const quality = qualityOf(parameters.get('q'));
    if (format === undefined || quality <= bestQuality) continue;
    best = format;
    bestQuality = quality;
  }
  return best ?? (offered[0] as Format);
}

type Match = (type: string, parameters: ReadonlyMap<string, string>) => boolean;

const isOneOf = (value: string | undefined, wanted: string): boolean =>
  value === undefined || value === wanted;

const MATCHES: Readonly<Record<PageFormat, Match>> = {
  prometheus: (type, parameters) =>
    ['text/plain', 'text/*', '*/*'].includes(type) && isOneOf(parameters.get('version'), '0.0.4'),
  openmetrics: (type, parameters) =>
    type === 'application/openmetrics-text' && isOneOf(parameters.get('version'), '1.0.0'),
  protobuf: (type, parameters) =>
    type === 'application/vnd.google.protobuf' &&
    parameters.get('proto') === 'io.prometheus.client.MetricFamily' &&
    isOneOf(parameters.get('encoding'), 'delimited'),
};

function mediaRangeOf(range: string): { type: string; parameters: ReadonlyMap<string, string> } {
  const [type = '', ...rest] = range.split(';').map((word) => word.trim());
  const parameters = new Map<string, string>();
  for (const word of rest) {
    const at = word.indexOf('=');
    if (at > 0) parameters.set(word.slice(0, at).trim().toLowerCase(), unquoted(word.slice(at + 1).trim()));
  }
  return { type: type.toLowerCase(), parameters };
}

function unquoted(text: string): string {
  return text.length >= 2 && text.startsWith('"') && text.endsWith('"') ? text.slice(1, -1) : text;
}

function qualityOf(text: string | undefined): number {
  if (text === undefined) return 1;
  const quality = Number(text);
  return quality >= 0 && quality <= 1 ? quality : 0;
}
