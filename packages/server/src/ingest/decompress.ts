import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { InputError } from '@vedette/model';
import { decompressSnappy } from '../lib/snappy.ts';

const gunzip = promisify(zlib.gunzip);
const inflate = promisify(zlib.inflate);
const zstdDecompress = promisify(zlib.zstdDecompress);

/** Content-Encodings that are understood; `identity` and an absent one are the bytes themselves. */
export type ContentEncoding = 'identity' | 'gzip' | 'deflate' | 'zstd' | 'snappy';

/**
 * The content of a body, of at most `bytesMax` bytes: what would grow beyond is refused while it grows (or, for
 * snappy, before). Rejects with `InputError`: VED_BODY_TOO_LARGE, or VED_BODY_INVALID for damage.
 */
export async function decompressBody(
  body: Uint8Array,
  encoding: ContentEncoding,
  bytesMax: number,
): Promise<Uint8Array> {
  switch (encoding) {
    case 'identity':
      if (body.length > bytesMax) throw tooLarge(encoding, bytesMax);
      return body;
    case 'snappy':
      return decompressSnappy(body, bytesMax);
    case 'gzip':
      return await bounded(gunzip, body, encoding, bytesMax);
    case 'deflate':
      return await bounded(inflate, body, encoding, bytesMax);
    case 'zstd':
      return await bounded(zstdDecompress, body, encoding, bytesMax);
  }
}

type Decompressor = (body: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array>;

async function bounded(
  decompress: Decompressor,
  body: Uint8Array,
  encoding: ContentEncoding,
  bytesMax: number,
): Promise<Uint8Array> {
  try {
    return await decompress(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if (error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw tooLarge(encoding, bytesMax);
    throw new InputError(
      'VED_BODY_INVALID',
      `cannot decompress the body as ${encoding}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}

function tooLarge(encoding: ContentEncoding, bytesMax: number): InputError {
  return new InputError(
    'VED_BODY_TOO_LARGE',
    `cannot take the body: its content (${encoding}) is longer than the limit of ${bytesMax} bytes; send smaller batches`,
  );
}
