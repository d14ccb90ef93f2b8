import type { IngestAnswer, IngestRequest } from '../endpoint.ts';

/** Which of the two messages a request carries. */
export type MessageVersion = 'v1' | 'v2';

const VERSIONS: ReadonlyMap<string, MessageVersion> = new Map([
  ['prometheus.WriteRequest', 'v1'],
  ['io.prometheus.write.v2.Request', 'v2'],
]);

/**
 * The message that the headers announce, or the 415 for anything else. Absent headers mean 1.0 and snappy, as
 * upstream takes them: early senders left them out.
 */
export function messageVersionOf(headers: IngestRequest['headers']): MessageVersion | IngestAnswer {
  const contentType = headers['content-type']?.trim() ?? '';
  const version = contentType === '' ? 'v1' : versionOf(contentType);
  if (version === undefined)
    return unsupported(
      `cannot take content type ${JSON.stringify(contentType)}: want application/x-protobuf, with proto=${[...VERSIONS.keys()].join(' or proto=')}`,
    );
  const encoding = headers['content-encoding']?.trim() ?? '';
  if (encoding !== '' && encoding.toLowerCase() !== 'snappy')
    return unsupported(`cannot take content encoding ${JSON.stringify(encoding)}: want snappy`);
  return version;
}

function versionOf(contentType: string): MessageVersion | undefined {
  const [mediaType = '', ...parameters] = contentType.split(';');
  if (mediaType.trim().toLowerCase() !== 'application/x-protobuf') return undefined;
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2);
    if (name.trim().toLowerCase() === 'proto') return VERSIONS.get(value.trim().replace(/^"(.*)"$/, '$1'));
  }
  return 'v1';
}

function unsupported(text: string): IngestAnswer {
  return { status: 415, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: `${text}\n` };
}
