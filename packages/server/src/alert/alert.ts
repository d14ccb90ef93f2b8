/** The vocabulary of the alert stage. */
import { compareLabels, labelsEqual, labelValueOf, type Labels } from '@vedette/model';
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
  /** When it resolved; `undefined` while it fires. */
  readonly endsAt: AlertTime | undefined;
  readonly generatorUrl: string;
}

/** What detectors post. The detect stage declares it too; structure is what binds them. */
export interface AlertPost {
  readonly status: 'firing' | 'resolved';
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly startsAtMs: number;
  /** The original text where the sender gave one; its nanoseconds are kept. */
  readonly startsAtText?: string | undefined;
  readonly endsAtMs: number;
  readonly endsAtText?: string | undefined;
  readonly generatorUrl: string;
}

/** Alerts of one group as one notification sees them. */
export interface GroupFlush {
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** Firing and resolved, sorted by `compareAlerts`. */
  readonly alerts: readonly Alert[];
  /** The tick of the group's timer. */
  readonly tickMs: number;
}

export function alertOf(post: AlertPost): Alert {
  const { labels, annotations, generatorUrl } = post;
  const endsAt = timeOf(post.endsAtMs, post.endsAtText);
  return {
    fingerprint: fingerprintOf(labels),
    labels,
    annotations,
    startsAt: timeOf(post.startsAtMs, post.startsAtText),
    endsAt: post.status === 'resolved' ? endsAt : undefined,
    generatorUrl,
  };
}

/**
 * What is known after `posted` came while `known` was there; `undefined` when nothing changes. A firing
 * alert keeps its earliest start; after a resolution a firing one is a new alert. A resolution of an
 * alert that is not known (any more) is old news.
 */
export function mergeAlert(known: Alert | undefined, posted: Alert): Alert | undefined {
  if (known === undefined) return posted.endsAt === undefined ? posted : undefined;
  const isSpanShared = known.endsAt === undefined;
  if (!isSpanShared && posted.endsAt !== undefined) return undefined;
  const isEarlier = isSpanShared && known.startsAt.ms <= posted.startsAt.ms;
  const merged = isEarlier ? { ...posted, startsAt: known.startsAt } : posted;
  const isSame =
    known.endsAt === merged.endsAt &&
    known.startsAt.text === merged.startsAt.text &&
    known.generatorUrl === merged.generatorUrl &&
    labelsEqual(known.annotations, merged.annotations);
  return isSame ? undefined : merged;
}

/** Alertmanager's order: by job, then by instance (absent last), then by label set. */
export function compareAlerts(a: Alert, b: Alert): number {
  for (const name of ['job', 'instance']) {
    const x = labelValueOf(a.labels, name);
    const y = labelValueOf(b.labels, name);
    if (x === y) continue;
    if (x === '') return 1;
    if (y === '') return -1;
    return x < y ? -1 : 1;
  }
  return compareLabels(a.labels, b.labels);
}

function timeOf(ms: number, text: string | undefined): AlertTime {
  return { ms, text: text ?? rfc3339Of(ms) };
}
