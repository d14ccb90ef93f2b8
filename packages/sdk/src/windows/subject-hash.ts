import type { SubjectScope } from '../guard/subject.ts';
import type { SdkRandom } from '../system/system.ts';
import type { SubjectHash } from './sliding-windows.ts';

/**
 * A keyed 64-bit hash of a subject: HalfSipHash-1-3 (Aumasson and Bernstein's SipHash for 32-bit words, with the
 * rounds that Linux takes for its hash tables), over UTF-16 code units, two to a word.
 *
 * Who chooses ids must not be able to choose cells: with an unkeyed hash a few thousand ids of one cell would make a
 * table slow, and one id that shares a victim's cell would add to the victim's count. The key is made at random when
 * the process starts and never leaves it. Rejected: FNV and murmur with a seed (collisions that hold under every seed
 * are published), HMAC (1.8 µs). Measured: see `sliding-windows.bench.ts`.
 */
export interface HashSeed {
  readonly first: number;
  readonly second: number;
}

/** What `hashSubject` fills when the caller brings it, so that a hot loop allocates nothing. */
export interface MutableSubjectHash {
  high: number;
  low: number;
}

export function hashSeedOf(random: Pick<SdkRandom, 'fill'>): HashSeed {
  const view = new DataView(random.fill(new Uint8Array(8)).buffer);
  return { first: view.getUint32(0), second: view.getUint32(4) };
}

/** The same id in two scopes is two subjects. Fills `into` and returns it when given. */
export function hashSubject(
  seed: HashSeed,
  scope: SubjectScope,
  id: string,
  into: MutableSubjectHash = { high: 0, low: 0 },
): SubjectHash {
  let v0 = seed.first | 0;
  let v1 = seed.second ^ 0xee;
  let v2 = seed.first ^ 0x6c796765;
  let v3 = seed.second ^ 0x74656462;
  const length = id.length;
  // The first word holds scope and length, then two code units each; the odd one out stands alone: no two ids agree.
  let word = (SCOPE_NUMBERS[scope] << 24) ^ length;
  for (let i = 0; ; i += 2) {
    v3 ^= word;
    // One round.
    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
    if (i >= length) break;
    word = id.charCodeAt(i) | (i + 1 < length ? id.charCodeAt(i + 1) << 16 : 0);
  }
  v2 ^= 0xee;
  for (let half = 0; half < 2; half++) {
    for (let round = 0; round < 3; round++) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    if (half === 0) {
      into.low = (v1 ^ v3) >>> 0;
      v1 ^= 0xdd;
    } else into.high = (v1 ^ v3) >>> 0;
  }
  return into;
}

const SCOPE_NUMBERS: Readonly<Record<SubjectScope, number>> = {
  user: 1,
  ip: 2,
  range: 3,
  session: 4,
  key: 5,
};
