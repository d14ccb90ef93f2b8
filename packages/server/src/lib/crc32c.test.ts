import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32c } from './crc32c.ts';

const check = (bytes: Uint8Array, want: number): void => assert.equal(crc32c(bytes), want);

test('the checksums are those of the published examples', () => {
  check(new Uint8Array(), 0);
  check(new TextEncoder().encode('123456789'), 0xe3069283);
  // RFC 3720, appendix B.4.
  check(new Uint8Array(32), 0x8a9136aa);
  check(new Uint8Array(32).fill(0xff), 0x62a8ab43);
  check(
    Uint8Array.from({ length: 32 }, (_, i) => i),
    0x46dd794e,
  );
});

test('a checksum in pieces is that of the whole', () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 31) & 255);
  for (const cut of [0, 1, 499, 1000])
    assert.equal(crc32c(bytes.subarray(cut), crc32c(bytes.subarray(0, cut))), crc32c(bytes));
});
