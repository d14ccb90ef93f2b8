/**
 * Other alerts that fire and have to do with this one: they share labels that few have, began about when it did, or
 * belong to its group. Two alerts of one job in a house with one job have little in common; two of one disk have much.
 */
import type { RelatedAlert } from '@vedette/api';
import { labelsEqual, labelValueOf, type Labels } from '@vedette/model';
import { isResolved, type AgentAlert } from './agent-world.ts';
import { alertPath } from './links.ts';
import type { CaseFile } from './case-file.ts';
import { weightOf } from './identity.ts';
import { severityWordOf } from './severity-words.ts';
import { boundedRecord } from './subject.ts';
import { clip, listed, shownSpan } from './words.ts';

// What is less related than the tenth is a list of everything that fires.
const ALERTS_MAX = 10;

// Three instances show what a rule sees; three hundred would leave no room for what other rules see.
const ALERTS_OF_NAME_MAX = 3;

/** What has one cause is seen by its rules within this time: `for` is 5 to 15 minutes in most of them. */
export const NEAR_MS = 15 * 60_000;

// One shared label of an instance, or two of a scope with a start nearby.
const SCORE_MIN = 1;

// Where little else began at that time, the time alone relates two alerts; in a storm it says nothing.
const NEAR_ALERTS_MAX = 10;

const SAME_GROUP_POINTS = 1;
const NEAR_POINTS = 1.5;

export interface RelatedAlertsFound {
  readonly alerts: readonly RelatedAlert[];
  /** In the same order. */
  readonly sources: readonly AgentAlert[];
  /** Ids of evidence in the same order. */
  readonly evidence: readonly string[];
}

export async function findRelatedAlerts(
  file: CaseFile,
  world: { readonly alerts: readonly AgentAlert[]; readonly group: readonly AgentAlert[] },
): Promise<RelatedAlertsFound> {
  const own = new Set(file.subject.alerts.map(({ fingerprint }) => fingerprint));
  const group = new Set(world.group.map(({ fingerprint }) => fingerprint));
  // What always fires, such as a watchdog, is about nothing.
  const firing = world.alerts.filter(
    (alert) => !isResolved(alert, file.atMs) && severityWordOf(alert.labels) !== 'none',
  );
  const counts = await countPairs(file, firing);
  const near = firing.filter(
    ({ startsAt }) => Math.abs(startsAt.ms - file.subject.startsAtMs) <= NEAR_MS,
  ).length;
  const scored: Scored[] = [];
  for (const alert of firing) {
    if (own.has(alert.fingerprint)) continue;
    if (file.slicer.shouldYield()) await file.slicer.yield();
    const one = scoreOf(file, alert, {
      counts,
      total: firing.length,
      isOfGroup: group.has(alert.fingerprint),
      isFewNear: near <= NEAR_ALERTS_MAX,
    });
    if (one.score >= SCORE_MIN) scored.push(one);
  }
  scored.sort(mostRelatedFirst);
  const best = someOfEachName(scored).slice(0, ALERTS_MAX);
  return {
    alerts: best.map(({ alert, score, text }) => ({
      fingerprint: alert.fingerprint,
      name: clip(labelValueOf(alert.labels, 'alertname'), 1000),
      labels: boundedRecord(alert.labels),
      startsAtMs: alert.startsAt.ms,
      text,
      score: Math.round(score * 100) / 100,
    })),
    sources: best.map(({ alert }) => alert),
    evidence: best.map(({ alert, text }) =>
      file.add({
        kind: 'alert',
        text: `${clip(labelValueOf(alert.labels, 'alertname'), 100)} fires: ${text}`,
        link: alertPath(alert.labels),
      }),
    ),
  };
}

/** The first few of each name in their order; the last of these says how many more there are. */
function someOfEachName(scored: readonly Scored[]): readonly Scored[] {
  const byName = Map.groupBy(scored, ({ alert }) => labelValueOf(alert.labels, 'alertname'));
  return [...byName.values()]
    .flatMap((own) => {
      const shown = own.slice(0, ALERTS_OF_NAME_MAX);
      const rest = own.length - shown.length;
      const words = `; ${rest} more of this name have to do with it`;
      return shown.map((one, i) =>
        rest > 0 && i === shown.length - 1 ? { ...one, text: `${one.text}${words}` } : one,
      );
    })
    .sort(mostRelatedFirst);
}

function mostRelatedFirst(a: Scored, b: Scored): number {
  return b.score - a.score || (a.alert.fingerprint < b.alert.fingerprint ? -1 : 1);
}

interface Scored {
  readonly alert: AgentAlert;
  readonly score: number;
  readonly text: string;
}

/** How many firing alerts have each label pair of the subject. */
async function countPairs(
  file: CaseFile,
  firing: readonly AgentAlert[],
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  const wanted = file.subject.identity;
  for (const { labels } of firing) {
    if (file.slicer.shouldYield()) await file.slicer.yield();
    for (const [name, value] of wanted)
      if (labelValueOf(labels, name) === value) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function scoreOf(
  { subject }: CaseFile,
  alert: AgentAlert,
  about: {
    readonly counts: ReadonlyMap<string, number>;
    readonly total: number;
    readonly isOfGroup: boolean;
    readonly isFewNear: boolean;
  },
): Scored {
  const { counts, total, isOfGroup, isFewNear } = about;
  const shared: string[] = [];
  let score = 0;
  for (const [name, value] of subject.identity) {
    if (labelValueOf(alert.labels, name) !== value) continue;
    shared.push(name);
    // 1 for a pair that two of many have, towards 0 for one that all have.
    const rarity = 1 - Math.log(1 + (counts.get(name) ?? 1)) / Math.log(2 + Math.max(total, 8));
    score += weightOf(name) * Math.max(0.1, rarity);
  }
  const apartMs = alert.startsAt.ms - subject.startsAtMs;
  const isNear = Math.abs(apartMs) <= NEAR_MS;
  const isRelated =
    shared.length > 0 || isOfGroup || (isNear && isFewNear) || isSameScope(alert.labels, subject.labels);
  if (isNear && isRelated) score += NEAR_POINTS * (1 - Math.abs(apartMs) / NEAR_MS);
  if (isOfGroup) score += SAME_GROUP_POINTS;
  const words = [
    ...(shared.length === 0 ? [] : [`same ${listed(shared, 4)}`]),
    ...(isOfGroup ? ['same group'] : []),
    whenWords(apartMs),
  ];
  return { alert, score: isRelated ? score : 0, text: words.join(', ') };
}

/** Alerts of one name about other things: the same trouble elsewhere. */
function isSameScope(a: Labels, b: Labels): boolean {
  return (
    labelsEqual(a, b) ||
    (labelValueOf(a, 'alertname') !== '' && labelValueOf(a, 'alertname') === labelValueOf(b, 'alertname'))
  );
}

function whenWords(apartMs: number): string {
  if (Math.abs(apartMs) < 1000) return 'began at the same time';
  return `began ${shownSpan(Math.abs(apartMs))} ${apartMs < 0 ? 'before' : 'after'}`;
}
