import { InputError } from '@vedette/model';
import type { ExpositionFormat } from './exposition-reader.ts';

/** How the bytes of a page are to be read. */
export type PageFormat = ExpositionFormat | 'protobuf';

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const MEDIA_TYPE = new RegExp(
  `^\\s*(${TOKEN}/${TOKEN})(?:\\s*;\\s*${TOKEN}\\s*=\\s*(?:${TOKEN}|"(?:[^"\\\\]|\\\\.)*"))*\\s*;?\\s*$`,
);

const FORMATS: ReadonlyMap<string, PageFormat> = new Map([
  ['text/plain', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['application/vnd.google.protobuf', 'protobuf'],
]);

/**
 * The format of a page, by its Content-Type as Prometheus 3 judges it: a header that is missing, broken
 * or of another kind fails the scrape, unless the job names a fallback.
 */
export function formatOfContentType(contentType: string, fallback: PageFormat | undefined): PageFormat {
  const mediaType = MEDIA_TYPE.exec(contentType)?.[1]?.toLowerCase();
  const format = mediaType === undefined ? undefined : FORMATS.get(mediaType);
  if (format !== undefined) return format;
  if (fallback !== undefined) return fallback;
  const shown = JSON.stringify(contentType.slice(0, 200));
  if (contentType === '')
    throw fault(
      'non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol specified for target',
    );
  if (mediaType === undefined)
    throw fault(`cannot parse Content-Type ${shown} and no fallback_scrape_protocol for target`);
  throw fault(
    `received unsupported Content-Type ${shown} and no fallback_scrape_protocol specified for target`,
  );
}

function fault(message: string): InputError {
  return new InputError('VED_SCRAPE_FAILED', message);
}
