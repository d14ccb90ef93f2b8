/**
 * The rules, as the alert path sees them: alerts are posted when they begin, every minute while they fire, and every
 * minute for 15 minutes after their end, longer until that was taken once. What they are at is on disk, and read again by the next process.
 */
import { labelsOf, type SeededRandom } from '@vedette/model';
import type { AlertPost } from '../../packages/server/src/alert/index.ts';
import { HOUR_MS, MINUTE_MS, pick, SECOND_MS, type Selector } from './world.ts';

const RESEND_MS = MINUTE_MS;
const RESOLVED_RESEND_MS = 15 * MINUTE_MS;

interface AlertCourse {
  readonly labels: Selector;
  /** How long it usually lasts, and how long it stays away. */
  readonly firingMs: number;
  readonly quietMs: number;
  /** Whether there is something wrong, and until when. */
  isWrong: boolean;
  untilMs: number;
  /** What the rule made of it. */
  isFiring: boolean;
  /** What of that is on disk. */
  isSavedFiring: boolean;
  sinceMs: number;
  sinceWallMs: number;
  startedWallMs: number;
  sentMs: number | undefined;
  /** Its end was taken, and said for long enough. */
  isDone: boolean;
}

export interface IndexedPost {
  readonly index: number;
  readonly post: AlertPost;
}

export class Detector {
  readonly #courses: readonly AlertCourse[];
  readonly #random: SeededRandom;
  /** Counts processes: what one sent, the next does not know. */
  #life = 0;

  constructor(alerts: readonly Selector[], random: SeededRandom) {
    this.#random = random;
    this.#courses = alerts.map((labels) => ({
      labels,
      ...pick(random, [
        { firingMs: 40 * MINUTE_MS, quietMs: 2 * HOUR_MS },
        { firingMs: 5 * HOUR_MS, quietMs: 5 * HOUR_MS },
        // It flaps.
        { firingMs: 90 * SECOND_MS, quietMs: 10 * MINUTE_MS },
      ]),
      isWrong: false,
      untilMs: random.float() * 2 * HOUR_MS,
      isFiring: false,
      isSavedFiring: false,
      sinceMs: -Infinity,
      sinceWallMs: 0,
      startedWallMs: 0,
      sentMs: undefined,
      isDone: true,
    }));
  }

  /** Another process takes over what is on disk. */
  restart(): void {
    this.#life++;
    for (const course of this.#courses) {
      course.isFiring = course.isSavedFiring;
      course.sentMs = undefined;
    }
  }

  evaluate(
    at: {
      readonly atMs: number;
      readonly wallMs: number;
      readonly isFull: boolean;
      readonly isCalm: boolean;
    },
    send: (posts: readonly IndexedPost[]) => Promise<void>,
  ): void {
    const { atMs, wallMs } = at;
    const posts: IndexedPost[] = [];
    for (const [index, course] of this.#courses.entries()) {
      if (!at.isCalm) this.#goOn(course, atMs);
      // A clock that was set back leaves nothing in the future.
      course.startedWallMs = Math.min(course.startedWallMs, wallMs);
      course.sinceWallMs = Math.min(course.sinceWallMs, wallMs);
      if (course.isWrong !== course.isFiring) {
        Object.assign(course, {
          isFiring: course.isWrong,
          sinceMs: atMs,
          sinceWallMs: wallMs,
          sentMs: undefined,
          isDone: false,
        });
        if (course.isFiring) course.startedWallMs = wallMs;
      }
      const isSaid = course.sentMs !== undefined && !course.isFiring;
      if (isSaid && atMs - course.sinceMs > RESOLVED_RESEND_MS && !at.isFull) course.isDone = true;
      if (!at.isFull) course.isSavedFiring = course.isFiring;
      if (isDue(course, atMs)) posts.push({ index, post: postOf(course, wallMs) });
    }
    if (posts.length === 0) return;
    const life = this.#life;
    send(posts).then(
      () => {
        if (life === this.#life) for (const { index } of posts) this.#sent(index, atMs);
      },
      // The next evaluation tries again.
      () => undefined,
    );
  }

  #sent(index: number, atMs: number): void {
    const course = this.#courses[index];
    if (course !== undefined && course.sinceMs <= atMs) course.sentMs = atMs;
  }

  #goOn(course: AlertCourse, atMs: number): void {
    while (atMs >= course.untilMs) {
      course.isWrong = !course.isWrong;
      course.untilMs +=
        (0.1 + 1.8 * this.#random.float()) * (course.isWrong ? course.firingMs : course.quietMs);
    }
  }
}

/** An end that was not taken yet is said again whatever its age. */
function isDue({ isFiring, isDone, sinceMs, sentMs }: AlertCourse, atMs: number): boolean {
  if (!isFiring && isDone) return false;
  if (sentMs === undefined) return true;
  const isOld = !isFiring && atMs - sinceMs > RESOLVED_RESEND_MS;
  return !isOld && atMs - sentMs >= RESEND_MS;
}

function postOf(course: AlertCourse, wallMs: number): AlertPost {
  const { isFiring, labels, startedWallMs, sinceWallMs } = course;
  return {
    status: isFiring ? 'firing' : 'resolved',
    labels: labelsOf(labels),
    annotations: labelsOf({ summary: labels['alertname'] ?? '' }),
    startsAtMs: startedWallMs,
    endsAtMs: isFiring ? wallMs + 4 * RESEND_MS : sinceWallMs,
    generatorUrl: '',
  };
}
