import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import type { IngestAnswer } from '../endpoint.ts';

/** The two encodings of OTLP over HTTP; an answer has that of its request. */
export type OtlpEncoding = 'protobuf' | 'json';

const CONTENT_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** The encoding that a Content-Type names; parameters such as a charset do not matter. */
export function findEncoding(contentType: string | undefined): OtlpEncoding | undefined {
  const type = contentType?.split(';')[0]?.trim().toLowerCase();
  if (type === CONTENT_TYPES.protobuf || type === 'application/protobuf') return 'protobuf';
  return type === CONTENT_TYPES.json ? 'json' : undefined;
}

/** ExportMetricsServiceResponse; the partial success is left unset when nothing is to be said. */
export function exportAnswer(
  encoding: OtlpEncoding,
  { rejectedCount, message }: { readonly rejectedCount: number; readonly message: string },
): IngestAnswer {
  const isWhole = rejectedCount === 0 && message === '';
  const headers = { 'content-type': CONTENT_TYPES[encoding] };
  if (encoding === 'json') {
    const partialSuccess = { rejectedDataPoints: String(rejectedCount), errorMessage: message };
    return { status: 200, headers, body: JSON.stringify(isWhole ? {} : { partialSuccess }) };
  }
  const response = new ProtobufWriter();
  if (!isWhole) {
    const partialSuccess = new ProtobufWriter();
    partialSuccess.uint(1, rejectedCount);
    partialSuccess.string(2, message);
    response.message(1, partialSuccess);
  }
  return { status: 200, headers, body: response.finish() };
}

/** Codes of google.rpc.Code, which are told beside the status of HTTP. */
const STATUS_CODES = new Map([
  [400, 3],
  [413, 3],
  [429, 8],
  [503, 14],
]);

const UNKNOWN_CODE = 2;

/** google.rpc.Status. */
export function statusAnswer(
  encoding: OtlpEncoding,
  status: number,
  { message, retryAfterSeconds }: { readonly message: string; readonly retryAfterSeconds?: number },
): IngestAnswer {
  const code = STATUS_CODES.get(status) ?? UNKNOWN_CODE;
  const headers = {
    'content-type': CONTENT_TYPES[encoding],
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  };
  if (encoding === 'json') return { status, headers, body: JSON.stringify({ code, message }) };
  const body = new ProtobufWriter();
  body.uint(1, code);
  body.string(2, message);
  return { status, headers, body: body.finish() };
}
