/**
 * What a silence would hit, before anybody makes it: the alerts that fire now and match, who would hear less,
 * and a word of warning when it takes more than its author can have meant.
 */
import type { Labels, Matcher, Slicer } from '@vedette/model';
import { compareAlerts, type Alert } from '../alert.ts';
import type { AlertMutes } from '../dispatch/muting.ts';
import { matchesAll } from '../matchers/matcher.ts';

/** Alerts listed; their number is told apart. */
export const PREVIEW_ALERTS_MAX = 100;

/** Fewer alerts than this are no whole that one could take half of. */
const BROAD_ALERTS_MIN = 4;

export interface SilencePreview {
  /** Alerts that fire now. */
  readonly firingCount: number;
  /** Those of them that it would mute. */
  readonly matchedCount: number;
  /** Those of them that are silenced or inhibited already. */
  readonly mutedCount: number;
  /** The first of them, in the order in which messages show them. */
  readonly alerts: readonly PreviewedAlert[];
  /** Those who would hear of fewer alerts, by name. */
  readonly receivers: readonly { readonly name: string; readonly alertCount: number }[];
  readonly warning: string | undefined;
}

export interface PreviewedAlert extends AlertMutes {
  readonly alert: Alert;
  readonly receivers: readonly string[];
}

export interface PreviewSources {
  /** Those that fire. */
  readonly firing: readonly Alert[];
  mutesOf(alert: Alert): AlertMutes;
  receiversOf(labels: Labels): readonly string[];
}

/** Changes nothing; in slices. */
export async function previewSilence(
  matchers: readonly Matcher[],
  sources: PreviewSources,
  slicer: Slicer,
): Promise<SilencePreview> {
  const { firing } = sources;
  const matched: PreviewedAlert[] = [];
  for (const alert of firing) {
    if (slicer.shouldYield()) await slicer.yield();
    if (!matchesAll(matchers, alert.labels)) continue;
    matched.push({
      alert,
      receivers: [...new Set(sources.receiversOf(alert.labels))],
      ...sources.mutesOf(alert),
    });
  }
  matched.sort((a, b) => compareAlerts(a.alert, b.alert));
  const isMuted = ({ silencedBy, inhibitedBy }: PreviewedAlert): boolean =>
    silencedBy.length + inhibitedBy.length > 0;
  return {
    firingCount: firing.length,
    matchedCount: matched.length,
    mutedCount: matched.filter(isMuted).length,
    alerts: matched.slice(0, PREVIEW_ALERTS_MAX),
    receivers: receiverCounts(matched),
    warning: warningOf(matchers, matched.length, firing.length),
  };
}

function receiverCounts(matched: readonly PreviewedAlert[]): SilencePreview['receivers'] {
  const counts = new Map<string, number>();
  for (const { receivers } of matched)
    for (const name of receivers) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .map(([name, alertCount]) => ({ name, alertCount }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function warningOf(
  matchers: readonly Matcher[],
  matchedCount: number,
  firingCount: number,
): string | undefined {
  // A label that nobody would think of: what takes an alert without any label takes nearly all of them.
  if (matchers.every((matcher) => matcher.matches('')))
    return 'it would mute every alert that lacks these labels, also those to come; name a label that the alerts have';
  if (firingCount < BROAD_ALERTS_MIN || matchedCount * 2 <= firingCount) return undefined;
  const share = matchedCount === firingCount ? 'all' : `${matchedCount} of the`;
  return `it would mute ${share} ${firingCount} alerts that fire now; narrow it with another matcher if that is not meant`;
}
