/** Times and steps as assistants write them: `now-1h`, RFC 3339, Unix seconds. */
import { formatDurationMs, InputError, parseDurationMs } from '@vedette/model';
import { z } from 'zod';
import { parseTimeMs } from '../prometheus-api/parameters.ts';

// Longer texts are no times.
const TIME_CHARS_MAX = 64;

export const timeInput = z.union([z.string().max(TIME_CHARS_MAX), z.number()]);

export type TimeInput = z.output<typeof timeInput>;

/** Throws `InputError` (VED_QUERY_INVALID) that says which argument and what it may be. */
export function timeOf(
  name: string,
  written: TimeInput | undefined,
  nowMs: number,
  otherwiseMs = nowMs,
): number {
  if (written === undefined) return otherwiseMs;
  const found = typeof written === 'number' ? written * 1000 : findTimeMs(written.trim(), nowMs);
  if (found !== undefined && Math.abs(found) <= TIME_MS_MAX) return Math.round(found);
  throw new InputError(
    'VED_QUERY_INVALID',
    `${name}: must be now, now-1h, RFC 3339 such as 2026-01-31T12:00:00Z, or Unix seconds; got ${JSON.stringify(written)}`,
  );
}

// What a date can hold.
const TIME_MS_MAX = 8.64e15;

/** `undefined`: the text is no time. */
export function findTimeMs(text: string, nowMs: number): number | undefined {
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

/** A duration that is not zero. Throws as `timeOf`. */
export function durationOf(name: string, written: string): number {
  const foundMs = parseDurationMs(written.trim());
  if (foundMs !== undefined && foundMs > 0) return foundMs;
  throw new InputError(
    'VED_QUERY_INVALID',
    `${name}: must be a duration such as 30s, 5m or 1h; got ${JSON.stringify(written)}`,
  );
}

// As many points as tell a course; each costs a model four tokens.
export const RANGE_POINTS_MAX = 120;

export interface RangeSteps {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
  /** The step was asked for and would have given too many points. */
  readonly isRaised: boolean;
}

/** Start, end and a step with at most `RANGE_POINTS_MAX` points. Throws as `timeOf`. */
export function rangeOf(
  {
    start,
    end,
    step,
  }: {
    readonly start?: TimeInput | undefined;
    readonly end?: TimeInput | undefined;
    readonly step?: string | undefined;
  },
  nowMs: number,
): RangeSteps {
  const endMs = timeOf('end', end, nowMs);
  const startMs = timeOf('start', start, nowMs, endMs - RANGE_MS_DEFAULT);
  if (startMs >= endMs)
    throw new InputError(
      'VED_QUERY_INVALID',
      `start: must lie before end; got ${new Date(startMs).toISOString()} and ${new Date(endMs).toISOString()}`,
    );
  const leastMs = roundStep((endMs - startMs) / (RANGE_POINTS_MAX - 1));
  const askedMs = step === undefined ? undefined : durationOf('step', step);
  const isRaised = askedMs !== undefined && (endMs - startMs) / askedMs > RANGE_POINTS_MAX - 1;
  return { startMs, endMs, stepMs: askedMs === undefined || isRaised ? leastMs : askedMs, isRaised };
}

// What one looks at first when something is wrong now.
const RANGE_MS_DEFAULT = 3_600_000;

const DAY_MS = 86_400_000;
const STEPS_MS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 28_800, 43_200].map(
    (seconds) => seconds * 1000,
  ),
  DAY_MS,
];

/** The next step that people would choose. */
export function roundStep(ms: number): number {
  return STEPS_MS.find((step) => step >= ms) ?? Math.ceil(ms / DAY_MS) * DAY_MS;
}

export function rangeText({ startMs, endMs, stepMs }: RangeSteps): string {
  return `${new Date(startMs).toISOString()} to ${new Date(endMs).toISOString()}, step ${formatDurationMs(stepMs)}`;
}

/** Seconds with a fraction, as the API wants them. */
export function secondsText(ms: number): string {
  return String(ms / 1000);
}
