import type { SubjectHash, SubjectScope } from '@vedette/sdk';
import type { ExactMeter } from './exact-meter.ts';

/** A subject that came to half of a threshold, with a meter for each policy where it did. */
export interface Suspect {
  readonly scope: SubjectScope;
  readonly subject: string;
  /** Of the hash, for the filter. */
  readonly mark: number;
  /** By the index of the policy. */
  readonly meters: Map<number, ExactMeter>;
  /** How far it is: value by threshold, the greatest of its meters; 1 is a crossing. */
  gravity: number;
  bytes: number;
  /** Where it stands in the list. */
  place: number;
}

/**
 * The suspects, of limited size. When it is full a newcomer takes the place of the least grave of a few that are looked
 * at, and only when that one is not graver than itself: who floods the server with suspects pushes out his own.
 */
export class Suspects {
  readonly #bytesMax: number;
  readonly #byScope = new Map<SubjectScope, Map<string, Suspect>>();
  readonly #list: Suspect[] = [];
  /** How many suspects have a mark: most subjects are told apart without a look at any map. */
  readonly #marks = new Uint16Array(2 ** MARK_BITS);
  #bytes = 0;
  #hand = 0;
  #evictionCount = 0;

  constructor({ bytesMax }: { bytesMax: number }) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes + this.#marks.byteLength;
  }

  get list(): readonly Suspect[] {
    return this.#list;
  }

  find(key: SubjectHash, scope: SubjectScope, subject: string): Suspect | undefined {
    if (this.#marks[markOf(key)] === 0) return undefined;
    return this.#byScope.get(scope)?.get(subject);
  }

  /** Reads where `find` will, see `SlidingWindows.warm`. */
  warm(low: number): number {
    return this.#marks[low >>> (32 - MARK_BITS)] ?? 0;
  }

  /** A new suspect; `undefined`: there is no room for one of this gravity. */
  admit(key: SubjectHash, scope: SubjectScope, subject: string, gravity: number): Suspect | undefined {
    if (this.#bytes >= this.#bytesMax && !this.#evictBelow(gravity)) return undefined;
    let ofScope = this.#byScope.get(scope);
    if (ofScope === undefined) {
      ofScope = new Map();
      this.#byScope.set(scope, ofScope);
    }
    const suspect: Suspect = {
      scope,
      subject,
      mark: markOf(key),
      meters: new Map(),
      gravity,
      bytes: SUSPECT_BYTES,
      place: this.#list.length,
    };
    ofScope.set(subject, suspect);
    this.#list.push(suspect);
    this.#marks[suspect.mark] = (this.#marks[suspect.mark] ?? 0) + 1;
    this.#bytes += suspect.bytes;
    return suspect;
  }

  /** Meters came, grew or went. */
  measure(suspect: Suspect): void {
    let bytes = SUSPECT_BYTES;
    for (const meter of suspect.meters.values()) bytes += meter.bytes;
    this.#bytes += bytes - suspect.bytes;
    suspect.bytes = bytes;
  }

  remove(suspect: Suspect): void {
    this.#byScope.get(suspect.scope)?.delete(suspect.subject);
    const last = this.#list.pop();
    if (last !== undefined && last !== suspect) {
      this.#list[suspect.place] = last;
      last.place = suspect.place;
    }
    this.#marks[suspect.mark] = (this.#marks[suspect.mark] ?? 1) - 1;
    this.#bytes -= suspect.bytes;
  }

  /** Suspects that had to go, or could not come in, since the last call. */
  takeEvictions(): number {
    const count = this.#evictionCount;
    this.#evictionCount = 0;
    return count;
  }

  clear(): void {
    for (const suspect of this.#list.slice()) this.remove(suspect);
  }

  #evictBelow(gravity: number): boolean {
    let least: Suspect | undefined;
    for (let i = 0; i < CANDIDATES; i++) {
      this.#hand = (this.#hand + 1) % Math.max(1, this.#list.length);
      const candidate = this.#list[this.#hand];
      if (candidate !== undefined && (least === undefined || candidate.gravity < least.gravity))
        least = candidate;
    }
    this.#evictionCount++;
    if (least === undefined || least.gravity > gravity) return false;
    this.remove(least);
    return true;
  }
}

function markOf({ low }: SubjectHash): number {
  return low >>> (32 - MARK_BITS);
}

// 128 kB; with 1,000 suspects 98 % of the others are told apart by it.
const MARK_BITS = 16;

const SUSPECT_BYTES = 300;

const CANDIDATES = 8;
