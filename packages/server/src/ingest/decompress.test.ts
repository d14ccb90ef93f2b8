import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as zlib from 'node:zlib';
import fc from 'fast-check';
import { InputError } from '@vedette/model';
import { compressSnappy } from '../lib/snappy.ts';
import { decompressBody, type ContentEncoding } from './decompress.ts';

const COMPRESSORS: Readonly<Record<ContentEncoding, (content: Uint8Array) => Uint8Array>> = {
  identity: (content) => content,
  gzip: (content) => zlib.gzipSync(content),
  deflate: (content) => zlib.deflateSync(content),
  zstd: (content) => zlib.zstdCompressSync(content),
  snappy: compressSnappy,
};
const ENCODINGS = Object.keys(COMPRESSORS) as ContentEncoding[];
const KIB = 1024;

for (const encoding of ENCODINGS) {
  const compress = COMPRESSORS[encoding];

  test(`${encoding}: content up to the limit comes back, one byte more is refused`, async () => {
    const content = Buffer.from('observe '.repeat(KIB));
    const body = compress(content);
    assert.ok(content.equals(await decompressBody(body, encoding, content.length)));
    await assert.rejects(decompressBody(body, encoding, content.length - 1), {
      code: 'VED_BODY_TOO_LARGE',
      message: /limit (?:of|is) 8191/,
    });
  });

  test(`${encoding}: whatever the bytes, they are content within the limit or a fault`, async () => {
    const whole = compress(Buffer.from('up{job="node"} 1\n'.repeat(200)));
    const mutated = fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.nat()).map(([at, byte, end]) => {
      const bytes = Uint8Array.from(whole);
      bytes[at % bytes.length] = byte;
      return end % 3 === 0 ? bytes.subarray(0, end % bytes.length) : bytes;
    });
    const property = fc.asyncProperty(mutated, async (bytes) => {
      try {
        assert.ok((await decompressBody(bytes, encoding, 4 * KIB)).length <= 4 * KIB);
      } catch (error) {
        assert.ok(error instanceof InputError, String(error));
      }
    });
    await fc.assert(property, { numRuns: 200 });
  });
}

test('a bomb is refused while it grows', async () => {
  const bomb = zlib.gzipSync(Buffer.alloc(200 * KIB * KIB));
  const before = process.memoryUsage().rss;
  await assert.rejects(decompressBody(bomb, 'gzip', KIB * KIB), { code: 'VED_BODY_TOO_LARGE' });
  assert.ok(process.memoryUsage().rss - before < 100 * KIB * KIB);
});
