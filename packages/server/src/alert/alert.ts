/** The vocabulary of the alert stage. */
import { compareUtf8, labelsEqual, labelValueOf, type Labels } from '@vedette/model';
import { fingerprintOf } from './fingerprint.ts';
import { rfc3339Of } from './go-text.ts';

/** A moment with the text it came as: nanoseconds of other senders survive in it. */
export interface AlertTime {
  readonly ms: number;
  readonly text: string;
}

/** One alert as the pipeline holds it. Immutable: a change is another object. */
export interface Alert {
  readonly fingerprint: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAt: AlertTime;
  /**
   * When it resolved, or, later than now, until when it fires if nobody posts it again. `undefined`: it
   * fires until somebody says otherwise. In a flush it is set for resolved alerts alone.
   */
  readonly endsAt: AlertTime | undefined;
  /** The sender gave no end: `endsAt` is resolve_timeout after the post. Any end that a sender gives is better. */
  readonly isEndAssumed: boolean;
  /** The last post. */
  readonly updatedAt: AlertTime;
  readonly generatorUrl: string;
  /** Who announced it by webhook; absent: a detector of ours, or a client of the API. */
  readonly source?: string | undefined;
}

/** What detectors and senders post. The detect stage declares it too; structure is what binds them. */
export interface AlertPost {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAtMs: number;
  /** The original text where the sender gave one; its nanoseconds are kept. */
  readonly startsAtText?: string | undefined;
  readonly endsAtMs: number;
  readonly endsAtText?: string | undefined;
  /**
   * What `endsAtMs` of a firing alert means. Absent: nothing, since its detector lives here and says when
   * it is over. `stated`: it is over then, unless it is posted again. `assumed`: the same, and the sender
   * did not say so.
   */
  readonly expiry?: 'stated' | 'assumed' | undefined;
  readonly generatorUrl: string;
  /** Who announced it by webhook. */
  readonly source?: string | undefined;
}

/** Alerts of one group as one notification sees them. */
export interface GroupFlush {
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** Firing and resolved, sorted by `compareAlerts`. */
  readonly alerts: readonly Alert[];
  /** The tick of the group's timer. */
  readonly tickMs: number;
  readonly repeatIntervalMs: number;
}

export function alertOf(post: AlertPost, nowMs: number): Alert {
  const { labels, annotations, generatorUrl, status, expiry, source } = post;
  const hasEnd = status === 'resolved' || expiry !== undefined;
  return {
    fingerprint: fingerprintOf(labels),
    labels,
    annotations,
    startsAt: timeOf(post.startsAtMs, post.startsAtText),
    endsAt: hasEnd ? timeOf(post.endsAtMs, post.endsAtText) : undefined,
    isEndAssumed: expiry === 'assumed',
    updatedAt: timeOf(nowMs, undefined),
    generatorUrl,
    ...(source === undefined ? {} : { source }),
  };
}

/** What was over when its sender said so stays over: a clock that was set back since does not bring it back. */
export function isResolvedAt({ endsAt, updatedAt }: Alert, ms: number): boolean {
  return endsAt !== undefined && (endsAt.ms <= ms || endsAt.ms <= updatedAt.ms);
}

/** Whether an alert of a webhook ended because nothing more was heard of it. */
export function isStaleAt(alert: Alert, ms: number): boolean {
  return alert.source !== undefined && alert.isEndAssumed && isResolvedAt(alert, ms);
}

/**
 * What is known after `posted` came while `known` was there, by Alertmanager's rules. Spans that do not
 * overlap are two alerts, and the new one counts. Where they overlap, the start is the earliest and the
 * rest is the newest, but for the end: of two resolutions the later one counts, and an end that a sender
 * stated is not shortened by a firing post.
 */
export function mergeAlert(known: Alert | undefined, posted: Alert): Alert {
  if (known === undefined || !isOverlapping(known, posted)) return posted;
  const startsAt = known.startsAt.ms < posted.startsAt.ms ? known.startsAt : posted.startsAt;
  const { endsAt } = isEndKept(known, posted) ? known : posted;
  // Whether the end is assumed is what the newest post says, even if an older end stays: so it is upstream.
  return { ...posted, startsAt, endsAt };
}

function isOverlapping(known: Alert, posted: Alert): boolean {
  const isBetween = (ms: number): boolean => ms > known.startsAt.ms && ms < endMsOf(known);
  return isBetween(endMsOf(posted)) || isBetween(posted.startsAt.ms);
}

function isEndKept(known: Alert, posted: Alert): boolean {
  if (endMsOf(known) <= endMsOf(posted)) return false;
  const nowMs = posted.updatedAt.ms;
  // An end that lies ahead since the clock was set back is none that counts.
  return isResolvedAt(posted, nowMs) ? endMsOf(known) <= nowMs : !known.isEndAssumed;
}

function endMsOf({ endsAt }: Alert): number {
  return endsAt?.ms ?? Infinity;
}

/** Whether they say the same to people; later ends of firing alerts and repeated posts say nothing new. */
export function isSameNews(a: Alert, b: Alert, nowMs: number): boolean {
  const isEnded = isResolvedAt(a, nowMs);
  return (
    isEnded === isResolvedAt(b, nowMs) &&
    (a.endsAt === undefined) === (b.endsAt === undefined) &&
    (!isEnded || a.endsAt?.text === b.endsAt?.text) &&
    a.startsAt.text === b.startsAt.text &&
    a.generatorUrl === b.generatorUrl &&
    labelsEqual(a.annotations, b.annotations)
  );
}

/** Alertmanager's order of alerts: by job, then by instance (absent last), then by label set. */
export function compareAlerts(a: Alert, b: Alert): number {
  for (const name of ['job', 'instance']) {
    const x = labelValueOf(a.labels, name);
    const y = labelValueOf(b.labels, name);
    if (x === y) continue;
    if (x === '') return 1;
    if (y === '') return -1;
    return x < y ? -1 : 1;
  }
  return compareLabelSets(a.labels, b.labels);
}

/**
 * Alertmanager's order of label sets: fewer labels first; of as many, at the first name that one of them lacks, that
 * one; else by the first value that differs.
 */
export function compareLabelSets(a: Labels, b: Labels): number {
  if (a.length !== b.length) return a.length - b.length;
  for (let i = 0; i < a.length; i += 2) {
    const byName = compareUtf8(b[i] ?? '', a[i] ?? '');
    if (byName !== 0) return byName;
    const byValue = compareUtf8(a[i + 1] ?? '', b[i + 1] ?? '');
    if (byValue !== 0) return byValue;
  }
  return 0;
}

function timeOf(ms: number, text: string | undefined): AlertTime {
  return { ms, text: text ?? rfc3339Of(ms) };
}
