/**
 * Who has been told what. A refused user who keeps pressing a button hears once per level of the ban and nothing more:
 * an answer to each would make the guard an amplifier, and spend the bot's quota.
 *
 * 1. An entry per subject and level, for as long as the ban lasts; another level is another entry, however many.
 * 2. A limit that this process applies itself comes and goes within seconds: entries last a minute at least.
 * 3. A ban without an end is remembered for a day; somebody who asks again tomorrow may hear it again.
 * 4. A notice that could not be sent is tried again after a minute, not at once: what fails is often a rate limit.
 *
 * Memory: about 200 bytes an entry. Beyond the limit the oldest are forgotten, and those users may hear it twice.
 */
import { ExpiringMap } from '../lib/expiring-map.ts';
import type { SdkClock } from '../system/system.ts';

// 10 MB. Bans of 10,000 users at once, two levels each, stay known.
export const NOTICES_REMEMBERED_MAX = 50_000;

// A ban of seconds that comes again and again is still one word a minute.
const REMEMBERED_MS_MIN = 60_000;
const REMEMBERED_WITHOUT_END_MS = 24 * 3600_000;
const AFTER_FAILURE_MS = 60_000;

/** Of a ban; or what is told beside bans. */
export type NoticeLevel = number | 'local' | 'busy';

export class NoticeMemory {
  readonly #told: ExpiringMap<true>;

  constructor({ monotonicMs }: Pick<SdkClock, 'monotonicMs'>) {
    this.#told = new ExpiringMap({ entriesMax: NOTICES_REMEMBERED_MAX, monotonicMs });
  }

  /** Whether to tell the subject now; true once, then false for as long as `endsInMs` says. */
  shouldTell(subject: string, level: NoticeLevel, endsInMs: number | undefined): boolean {
    const key = keyOf(subject, level);
    if (this.#told.get(key) === true) return false;
    this.#told.set(key, true, Math.max(REMEMBERED_MS_MIN, endsInMs ?? REMEMBERED_WITHOUT_END_MS));
    return true;
  }

  /** The subject was not told after all. */
  failed(subject: string, level: NoticeLevel): void {
    this.#told.set(keyOf(subject, level), true, AFTER_FAILURE_MS);
  }
}

function keyOf(subject: string, level: NoticeLevel): string {
  return `${level}\0${subject}`;
}
