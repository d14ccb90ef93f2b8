/** Times and steps as assistants write them: `now-1h`, RFC 3339, Unix seconds. */
import { formatDurationMs, parseDurationMs, type TimeRange } from '@vedette/model';
import { z } from 'zod';
import { invalidParameter } from '../prometheus-api/api-error.ts';
import { parseApiDurationMs, parseTimeMs } from '../prometheus-api/parameters.ts';

// Longer texts are no times.
const TIME_CHARS_MAX = 64;

export const timeInput = z.union([z.string().max(TIME_CHARS_MAX), z.number()]);

export type TimeInput = z.output<typeof timeInput>;

/** A time that an argument names; `undefined` when it was left out. */
export function readTime(name: string, written: TimeInput | undefined, nowMs: number): number | undefined {
  if (written === undefined) return undefined;
  const foundMs = typeof written === 'number' ? written * 1000 : findTimeMs(written.trim(), nowMs);
  if (foundMs !== undefined && Math.abs(foundMs) <= TIME_MS_MAX) return Math.round(foundMs);
  throw invalidParameter(
    name,
    `must be now, now-1h, RFC 3339 such as 2026-11-21T10:00:00Z, or Unix seconds; got ${JSON.stringify(written)}`,
  );
}

// What a date can hold.
const TIME_MS_MAX = 8.64e15;

/** `undefined`: the text is no time. */
function findTimeMs(text: string, nowMs: number): number | undefined {
  const relative = /^now(?:\s*([+-])\s*(\S+))?$/.exec(text);
  if (relative !== null) {
    const [, sign, span] = relative;
    if (span === undefined) return nowMs;
    const spanMs = parseDurationMs(span);
    return spanMs === undefined ? undefined : nowMs + (sign === '-' ? -spanMs : spanMs);
  }
  try {
    return parseTimeMs(text);
  } catch {
    return undefined;
  }
}

/** A span of time above 0 that is at most `maxMs`. */
export function readDuration(name: string, written: string, maxMs: number): number {
  const durationMs = parseDurationMs(written.trim());
  if (durationMs === undefined || durationMs === 0)
    throw invalidParameter(
      name,
      `must be a duration above 0 such as 30m, 1h30m or 2d; got ${JSON.stringify(written)}`,
    );
  if (durationMs <= maxMs) return durationMs;
  throw invalidParameter(
    name,
    `must be at most ${formatDurationMs(maxMs)}; got ${formatDurationMs(durationMs)}`,
  );
}

export interface RangeInput {
  readonly start?: TimeInput | undefined;
  readonly end?: TimeInput | undefined;
}

/** The range of two arguments; `defaultMs` before its end without a start. */
export function readRange({ start, end }: RangeInput, nowMs: number, defaultMs: number): TimeRange {
  const untilMs = readTime('end', end, nowMs) ?? nowMs;
  const fromMs = readTime('start', start, nowMs) ?? untilMs - defaultMs;
  if (fromMs <= untilMs) return { fromMs, untilMs };
  throw invalidParameter(
    'end',
    `must not lie before start; got start ${isoOf(fromMs)}, end ${isoOf(untilMs)}`,
  );
}

// As many points as tell a course; each costs a model four tokens.
export const RANGE_POINTS_MAX = 120;

/** A step as long as it was asked for, if that gives no more than `RANGE_POINTS_MAX` points, else the next one that does. */
export interface Step {
  readonly stepMs: number;
  /** Asked for, and too short; `undefined`: what was asked for is the step, or nothing was. */
  readonly tooShortMs: number | undefined;
}

/** A duration, or seconds as the API takes them. */
export function readStep(written: string | undefined, rangeMs: number): Step {
  const neededMs = rangeMs / (RANGE_POINTS_MAX - 1);
  const autoMs = roundStep(neededMs);
  if (written === undefined) return { stepMs: autoMs, tooShortMs: undefined };
  const askedMs = parsedStep(written);
  return askedMs >= neededMs
    ? { stepMs: askedMs, tooShortMs: undefined }
    : { stepMs: autoMs, tooShortMs: askedMs };
}

function parsedStep(written: string): number {
  let stepMs: number;
  try {
    stepMs = Math.floor(parseApiDurationMs(written));
  } catch (error) {
    throw invalidParameter('step', error instanceof Error ? error.message : String(error));
  }
  if (stepMs >= 1) return stepMs;
  throw invalidParameter('step', `must be a duration above 0 such as 30s; got ${JSON.stringify(written)}`);
}

const DAY_MS = 86_400_000;
const STEPS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 28_800, 43_200].map(
    (seconds) => seconds * 1000,
  ),
  DAY_MS,
];

/** The next step that people would choose. */
function roundStep(ms: number): number {
  return STEPS_MS.find((step) => step >= ms) ?? Math.ceil(ms / DAY_MS) * DAY_MS;
}

export function isoOf(timestampMs: number): string {
  return Number.isFinite(timestampMs) && Math.abs(timestampMs) <= TIME_MS_MAX
    ? new Date(timestampMs).toISOString().replace('.000Z', 'Z')
    : String(timestampMs);
}

/** Seconds with a fraction, as the API wants them. */
export function secondsText(ms: number): string {
  return String(ms / 1000);
}
