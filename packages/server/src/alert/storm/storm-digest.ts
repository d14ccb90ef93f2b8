/** What a digest counts and how it reads. Pure. */
import { labelsOf, labelValueOf } from '@vedette/model';
import { z } from 'zod';
import { alertOf, type Alert, type GroupFlush } from '../alert.ts';
import { labelSetText } from '../go-text.ts';
import { findWorst, findWorstSeverity } from '../notify/severity.ts';
import type { DeliveryPlan } from '../stages.ts';

/** Alert names that a digest counts by themselves; the rest is one number. */
const NAMES_COUNTED_MAX = 200;

/** Names in its text, the most frequent first. */
const NAMES_SHOWN_MAX = 10;

/** What was not told one by one to one integration. */
export const stormDigest = z.object({
  /** The idempotency key of its message. */
  id: z.string(),
  sinceMs: z.number(),
  /** Notifications that were held. */
  notificationCount: z.number(),
  firingCount: z.number(),
  resolvedCount: z.number(),
  /** Firing alerts by name. */
  names: z.record(z.string(), z.number()),
  /** The worst of the firing ones; empty for none. */
  severity: z.string(),
});
export type StormDigest = z.infer<typeof stormDigest>;

export function emptyDigest(id: string, sinceMs: number): StormDigest {
  return {
    id,
    sinceMs,
    notificationCount: 0,
    firingCount: 0,
    resolvedCount: 0,
    names: {},
    severity: '',
  };
}

/** With one more notification in it. */
export function withHeld(digest: StormDigest, flush: GroupFlush, plan: DeliveryPlan): StormDigest {
  // A map: `constructor` is an alert name like any other.
  const names = new Map(Object.entries(digest.names));
  const firing = flush.alerts.filter(({ endsAt }) => endsAt === undefined);
  for (const { labels } of firing) {
    const name = labelValueOf(labels, 'alertname');
    const isCounted = names.has(name) || names.size < NAMES_COUNTED_MAX;
    if (isCounted) names.set(name, (names.get(name) ?? 0) + 1);
  }
  return {
    ...digest,
    notificationCount: digest.notificationCount + 1,
    firingCount: digest.firingCount + plan.firing.length,
    resolvedCount: digest.resolvedCount + plan.resolved.length,
    names: Object.fromEntries(names),
    severity: findWorst([digest.severity, findWorstSeverity(firing) ?? '']) ?? '',
  };
}

interface DigestMoment {
  readonly nowMs: number;
  readonly isFiring: boolean;
  /** Nothing was held since. */
  readonly isOver: boolean;
  readonly externalUrl: string;
}

/** The one alert of its message; resolved when nothing in it fires, or the storm is over. */
export function digestAlert(
  digest: StormDigest,
  { nowMs, isFiring, isOver, externalUrl }: DigestMoment,
): Alert {
  const { sinceMs, severity } = digest;
  return alertOf(
    {
      status: isFiring ? 'firing' : 'resolved',
      labels: labelsOf({ ...STORM_LABELS, ...(severity === '' ? {} : { severity }) }),
      annotations: labelsOf(
        isOver ? OVER : { summary: summaryOf(digest), description: descriptionOf(digest) },
      ),
      startsAtMs: sinceMs,
      endsAtMs: nowMs,
      generatorUrl: `${externalUrl}/alerts`,
    },
    nowMs,
  );
}

const STORM_LABELS = { alertname: 'AlertStorm' };

const OVER = { summary: 'The storm is over: alerts are told one by one again' };

/** All digests of a receiver are about one group: the next one changes what the last one began. */
export const STORM_GROUP = {
  groupKey: `{}/{storm}:${labelSetText(labelsOf(STORM_LABELS))}`,
  groupLabels: labelsOf(STORM_LABELS),
};

function summaryOf({ firingCount, resolvedCount, notificationCount }: StormDigest): string {
  return `${firingCount} firing and ${resolvedCount} resolved alerts in ${notificationCount} notifications were not told one by one`;
}

function descriptionOf({ names, firingCount }: StormDigest): string {
  const sorted = Object.entries(names).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  const shown = sorted.slice(0, NAMES_SHOWN_MAX).map(([name, count]) => `${count} × ${name}`);
  const rest = firingCount - sorted.slice(0, NAMES_SHOWN_MAX).reduce((sum, [, count]) => sum + count, 0);
  return [...shown, ...(rest > 0 ? [`${rest} others`] : [])].join(', ');
}
