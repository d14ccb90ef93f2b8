/** CRC-32 with Castagnoli's polynomial, reversed, as Prometheus' files and protocols use it (Node's zlib has the other one). */
const POLYNOMIAL = 0x82f63b78;

const TABLE = createTable();

/** The checksum of `bytes` in one go, or with `previous`, the checksum so far, in several. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous;
  for (let i = 0; i < bytes.length; i++) crc = (crc >>> 8) ^ (TABLE[(crc ^ (bytes[i] ?? 0)) & 255] ?? 0);
  return ~crc >>> 0;
}

function createTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    return crc >>> 0;
  });
}
